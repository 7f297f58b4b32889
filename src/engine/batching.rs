//! Which payouts share a message and a block: pure, deterministic, within the bank's limits.
//! Never when (the caller hands over what is due), never what the message looks like.

use super::intake::ids::IdKey;
use super::routing::Bank;
use crate::bank::profile::Profile;
use crate::domain::currency::Currency;
use crate::domain::payout::{ChargeBearer, Code, Payout, Rail};
use crate::domain::reference::PayoutToken;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What all payouts of a block have in common. Source: payout input, section 7. The debtor's bank follows from the
/// account, the rail's coding (`PmtTpInf`) from the rail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// Debited account.
    pub debtor_account_ref: String,
    /// Currency of the transfers.
    pub currency: Currency,
    /// Rail.
    pub rail: Rail,
    /// Category purpose: salaries stand alone.
    pub category_purpose: Option<Code>,
    /// Requested execution date.
    pub execution_date: NaiveDate,
    /// Who bears the charges.
    pub charge_bearer: Option<ChargeBearer>,
    /// One booking or one each, after the defaults of rail and bank.
    pub batch_booking: Option<bool>,
}

/// A block to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedBlock {
    /// `PmtInf/PmtInfId`, derived from the members.
    pub payment_information_id: String,
    /// What the members have in common.
    pub key: GroupKey,
    /// Places of the members in the list handed over, in their order.
    pub members: Vec<usize>,
    /// Number of members.
    pub count: u64,
    /// Exact sum.
    pub sum: Decimal,
}

/// A message to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMessage {
    /// `GrpHdr/MsgId`, derived from the members.
    pub message_id: String,
    /// Its blocks.
    pub blocks: Vec<PlannedBlock>,
    /// Number of transactions.
    pub count: u64,
    /// Sum without regard to currency, as `GrpHdr/CtrlSum` wants it.
    pub sum: Decimal,
}

/// How long a payout of this rail may wait for company.
pub fn batch_wait_ms(profile: &Profile, rail: Rail) -> u64 {
    profile.rail(rail).and_then(|coding| coding.batch_wait_ms).unwrap_or(profile.limits.batch_wait_ms)
}

/// Groups payouts of one bank, given in the order of their keys. The same payouts give the same plan.
pub fn plan(bank: &Bank, payouts: &[&Payout], id_key: &IdKey) -> Vec<PlannedMessage> {
    let mut groups: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
    for (at, payout) in payouts.iter().enumerate() {
        groups.entry(group_key(payout, &bank.profile)).or_default().push(at);
    }
    let mut packing = Packing { bank, payouts, id_key, messages: Vec::new(), blocks: Vec::new(), count: 0 };
    for (key, members) in groups {
        packing.add_group(&key, &members);
    }
    packing.close_message();
    packing.messages
}

/// What decides about the block of a payout.
pub fn group_key(payout: &Payout, profile: &Profile) -> GroupKey {
    let instruction = &payout.instruction;
    let by_rail = || profile.rail(payout.rail).and_then(|coding| coding.batch_booking);
    GroupKey {
        debtor_account_ref: instruction.debtor_account_ref.clone(),
        currency: instruction.amount.currency(),
        rail: payout.rail,
        category_purpose: instruction.category_purpose.clone(),
        execution_date: payout.execution_date,
        charge_bearer: payout.charge_bearer,
        batch_booking: instruction.batch_booking.or_else(by_rail).or(profile.message.batch_booking),
    }
}

struct Packing<'a> {
    bank: &'a Bank,
    payouts: &'a [&'a Payout],
    id_key: &'a IdKey,
    messages: Vec<PlannedMessage>,
    blocks: Vec<PlannedBlock>,
    count: usize,
}

impl Packing<'_> {
    fn add_group(&mut self, key: &GroupKey, members: &[usize]) {
        let limits = &self.bank.profile.limits;
        let by_rail = self.bank.profile.rail(key.rail).and_then(|coding| coding.payments_per_block);
        let per_block =
            by_rail.unwrap_or(limits.payments_per_block).min(limits.payments_per_block).max(1) as usize;
        let per_message = limits.payments_per_message.max(1) as usize;
        let mut rest = members;
        while !rest.is_empty() {
            if self.count >= per_message {
                self.close_message();
            }
            let most = per_block.min(per_message - self.count).min(rest.len());
            let (taken, sum) = self.within_sum(rest, most);
            let (block, after) = rest.split_at(taken);
            self.add_block(key, block, sum);
            rest = after;
        }
    }

    /// How many of the first `most` members stay within the sum of a block, at least one, and what they add up to.
    fn within_sum(&self, members: &[usize], most: usize) -> (usize, Decimal) {
        let limit = self.bank.profile.limits.sum_per_block;
        let (mut taken, mut sum) = (0, Decimal::ZERO);
        for member in members.iter().take(most) {
            let Some(next) = sum.checked_add(self.amount(*member)) else { break };
            if taken > 0 && next > limit {
                break;
            }
            (taken, sum) = (taken + 1, next);
        }
        (taken, sum)
    }

    fn amount(&self, member: usize) -> Decimal {
        self.payouts.get(member).map_or(Decimal::ZERO, |payout| payout.instruction.amount.value())
    }

    fn tokens(&self, members: impl Iterator<Item = usize>) -> Vec<PayoutToken> {
        members.filter_map(|member| self.payouts.get(member)).map(|payout| payout.token).collect()
    }

    fn add_block(&mut self, key: &GroupKey, members: &[usize], sum: Decimal) {
        let tokens = self.tokens(members.iter().copied());
        self.count += members.len();
        self.blocks.push(PlannedBlock {
            payment_information_id: self.id_key.payment_information_id(&tokens),
            key: key.clone(),
            members: members.to_vec(),
            count: members.len() as u64,
            sum,
        });
    }

    fn close_message(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        let blocks = std::mem::take(&mut self.blocks);
        let tokens = self.tokens(blocks.iter().flat_map(|block| block.members.iter().copied()));
        self.messages.push(PlannedMessage {
            message_id: self.id_key.message_id(&tokens),
            count: blocks.iter().map(|block| block.count).sum(),
            sum: blocks.iter().map(|block| block.sum).sum(),
            blocks,
        });
        self.count = 0;
    }
}
