//! Conservation, over both kinds of store: the parts are what was accepted, and charges and fees explain every gap.

use super::fixture::*;
use crate::over_both;
use girogate::domain::amount::Amount;
use girogate::domain::currency::Currency;
use girogate::domain::entry::{Booking, Direction, Evidence, Mark, Return, UnmatchedClass};
use girogate::domain::fact::Fact;
use girogate::domain::row::Key;
use girogate::store::conservation::{Moved, Portion, Tally};
use rust_decimal::Decimal;

fn euro(minor: i64) -> Amount {
    Amount::from_minor(minor, Currency::EUR).unwrap()
}

fn evidence(record: u64) -> Evidence {
    Evidence { document: digest_of("report"), record }
}

fn booked(key: Key, minor: i64) -> Fact {
    let booking = Booking {
        amount: euro(minor),
        account_servicer_reference: None,
        booking_date: date(23),
        value_date: None,
        notified: Some(evidence(1)),
        on_statement: None,
    };
    Fact::EntryBooked {
        key,
        account_ref: "main".into(),
        counter_account: "DE89…3000".into(),
        on_behalf_of: None,
        booking: Box::new(booking),
        bank_references: Vec::new(),
        mark: Mark::Notified,
    }
}

fn came_back(key: Key, minor: i64) -> Fact {
    let returned = Return {
        amount: euro(minor),
        reason: None,
        account_servicer_reference: None,
        booking_date: date(24),
        evidence: evidence(2),
    };
    Fact::EntryReturned { key, account_ref: "main".into(), returned: Box::new(returned) }
}

fn charge(key: Key, direction: Direction, minor: i64) -> Fact {
    Fact::EntryUnmatched {
        key,
        identity: format!("main/FEE-{key}"),
        account_ref: "main".into(),
        class: UnmatchedClass::Charge,
        direction,
        amount: Decimal::new(minor, 2),
        currency: Currency::EUR,
        booking_date: date(23),
        transaction_code: None,
        account_servicer_reference: None,
        mark: Mark::Notified,
        evidence: evidence(3),
    }
}

/// Three payouts of 10.00: one debited with 0.50 on top, one that came back less 0.10, one still open;
/// beside them a charge of 1.50, of which 0.40 was given back.
#[tokio::test]
async fn charges_and_fees_explain_every_gap() {
    over_both(async |store| {
        let mut view = store.load(Vec::new()).await.unwrap();
        let mut facts: Vec<Fact> = (1..=3).map(|key| recording(key, priced(payout(key), 1_000))).collect();
        facts.extend([booked(1, 1_050), booked(2, 1_000), came_back(2, 990)]);
        facts.extend([charge(1, Direction::Debit, 150), charge(2, Direction::Credit, 40)]);
        store.append(turn(&mut view, facts, vec![])).await;

        let all = store.conservation(Some("acme")).await.unwrap();
        let tally = |count, sum_minor| Tally { count, sum_minor };
        assert_eq!(all.accepted, [(Currency::EUR, tally(3, 3_000))]);
        assert_eq!(all.portion(Currency::EUR, Portion::Settled), tally(1, 1_000));
        assert_eq!(all.portion(Currency::EUR, Portion::Returned), tally(1, 1_000));
        assert_eq!(all.portion(Currency::EUR, Portion::Open), tally(1, 1_000));
        assert!(all.adds_up(Currency::EUR));
        let moved = all.moved(Currency::EUR);
        let expected = Moved {
            currency: Currency::EUR,
            instructed_minor: 2_000,
            debited_minor: 2_050,
            debited_of_returned_minor: 1_000,
            returned_minor: 990,
        };
        assert_eq!((moved, moved.charges_minor(), moved.return_fees_minor()), (expected, 50, 10));
        assert_eq!(all.charged.iter().map(|row| row.sum).collect::<Vec<_>>(), [Decimal::new(110, 2)]);
        let other = store.conservation(Some("other")).await.unwrap();
        assert!(other.accepted.is_empty() && other.moved.is_empty() && other.charged.is_empty());
    })
    .await;
}

/// A whole journey, with a block that is debited in one sum: what is debited is what the facts say.
#[tokio::test]
async fn a_collective_debit_counts_each_member() {
    over_both(async |store| {
        let seen = journey(&store).await;
        let all = store.conservation(None).await.unwrap();
        for (currency, _) in &all.accepted {
            assert!(all.adds_up(*currency), "{currency:?}");
            let mut expected = Moved::nothing(*currency);
            for row in seen.view.payouts.values().filter(|row| row.amount.currency() == *currency) {
                expected.add(row, seen.view.block_of(row));
            }
            assert_eq!(all.moved(*currency), expected);
            assert!(*currency != Currency::EUR || expected.debited_minor > 0);
        }
    })
    .await;
}
