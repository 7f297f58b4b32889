//! The profile of the reference bank, and what is refused in one.

use girogate::bank::profile::{Profile, ProfileError, REFERENCE_PROFILE};
use girogate::domain::payout::{ChargeBearer, Code, Rail};

#[test]
fn the_reference_profile_reads_with_its_rails_filled_in() {
    let profile = Profile::parse(REFERENCE_PROFILE).unwrap();
    assert_eq!(profile.id, "reference-rfc9421");
    assert_eq!(profile.answers.refused_before_processing, [400, 401, 403, 413, 415, 422]);
    let instant = profile.rail(Rail::SepaInstant).unwrap();
    assert_eq!(instant.local_instrument, Some(Code::Listed("INST".to_owned())));
    assert_eq!(instant.charge_bearers, [ChargeBearer::ServiceLevel]);
    assert_eq!(profile.rail(Rail::UkFasterPayments).unwrap().batch_wait_ms, Some(0));
    assert!(profile.rail(Rail::TargetUrgent).is_none(), "not offered");
    assert_eq!(profile.rails.len(), 8);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_column() {
    let text = REFERENCE_PROFILE.replace("\nkeep_alive_ms = 5000", "\n keep_alive = 5000");
    let line = text.lines().position(|line| line.contains("keep_alive")).unwrap() + 1;
    let error = Profile::parse(&text).unwrap_err();
    let ProfileError::Shape { line: at, column, message } = error else { panic!("{error}") };
    assert_eq!((at, column), (line, 2));
    assert!(message.contains("keep_alive"), "{message}");
}

#[test]
fn contradictions_are_refused() {
    let changed =
        |from: &str, to: &str| Profile::parse(&REFERENCE_PROFILE.replace(from, to)).unwrap_err().code();
    assert_eq!(
        changed("duplicate_check = \"message_id\"", "duplicate_check = \"none\""),
        "profile.contradiction"
    );
    assert_eq!(changed("received = [200, 202]", "received = [200, 400]"), "profile.contradiction");
    assert_eq!(changed("takes_effect = true", "takes_effect = false"), "profile.contradiction");
    assert_eq!(changed("signatures = [\"request\"]", "signatures = [\"other\"]"), "profile.contradiction");
    assert_eq!(changed("rail = \"uk_fps\"", "rail = \"cross_border\""), "profile.rail_incomplete");
    assert_eq!(changed("rail = \"uk_fps\"", "rail = \"uk_fpss\""), "profile.shape");
    assert_eq!(changed("Europe/Berlin", "Europe/Atlantis"), "profile.shape");
}
