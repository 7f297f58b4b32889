//! A planned message as octets: the plan's blocks with their rails' codings, handed to the writer.
//! Never what is grouped (`batching`), never the XML itself (`messages::pain_001`).

use super::batching::{PlannedBlock, PlannedMessage};
use super::routing::Bank;
use crate::bank::profile::{InitiatingParty, Uetr};
use crate::domain::payout::{Code, Payout, Rail};
use crate::domain::reference::{MessageId, PaymentInformationId, ReferenceError};
use crate::domain::row::ConfiguredAccount;
use crate::messages::emit::WriteError;
use crate::messages::own::OwnError;
use crate::messages::pain_001::{Block, Coding, Debtor, Header, Totals, UetrUse, Version, write};
use chrono::{DateTime, Utc};

/// Why a planned message could not be written. We must act: intake accepted what the bank cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    /// The profile names a definition that is not written.
    #[error("message definition {0} cannot be written")]
    Definition(String),
    /// The account of a block is not configured any more. The operator must restore it.
    #[error("account {0} is not configured")]
    Account(String),
    /// A derived id is none. We must act.
    #[error("derived id: {0}")]
    Id(#[from] ReferenceError),
    /// The writer refused.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Our own walk refuses what was written: it must not leave.
    #[error("message {message_id}: {cause}")]
    Refused {
        /// `GrpHdr/MsgId`.
        message_id: String,
        /// What the walk says.
        cause: OwnError,
    },
}

impl OutgoingError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            OutgoingError::Definition(_) => "outgoing.definition",
            OutgoingError::Account(_) => "outgoing.account",
            OutgoingError::Id(_) => "outgoing.id",
            OutgoingError::Write(_) => "outgoing.write",
            OutgoingError::Refused { .. } => "outgoing.refused",
        }
    }
}

/// What all messages to a bank have in common.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The bank.
    pub bank: &'a Bank,
    /// Configured accounts.
    pub accounts: &'a [ConfiguredAccount],
    /// Whose messages they are.
    pub tenant: &'a str,
    /// `CreDtTm`.
    pub created: DateTime<Utc>,
}

/// The version that a bank's profile wants.
pub fn version_of(bank: &Bank) -> Result<Version, OutgoingError> {
    let definition = &bank.profile.message.definition;
    Version::parse(definition).ok_or_else(|| OutgoingError::Definition(definition.clone()))
}

/// The octets of a planned message; `payouts` is the list that was planned.
pub fn octets(
    sender: &Sender<'_>,
    version: Version,
    message: &PlannedMessage,
    payouts: &[&Payout],
) -> Result<Vec<u8>, OutgoingError> {
    let blocks: Vec<Block> =
        message.blocks.iter().map(|block| written_block(sender, block)).collect::<Result<_, _>>()?;
    let debtor_name = blocks.first().map_or("", |block| block.debtor.name.as_str());
    let initiating_party = crate::messages::pain_001::InitiatingParty {
        name: match sender.bank.profile.message.initiating_party {
            InitiatingParty::DebtorName => debtor_name.to_owned(),
            InitiatingParty::Tenant => sender.tenant.to_owned(),
        },
        organisation_id: None,
    };
    let header = Header {
        version,
        message_id: MessageId::parse(&message.message_id)?,
        created: sender.created,
        initiating_party,
        totals: Totals { count: message.count, sum: message.sum },
        uetr: match sender.bank.profile.message.uetr {
            Uetr::Send => UetrUse::Sent,
            Uetr::Omit => UetrUse::Omitted,
        },
    };
    let members = message.blocks.iter().map(|block| {
        block.members.iter().filter_map(|member| payouts.get(*member)).copied().collect::<Vec<&Payout>>()
    });
    let mut octets = Vec::new();
    write(&mut octets, &header, blocks.into_iter().zip(members))?;
    Ok(octets)
}

fn written_block(sender: &Sender<'_>, block: &PlannedBlock) -> Result<Block, OutgoingError> {
    let key = &block.key;
    let account = sender.accounts.iter().find(|account| account.account_ref == key.debtor_account_ref);
    let account = account.ok_or_else(|| OutgoingError::Account(key.debtor_account_ref.clone()))?;
    Ok(Block {
        payment_information_id: PaymentInformationId::parse(&block.payment_information_id)?,
        batch_booking: key.batch_booking,
        totals: Totals { count: block.count, sum: block.sum },
        coding: coding_of(sender.bank, key.rail, key.category_purpose.as_ref()),
        execution_date: key.execution_date,
        debtor: debtor_of(account),
        charge_bearer: key.charge_bearer,
    })
}

/// How the bank wants payments of a rail coded.
pub fn coding_of(bank: &Bank, rail: Rail, category_purpose: Option<&Code>) -> Coding {
    let coding = bank.profile.rail(rail);
    Coding {
        service_level: coding.and_then(|coding| coding.service_level.clone()),
        local_instrument: coding.and_then(|coding| coding.local_instrument.clone()),
        category_purpose: category_purpose.cloned(),
    }
}

/// A configured account as the debtor of a block.
pub fn debtor_of(account: &ConfiguredAccount) -> Debtor {
    Debtor {
        name: account.name.clone(),
        account: account.account.clone(),
        currency: Some(account.currency),
        agent: account.bic.clone(),
    }
}
