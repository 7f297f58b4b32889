//! Who hands a case to whom: what requests for cancellation and their answers begin with. Never what the case is about.

use chrono::{DateTime, Utc};

use super::emit::Emitter;

/// Somebody who hands on, takes or opens a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Participant {
    /// `Pty`: a customer, by name (`Nm`).
    Party(String),
    /// `Agt`: a bank, by its BIC.
    Agent(String),
}

/// `Assgnmt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// `Id`.
    pub id: String,
    /// `Assgnr`.
    pub assigner: Participant,
    /// `Assgne`.
    pub assignee: Participant,
    /// `CreDtTm`, in whole seconds.
    pub created: DateTime<Utc>,
}

/// `Case`, `RslvdCase`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// `Id`.
    pub id: String,
    /// `Cretr`.
    pub creator: Participant,
}

/// A party's or agent's element, in which a BIC has the tag `of_bic`.
pub(super) fn write_participant(
    emitter: &mut Emitter<'_>,
    name: &'static str,
    of_bic: &'static str,
    participant: &Participant,
) {
    emitter.open(name);
    match participant {
        Participant::Party(party) => emitter.nested("Pty", "Nm", party),
        Participant::Agent(bic) => emitter.agent("Agt", of_bic, bic),
    }
    emitter.close(name);
}

/// `Assgnmt`.
pub(super) fn write_assignment(emitter: &mut Emitter<'_>, of_bic: &'static str, assignment: &Assignment) {
    emitter.open("Assgnmt");
    emitter.text("Id", &assignment.id);
    write_participant(emitter, "Assgnr", of_bic, &assignment.assigner);
    write_participant(emitter, "Assgne", of_bic, &assignment.assignee);
    emitter.moment("CreDtTm", assignment.created);
    emitter.close("Assgnmt");
}

/// `Case` or `RslvdCase`, where there is one.
pub(super) fn write_case(
    emitter: &mut Emitter<'_>,
    name: &'static str,
    of_bic: &'static str,
    case: Option<&Case>,
) {
    if let Some(case) = case {
        emitter.open(name);
        emitter.text("Id", &case.id);
        write_participant(emitter, "Cretr", of_bic, &case.creator);
        emitter.close(name);
    }
}
