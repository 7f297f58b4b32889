//! The elements of camt.052, camt.053 and camt.054 that the reader knows, and which stands below which, over all
//! versions. Never what their text means.

/// Whose account or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The account that the report is about.
    Report,
    Debtor,
    Creditor,
    UltimateDebtor,
    UltimateCreditor,
}

/// Which entries a line of `TxsSummry` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Totalled {
    All,
    Credits,
    Debits,
}

/// A known element, by its place. Nodes that an entry and its transactions share stand once; the reader knows where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Root,
    Header,
    HeaderMessageId,
    HeaderPages,
    HeaderPage,
    HeaderLastPage,
    Report,
    ReportId,
    Sequence,
    LegalSequence,
    Period,
    From,
    To,
    Copy,
    Pages,
    Page,
    LastPage,
    ReportCurrency,
    Account(Whose),
    AccountId(Whose),
    AccountOther(Whose),
    Iban(Whose),
    OtherId(Whose),
    Balance,
    BalanceType,
    BalanceTypeChoice,
    BalanceKind,
    BalanceSubType,
    BalanceSubKind,
    BalanceAmount,
    BalanceDirection,
    BalanceDate,
    Summary,
    SummaryOf(Totalled),
    SummaryCount(Totalled),
    SummarySum(Totalled),
    SummaryNet,
    SummaryNetAmount,
    SummaryNetDirection,
    Entry,
    EntryReference,
    Reversal,
    EntryStatus,
    BookingDate,
    ValueDate,
    Details,
    Batch,
    BatchMessageId,
    BatchPaymentInformationId,
    BatchCount,
    BatchTotal,
    BatchDirection,
    Transaction,
    Amount,
    Direction,
    ServicerReference,
    AdditionalText,
    BankCode,
    Domain,
    DomainCode,
    Family,
    FamilyCode,
    SubFamilyCode,
    Proprietary,
    ProprietaryCode,
    ProprietaryIssuer,
    Charges,
    ChargesTotal,
    ChargeRecord,
    ChargeAmount,
    ChargeDirection,
    ChargeIncluded,
    ChargeType,
    ChargeTypeProprietary,
    ChargeKind,
    References,
    MessageId,
    PaymentInformationId,
    InstructionId,
    EndToEndId,
    Uetr,
    TransactionId,
    ClearingReference,
    ProprietaryReferences,
    ProprietaryReference,
    AmountDetails,
    TransactionAmountDetails,
    TransactionAmount,
    InstructedAmountDetails,
    InstructedAmount,
    CounterAmountDetails,
    CounterAmount,
    OtherAmountDetails,
    Exchange,
    ExchangeRate,
    Parties,
    Party(Whose),
    PartyAgent(Whose),
    PartyName(Whose),
    Remittance,
    Unstructured,
    Structured,
    CreditorReference,
    Reference,
    Return,
    ReturnReason,
    ReturnCode,
    ReturnProprietary,
    ReturnText,
}

impl Node {
    /// Whether the element carries `Ccy`.
    pub(super) fn is_amount(self) -> bool {
        matches!(
            self,
            Node::Amount
                | Node::BalanceAmount
                | Node::BatchTotal
                | Node::ChargesTotal
                | Node::ChargeAmount
                | Node::TransactionAmount
                | Node::InstructedAmount
                | Node::CounterAmount
        )
    }

    /// Whether its start tag alone begins something in a record, which holds other elements.
    #[inline]
    pub(super) fn opens_group(self) -> bool {
        matches!(self, Node::Batch | Node::Charges | Node::ChargeRecord | Node::Return)
    }

    /// Whether the element holds text in some versions and elements in others, so that white space in it is no value.
    pub(super) fn is_either(self) -> bool {
        matches!(
            self,
            Node::EntryStatus
                | Node::BalanceDate
                | Node::BookingDate
                | Node::ValueDate
                | Node::Proprietary
                | Node::ChargeTypeProprietary
                | Node::ReturnReason
        )
    }

