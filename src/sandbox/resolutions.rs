//! The camt.029 that the bank writes: what it says to a request for cancellation. Never what is decided.

use chrono::{DateTime, Utc};

use super::cancellations::{Decision, REFUSED, Stage, UNKNOWN};
use super::order::{Code, Order};
use super::record::CancellationLine;
use super::reports::{CAMT_029, Letterhead, Octets, ReportError, checked, non_empty};
use crate::domain::payout::Code as ListCode;
use crate::messages::assignment::{Assignment, Case, Participant};
use crate::messages::write_camt_029::{
    Answer, BlockResolution, GroupAnswer, GroupResolution, Header, TransactionResolution, write,
};
use crate::messages::write_status::Reason;

/// Version of camt.029 that this bank writes.
const VERSION: u8 = 9;

/// Writes a camt.029 about the order that a request names, or about none.
pub fn resolution(
    letterhead: &Letterhead,
    order: Option<&Order>,
    (line, stage): (&CancellationLine<'_>, Stage),
    (message_id, created): (String, DateTime<Utc>),
) -> Result<Octets, ReportError> {
    let answers: Vec<(u32, Answer)> =
        line.decisions.iter().map(|(position, decision)| (*position, answer_of(*decision, stage))).collect();
    let whole = match answers.first() {
        None => GroupAnswer::All(Answer::Rejected),
        Some((_, first)) if answers.iter().all(|(_, answer)| answer == first) => GroupAnswer::All(*first),
        Some(_) => GroupAnswer::Partly,
    };
    let customer = Participant::Party(line.client.clone().into_owned());
    let header = Header {
        version: VERSION,
        assignment: Assignment {
            id: message_id,
            assigner: Participant::Agent(letterhead.bic.clone()),
            assignee: customer.clone(),
            created,
        },
        resolved_case: Some(Case { id: line.id.clone().into_owned(), creator: customer }),
        answer: whole,
    };
    let group = GroupResolution {
        cancellation_id: Some(line.id.clone().into_owned()),
        message_id: line.message_id.clone().into_owned(),
        message_name: order.map_or("pain.001.001.09", |order| order.message.as_str()).to_owned(),
        created: None,
        answer: order.is_none().then_some(GroupAnswer::All(Answer::Rejected)),
        reasons: if order.is_none() { reason(letterhead, UNKNOWN) } else { Vec::new() },
    };
    let named = (!line.message_id.is_empty()).then_some(&group);
    let blocks = order.map(|order| blocks_of(letterhead, order, &answers)).unwrap_or_default();
    let mut octets = Vec::new();
    let written = write(&mut octets, &header, named, blocks);
    checked(CAMT_029, octets, written)
}

fn answer_of(decision: Decision, stage: Stage) -> Answer {
    match (decision, stage) {
        (Decision::Granted, _) | (Decision::Asked, Stage::Last) => Answer::Accepted,
        (Decision::Asked, Stage::First) => Answer::Pending,
        (Decision::Refused, _) => Answer::Rejected,
    }
}

fn blocks_of(
    letterhead: &Letterhead,
    order: &Order,
    answers: &[(u32, Answer)],
) -> Vec<(BlockResolution, Vec<TransactionResolution>)> {
    let mut blocks: Vec<(u32, BlockResolution, Vec<TransactionResolution>)> = Vec::new();
    for (position, answer) in answers {
        let Some(line) = order.lines.get(*position as usize) else { continue };
        let Some(block) = order.block_of(line) else { continue };
        let said = TransactionResolution {
            instruction_id: non_empty(order.text(line.instruction_id)),
            end_to_end_id: non_empty(order.text(line.end_to_end_id)),
            uetr: Order::uetr(line),
            answer: Some(*answer),
            reasons: if *answer == Answer::Rejected { reason(letterhead, REFUSED) } else { Vec::new() },
            ..TransactionResolution::default()
        };
        match blocks.last_mut() {
            Some((last, _, lines)) if *last == line.block => lines.push(said),
            _ => {
                let name = order.text(block.payment_information_id).to_owned();
                let block = BlockResolution { payment_information_id: name, ..BlockResolution::default() };
                blocks.push((line.block, block, vec![said]));
            }
        }
    }
    blocks.into_iter().map(|(_, block, lines)| (block, lines)).collect()
}

fn reason(letterhead: &Letterhead, code: Code) -> Vec<Reason> {
    let code = Some(ListCode::Listed(code.as_str().to_owned()));
    vec![Reason { originator: Some(letterhead.name.clone()), code, text: Vec::new() }]
}
