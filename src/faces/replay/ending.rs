//! Where an exchange ended, as recordings say it: one line per payout, and what was seen besides.
//! Reads a store; used when a recording is made and when it is played.

use super::recording::{End, Expected};
use crate::faces::query::shown_minor;
use crate::store::listing::{Filter, PAGE_ITEMS_MAX, PayoutListed};
use crate::store::{Store, StoreError};

/// The payouts of a store, oldest first.
pub async fn payouts(store: &Store) -> Result<Vec<Expected>, StoreError> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list(Filter::default(), cursor, PAGE_ITEMS_MAX).await?;
        found.extend(page.items.iter().map(line));
        cursor = page.next;
        if cursor.is_none() {
            found.reverse();
            return Ok(found);
        }
    }
}

fn line(item: &PayoutListed) -> Expected {
    let row = &item.row;
    let money = |amount: &crate::domain::amount::Amount| {
        format!("{} {}", shown_minor(i128::from(amount.minor()), amount.currency()), amount.currency().code())
    };
    let said = row.status.as_ref().and_then(|news| news.reason.as_ref());
    let said = said.and_then(|reason| reason.code.clone().or_else(|| reason.proprietary.clone()));
    let returned = row.returned.as_ref().and_then(|returned| returned.reason.clone());
    let mut exceptions = row.exceptions.clone();
    exceptions.sort();
    Expected {
        external_id: row.external_id.clone(),
        state: item.state.name().to_owned(),
        reason: returned.or(said),
        booked: row.booking.as_ref().map(|booking| money(&booking.amount)),
        returned: row.returned.as_ref().map(|returned| money(&returned.amount)),
        exceptions,
    }
}

/// What was seen besides.
pub async fn besides(store: &Store) -> Result<End, StoreError> {
    let mut end = End::default();
    let mut cursor = None;
    loop {
        let page = store.exceptions(Filter::default(), cursor, PAGE_ITEMS_MAX).await?;
        end.exceptions.extend(page.items.into_iter().map(|item| item.row.code));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    loop {
        let page = store.entries(Filter::default(), cursor, PAGE_ITEMS_MAX).await?;
        end.unmatched.extend(page.items.iter().map(|item| item.row.class.name().to_owned()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    end.exceptions.sort();
    end.unmatched.sort();
    Ok(end)
}