    /// The known child of this element. Versions differ only here; names of version 01 stand beside the later ones.
    pub(super) fn child(self, name: &str) -> Option<Node> {
        match self {
            Node::Root => child_of_root(name),
            Node::Report => child_of_report(name),
            Node::Entry => child_of_entry(name),
            Node::Details => child_of_details(name),
            Node::Batch => child_of_batch(name),
            Node::Transaction => child_of_transaction(name),
            Node::References => child_of_references(name),
            Node::ProprietaryReferences if name == "Ref" => Some(Node::ProprietaryReference),
            Node::AmountDetails
            | Node::TransactionAmountDetails
            | Node::InstructedAmountDetails
            | Node::CounterAmountDetails
            | Node::OtherAmountDetails
            | Node::Exchange => child_of_amounts(self, name),
            Node::Parties => child_of_parties(name),
            Node::Party(whose) | Node::PartyAgent(whose) => child_of_party(self, whose, name),
            Node::Account(whose) | Node::AccountId(whose) | Node::AccountOther(whose) => {
                child_of_account(self, whose, name)
            }
            Node::Remittance | Node::Structured | Node::CreditorReference => child_of_remittance(self, name),
            Node::BankCode | Node::Domain | Node::Family | Node::Proprietary => {
                child_of_bank_code(self, name)
            }
            Node::Charges | Node::ChargeRecord | Node::ChargeType | Node::ChargeTypeProprietary => {
                child_of_charges(self, name)
            }
            Node::Return | Node::ReturnReason => child_of_return(self, name),
            Node::Summary | Node::SummaryOf(_) | Node::SummaryNet => child_of_summary(self, name),
            Node::Balance | Node::BalanceType | Node::BalanceTypeChoice | Node::BalanceSubType => {
                child_of_balance(self, name)
            }
            Node::Header | Node::HeaderPages | Node::Pages | Node::Period => child_of_header(self, name),
            Node::BookingDate | Node::ValueDate | Node::BalanceDate if matches!(name, "Dt" | "DtTm") => {
                Some(self)
            }
            Node::EntryStatus if matches!(name, "Cd" | "Prtry") => Some(self),
            _ => None,
        }
    }
}

fn child_of_root(name: &str) -> Option<Node> {
    match name {
        "Rpt" | "Stmt" | "Ntfctn" => Some(Node::Report),
        "GrpHdr" => Some(Node::Header),
        _ => None,
    }
}

fn child_of_header(node: Node, name: &str) -> Option<Node> {
    Some(match (node, name) {
        (Node::Header, "MsgId") => Node::HeaderMessageId,
        (Node::Header, "MsgPgntn") => Node::HeaderPages,
        (Node::HeaderPages, "PgNb") => Node::HeaderPage,
        (Node::HeaderPages, "LastPgInd") => Node::HeaderLastPage,
        (Node::Pages, "PgNb") => Node::Page,
        (Node::Pages, "LastPgInd") => Node::LastPage,
        (Node::Period, "FrDtTm") => Node::From,
        (Node::Period, "ToDtTm") => Node::To,
        _ => return None,
    })
}

fn child_of_report(name: &str) -> Option<Node> {
    Some(match name {
        "Ntry" => Node::Entry,
        "Bal" => Node::Balance,
        "TxsSummry" => Node::Summary,
        "Id" => Node::ReportId,
        "ElctrncSeqNb" => Node::Sequence,
        "LglSeqNb" => Node::LegalSequence,
        "FrToDt" => Node::Period,
        "CpyDplctInd" => Node::Copy,
        "RptPgntn" | "StmtPgntn" | "NtfctnPgntn" => Node::Pages,
        "Acct" => Node::Account(Whose::Report),
        _ => return None,
    })
}

fn child_of_account(node: Node, whose: Whose, name: &str) -> Option<Node> {
    Some(match (node, name) {
        (Node::Account(_), "Id") => Node::AccountId(whose),
        (Node::Account(Whose::Report), "Ccy") => Node::ReportCurrency,
        (Node::AccountId(_), "IBAN") => Node::Iban(whose),
        (Node::AccountId(_), "Othr" | "PrtryAcct") => Node::AccountOther(whose),
        (Node::AccountId(_), "BBAN" | "UPIC") => Node::OtherId(whose),
        (Node::AccountOther(_), "Id") => Node::OtherId(whose),
        _ => return None,
    })
}

