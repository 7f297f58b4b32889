//! Writes camt.060, the request for account reports, versions .03 to .07. Never which account may be asked for.
//!
//! What a version has no room for is refused by name.

use std::io;
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::assignment::{Participant, write_participant};
use super::emit::{Emitter, Root, WriteError};
use super::record::AccountId;
use crate::domain::entry::Direction;

/// Versions that are written.
pub const VERSIONS: RangeInclusive<u8> = 3..=7;

/// The one child of `Document`.
const CHILD: &str = "AcctRptgReq";
/// Tag of a bank's BIC in all of them.
const AGENT_BIC: &str = "BICFI";
/// Since this version times are optional, the lists of statuses and balances external, and reports are asked for by
/// number. Source: the schemas camt.060.001.03 and .04.
const LATER: u8 = 4;
/// Statuses of entries before. Source: `EntryStatus2Code` in camt.060.001.03.
const STATUSES_OF_2012: &[&str] = &["BOOK", "PDNG", "INFO"];
/// Kinds of balance before. Source: `BalanceType12Code` in camt.060.001.03.
const BALANCES_OF_2012: &[&str] =
    &["XPCD", "OPAV", "ITAV", "CLAV", "FWAV", "CLBD", "ITBD", "OPBD", "PRCD", "INFO"];

/// `GrpHdr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version to write.
    pub version: u8,
    /// `MsgId`.
    pub message_id: String,
    /// `CreDtTm`, in whole seconds.
    pub created: DateTime<Utc>,
    /// `MsgSndr`.
    pub sender: Option<Participant>,
}

/// `RptgReq`.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportingRequest {
    /// `Id`.
    pub id: Option<String>,
    /// `ReqdMsgNmId`: the report that is wanted, like `camt.053.001.08`.
    pub message_name: String,
    /// `Acct/Id`; `None` asks for all accounts.
    pub account: Option<AccountId>,
    /// `Acct/Ccy`.
    pub currency: Option<String>,
    /// `AcctOwnr`.
    pub owner: Participant,
    /// `AcctSvcr`: BIC of the bank.
    pub servicer: Option<String>,
    /// `RptgPrd`.
    pub period: Option<Period>,
    /// `RptgSeq/FrToSeq`: numbers of the reports wanted, from and to.
    pub sequences: Option<(String, String)>,
    /// `ReqdTxTp`: status and direction of the entries wanted.
    pub entries: Option<(String, Direction)>,
    /// `ReqdBalTp`: balances wanted, like `CLBD`.
    pub balances: Vec<String>,
}

/// `RptgPrd`, for everything in it (`ALLL`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// `FrDt`.
    pub from: NaiveDate,
    /// `ToDt`.
    pub to: Option<NaiveDate>,
    /// `FrTm` and `ToTm`, in the bank's own time.
    pub times: Option<(NaiveTime, Option<NaiveTime>)>,
}

/// Writes a message with requests. Gives its length in octets.
pub fn write(
    out: &mut dyn io::Write,
    header: &Header,
    requests: &[ReportingRequest],
) -> Result<u64, WriteError> {
    let definition = format!("camt.060.001.{:02}", header.version);
    if !VERSIONS.contains(&header.version) {
        return Err(WriteError::Version { definition });
    }
    let mut emitter = Emitter::begin_at(out, Root::of(&definition, CHILD));
    emitter.open("GrpHdr");
    emitter.text("MsgId", &header.message_id);
    emitter.moment("CreDtTm", header.created);
    if let Some(sender) = &header.sender {
        write_participant(&mut emitter, "MsgSndr", AGENT_BIC, sender);
    }
    emitter.close("GrpHdr");
    for request in requests {
        if let Some((member, why)) = unfit(header.version, request) {
            let (id, definition) = (header.message_id.clone(), definition.clone());
            emitter.fail(WriteError::Unfit { level: "request", id, member, definition, why });
        }
        write_request(&mut emitter, header.version, request);
        emitter.check()?;
    }
    emitter.finish()
}

/// What of a request the version has no room for.
fn unfit(version: u8, request: &ReportingRequest) -> Option<(&'static str, &'static str)> {
    if request.currency.is_some() && request.account.is_none() {
        return Some(("currency", "it belongs to an account"));
    }
    if version >= LATER {
        return None;
    }
    let code = "the code is of a later version";
    let untimed = request.period.is_some_and(|period| period.times.is_none());
    let status = request.entries.as_ref().map(|(status, _)| status.as_str());
    let balances = request.balances.iter().all(|code| BALANCES_OF_2012.contains(&code.as_str()));
    [
        (untimed, ("period.times", "they are mandatory")),
        (request.sequences.is_some(), ("sequences", "there is no element for them")),
        (status.is_some_and(|status| !STATUSES_OF_2012.contains(&status)), ("entries", code)),
        (!balances, ("balances", code)),
    ]
    .into_iter()
    .find_map(|(unfit, finding)| unfit.then_some(finding))
}

fn write_request(emitter: &mut Emitter<'_>, version: u8, request: &ReportingRequest) {
    emitter.open("RptgReq");
    emitter.optional("Id", request.id.as_deref());
    emitter.text("ReqdMsgNmId", &request.message_name);
    if let Some(account) = &request.account {
        emitter.open("Acct");
        emitter.account_id(account);
        emitter.optional("Ccy", request.currency.as_deref());
        emitter.close("Acct");
    }
    write_participant(emitter, "AcctOwnr", AGENT_BIC, &request.owner);
    if let Some(bic) = &request.servicer {
        emitter.agent("AcctSvcr", AGENT_BIC, bic);
    }
    if let Some(period) = &request.period {
        write_period(emitter, period);
    }
    if let Some((from, to)) = &request.sequences {
        emitter.open("RptgSeq");
        emitter.open("FrToSeq");
        emitter.text("FrSeq", from);
        emitter.text("ToSeq", to);
        emitter.close("FrToSeq");
        emitter.close("RptgSeq");
    }
    if let Some((status, direction)) = &request.entries {
        emitter.open("ReqdTxTp");
        match version {
            LATER.. => emitter.nested("Sts", "Cd", status),
            _ => emitter.text("Sts", status),
        }
        let code = if *direction == Direction::Debit { "DBIT" } else { "CRDT" };
        emitter.text("CdtDbtInd", code);
        emitter.close("ReqdTxTp");
    }
    for code in &request.balances {
        emitter.open("ReqdBalTp");
        emitter.nested("CdOrPrtry", "Cd", code);
        emitter.close("ReqdBalTp");
    }
    emitter.close("RptgReq");
}

fn write_period(emitter: &mut Emitter<'_>, period: &Period) {
    emitter.open("RptgPrd");
    emitter.open("FrToDt");
    emitter.date("FrDt", period.from);
    if let Some(to) = period.to {
        emitter.date("ToDt", to);
    }
    emitter.close("FrToDt");
    if let Some((from, to)) = period.times {
        emitter.open("FrToTm");
        emitter.time("FrTm", from);
        if let Some(to) = to {
            emitter.time("ToTm", to);
        }
        emitter.close("FrToTm");
    }
    emitter.text("Tp", "ALLL");
    emitter.close("RptgPrd");
}
