//! The table of states and the statuses of banks, whatever order the news comes in.

use girogate::domain::lifecycle::{CONTRADICTIONS, FactKind, STATES, State, TRANSITIONS, step};
use girogate::domain::status::{Merge, StatusNews, merge};

#[test]
fn an_arrow_is_drawn_once_and_goes_somewhere() {
    for (index, (from, kind, to)) in TRANSITIONS.iter().enumerate() {
        assert_ne!(from, to);
        assert!(
            !TRANSITIONS[index + 1..].iter().any(|(other, by, _)| other == from && by == kind),
            "{from:?} {kind:?} is drawn twice"
        );
    }
}

/// Nothing leads from an attempt to a fresh start, and nothing from an end back to life
/// but money and the contradictions that are named.
#[test]
fn no_arrow_leads_back_to_a_second_message() {
    for (from, kind, to) in TRANSITIONS {
        if *to == State::Recorded {
            assert!(matches!(from, State::Held | State::Batched), "{from:?} {kind:?}");
        }
        if from.is_end() && !matches!(kind, FactKind::EntryReturned) {
            assert!(CONTRADICTIONS.contains(&(*from, *kind)), "{from:?} {kind:?}");
        }
    }
    assert_eq!(step(State::Unconfirmed, FactKind::Batched), None);
    assert_eq!(step(State::Unconfirmed, FactKind::Unbatched), None);
}

#[test]
fn every_state_has_a_row_and_a_name_that_parses() {
    for row in STATES {
        assert_eq!(State::parse(row.name), Some(row.state));
    }
    assert_eq!(STATES.len(), 12);
}

fn news(code: &str, created: &str) -> StatusNews {
    StatusNews { code: code.into(), reason: None, created: created.into() }
}

/// Folding any permutation of the same news gives the same known status (I13).
#[test]
fn any_order_of_news_gives_the_same_status() {
    let codes = ["RCVD", "ACTC", "ACSP", "ACSC", "RJCT", "PDNG", "CANC", "XXXX"];
    let all: Vec<StatusNews> =
        codes.iter().enumerate().map(|(i, code)| news(code, &format!("2026-11-22T10:0{i}:00"))).collect();
    for mask in 0u32..1 << codes.len() {
        let chosen: Vec<&StatusNews> =
            (0..codes.len()).filter(|i| mask & (1 << i) != 0).map(|i| &all[i]).collect();
        let fold = |order: &mut dyn Iterator<Item = &&StatusNews>| {
            let mut known: Option<StatusNews> = None;
            for item in order {
                if merge(known.as_ref(), item).1 {
                    known = Some((*item).clone());
                }
            }
            known.map(|known| known.code)
        };
        let forward = fold(&mut chosen.iter());
        let backward = fold(&mut chosen.iter().rev());
        assert_eq!(forward, backward, "codes {:?}", chosen.iter().map(|n| &n.code).collect::<Vec<_>>());
    }
}

#[test]
fn a_reject_after_settlement_is_a_contradiction_in_both_orders() {
    let (settled, rejected) = (news("ACSC", "1"), news("RJCT", "2"));
    assert_eq!(merge(Some(&settled), &rejected), (Merge::Contradicts, false));
    assert_eq!(merge(Some(&rejected), &settled), (Merge::Contradicts, true));
    assert_eq!(merge(Some(&news("ACSP", "1")), &rejected), (Merge::Advances, true));
}