fn child_of_balance(node: Node, name: &str) -> Option<Node> {
    Some(match (node, name) {
        (Node::Balance, "Tp") => Node::BalanceType,
        (Node::Balance, "Amt") => Node::BalanceAmount,
        (Node::Balance, "CdtDbtInd") => Node::BalanceDirection,
        (Node::Balance, "Dt") => Node::BalanceDate,
        (Node::BalanceType, "CdOrPrtry") => Node::BalanceTypeChoice,
        (Node::BalanceType, "SubTp") => Node::BalanceSubType,
        (Node::BalanceType | Node::BalanceTypeChoice, "Cd" | "Prtry") => Node::BalanceKind,
        (Node::BalanceSubType, "Cd" | "Prtry") => Node::BalanceSubKind,
        _ => return None,
    })
}

fn child_of_summary(node: Node, name: &str) -> Option<Node> {
    Some(match (node, name) {
        (Node::Summary, "TtlNtries") => Node::SummaryOf(Totalled::All),
        (Node::Summary, "TtlCdtNtries") => Node::SummaryOf(Totalled::Credits),
        (Node::Summary, "TtlDbtNtries") => Node::SummaryOf(Totalled::Debits),
        (Node::SummaryOf(which), "NbOfNtries") => Node::SummaryCount(which),
        (Node::SummaryOf(which), "Sum") => Node::SummarySum(which),
        // Up to version 03 the net amount stands right in the line.
        (Node::SummaryOf(Totalled::All), "TtlNetNtryAmt") => Node::SummaryNetAmount,
        (Node::SummaryOf(Totalled::All), "TtlNetNtry") => Node::SummaryNet,
        (Node::SummaryNet, "Amt") => Node::SummaryNetAmount,
        (Node::SummaryOf(Totalled::All) | Node::SummaryNet, "CdtDbtInd") => Node::SummaryNetDirection,
        _ => return None,
    })
}

fn child_of_entry(name: &str) -> Option<Node> {
    Some(match name {
        "NtryDtls" => Node::Details,
        "Amt" => Node::Amount,
        "CdtDbtInd" => Node::Direction,
        "Sts" => Node::EntryStatus,
        "BookgDt" => Node::BookingDate,
        "ValDt" => Node::ValueDate,
        "BkTxCd" => Node::BankCode,
        "NtryRef" => Node::EntryReference,
        "RvslInd" => Node::Reversal,
        "AcctSvcrRef" => Node::ServicerReference,
        "AddtlNtryInf" => Node::AdditionalText,
        "Chrgs" => Node::Charges,
        // In version 01 these two stand right below the entry.
        "Btch" => Node::Batch,
        "TxDtls" => Node::Transaction,
        _ => return None,
    })
}

fn child_of_details(name: &str) -> Option<Node> {
    match name {
        "TxDtls" => Some(Node::Transaction),
        "Btch" => Some(Node::Batch),
        _ => None,
    }
}

fn child_of_batch(name: &str) -> Option<Node> {
    Some(match name {
        "MsgId" => Node::BatchMessageId,
        "PmtInfId" => Node::BatchPaymentInformationId,
        "NbOfTxs" => Node::BatchCount,
        "TtlAmt" => Node::BatchTotal,
        "CdtDbtInd" => Node::BatchDirection,
        _ => return None,
    })
}

fn child_of_transaction(name: &str) -> Option<Node> {
    Some(match name {
        "Refs" => Node::References,
        "Amt" => Node::Amount,
        "CdtDbtInd" => Node::Direction,
        "AmtDtls" => Node::AmountDetails,
        "RltdPties" => Node::Parties,
        "RmtInf" => Node::Remittance,
        "BkTxCd" => Node::BankCode,
        "Chrgs" => Node::Charges,
        "RtrInf" => Node::Return,
        "AddtlTxInf" => Node::AdditionalText,
        _ => return None,
    })
}

fn child_of_references(name: &str) -> Option<Node> {
    Some(match name {
        "EndToEndId" => Node::EndToEndId,
        "InstrId" => Node::InstructionId,
        "UETR" => Node::Uetr,
        "TxId" => Node::TransactionId,
        "PmtInfId" => Node::PaymentInformationId,
        "MsgId" => Node::MessageId,
        "AcctSvcrRef" => Node::ServicerReference,
        "ClrSysRef" => Node::ClearingReference,
        "Prtry" => Node::ProprietaryReferences,
        _ => return None,
    })
}

