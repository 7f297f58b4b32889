//! Identifications that come twice, and those that found no room.

use girogate::rules::duplicates::{REMEMBERED_MAX, Remembered};

#[test]
fn a_second_one_is_found_within_its_scope() {
    let mut ids = Remembered::up_to(REMEMBERED_MAX);
    assert_eq!(ids.see(&["a"], "E1", 10), None);
    assert_eq!(ids.see(&["b"], "E1", 20), None);
    assert_eq!(ids.see(&["a"], "E1", 30), Some(10));
    assert_eq!(ids.see(&["aE"], "1", 40), None, "the parts are kept apart");
}

#[test]
fn what_finds_no_room_is_counted() {
    let mut ids = Remembered::up_to(2);
    for (line, id) in (1_u64..).zip(["E1", "E2", "E3", "E4", "E1"]) {
        ids.see(&[], id, line);
    }
    assert_eq!(ids.omitted, 2);
    assert_eq!(ids.see(&[], "E2", 9), Some(2));
    assert_eq!(ids.see(&[], "E3", 9), None);
}