fn child_of_amounts(node: Node, name: &str) -> Option<Node> {
    Some(match (node, name) {
        (Node::AmountDetails, "TxAmt") => Node::TransactionAmountDetails,
        (Node::AmountDetails, "InstdAmt") => Node::InstructedAmountDetails,
        (Node::AmountDetails, "CntrValAmt") => Node::CounterAmountDetails,
        (Node::AmountDetails, "AnncdPstngAmt" | "PrtryAmt") => Node::OtherAmountDetails,
        (Node::TransactionAmountDetails, "Amt") => Node::TransactionAmount,
        (Node::InstructedAmountDetails, "Amt") => Node::InstructedAmount,
        (Node::CounterAmountDetails, "Amt") => Node::CounterAmount,
        (Node::Exchange, "XchgRate") => Node::ExchangeRate,
        (Node::AmountDetails | Node::Exchange, _) => return None,
        (_, "CcyXchg") => Node::Exchange,
        _ => return None,
    })
}

fn child_of_parties(name: &str) -> Option<Node> {
    Some(match name {
        "Dbtr" => Node::Party(Whose::Debtor),
        "DbtrAcct" => Node::Account(Whose::Debtor),
        "UltmtDbtr" => Node::Party(Whose::UltimateDebtor),
        "Cdtr" => Node::Party(Whose::Creditor),
        "CdtrAcct" => Node::Account(Whose::Creditor),
        "UltmtCdtr" => Node::Party(Whose::UltimateCreditor),
        _ => return None,
    })
}

fn child_of_party(node: Node, whose: Whose, name: &str) -> Option<Node> {
    Some(match (node, name) {
        (_, "Nm") => Node::PartyName(whose),
        // The level that the 2019 versions put between a party and its name; an institution may stand there too.
        (Node::Party(_), "Pty") => Node::Party(whose),
        (Node::Party(_), "Agt") => Node::PartyAgent(whose),
        (Node::PartyAgent(_), "FinInstnId") => Node::PartyAgent(whose),
        _ => return None,
    })
}

fn child_of_remittance(node: Node, name: &str) -> Option<Node> {
    Some(match (node, name) {
        (Node::Remittance, "Ustrd") => Node::Unstructured,
        (Node::Remittance, "Strd") => Node::Structured,
        (Node::Structured, "CdtrRefInf") => Node::CreditorReference,
        (Node::CreditorReference, "Ref" | "CdtrRef") => Node::Reference,
        _ => return None,
    })
}

fn child_of_bank_code(node: Node, name: &str) -> Option<Node> {
    Some(match (node, name) {
        (Node::BankCode, "Domn") => Node::Domain,
        (Node::BankCode, "Prtry") => Node::Proprietary,
        (Node::Domain, "Cd") => Node::DomainCode,
        (Node::Domain, "Fmly") => Node::Family,
        (Node::Family, "Cd") => Node::FamilyCode,
        (Node::Family, "SubFmlyCd") => Node::SubFamilyCode,
        (Node::Proprietary, "Cd") => Node::ProprietaryCode,
        (Node::Proprietary, "Issr") => Node::ProprietaryIssuer,
        _ => return None,
    })
}

fn child_of_charges(node: Node, name: &str) -> Option<Node> {
    Some(match (node, name) {
        (Node::Charges, "TtlChrgsAndTaxAmt") => Node::ChargesTotal,
        (Node::Charges, "Rcrd") => Node::ChargeRecord,
        // Up to version 03 a charge stands right in `Chrgs`, which repeats.
        (Node::Charges | Node::ChargeRecord, "Amt") => Node::ChargeAmount,
        (Node::Charges | Node::ChargeRecord, "CdtDbtInd") => Node::ChargeDirection,
        (Node::Charges | Node::ChargeRecord, "ChrgInclInd") => Node::ChargeIncluded,
        (Node::Charges | Node::ChargeRecord, "Tp") => Node::ChargeType,
        (Node::ChargeType, "Cd" | "PrtryCd") => Node::ChargeKind,
        (Node::ChargeType, "Prtry") => Node::ChargeTypeProprietary,
        (Node::ChargeTypeProprietary, "Id") => Node::ChargeKind,
        _ => return None,
    })
}

fn child_of_return(node: Node, name: &str) -> Option<Node> {
    Some(match (node, name) {
        (Node::Return, "Rsn" | "RtrRsn") => Node::ReturnReason,
        (Node::Return, "AddtlInf" | "AddtlRtrRsnInf") => Node::ReturnText,
        (Node::ReturnReason, "Cd") => Node::ReturnCode,
        (Node::ReturnReason, "Prtry") => Node::ReturnProprietary,
        _ => return None,
    })
}
