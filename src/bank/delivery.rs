//! What we know after trying to hand a message to the bank, or asking it. Never guessed: every
//! variant says what proves it.

use hyper::body::Bytes;

/// A reply as it was received, with what its signature proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankReply {
    /// HTTP status.
    pub status: u16,
    /// Head as text: status line and fields, for evidence.
    pub head: String,
    /// Media type of the body, lower case, without parameters.
    pub content_type: Option<String>,
    /// The body's octets.
    pub body: Bytes,
    /// `Ok` when the signature, digest and time are in order; else why not.
    pub authenticated: Result<(), String>,
}

impl BankReply {
    /// Whether the body is a report to be read like any other.
    pub fn is_xml(&self) -> bool {
        self.content_type.as_deref().is_some_and(|kind| kind == "application/xml" || kind == "text/xml")
    }
}

/// What we know after trying to hand a message to the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The bank confirmed receipt in an authenticated answer that matches our message.
    Received {
        /// The answer.
        reply: BankReply,
        /// The bank's reference.
        bank_reference: Option<String>,
    },
    /// Only where the profile says that such an answer means refused before processing.
    Refused {
        /// The answer.
        reply: BankReply,
        /// Code or title of the answer, bounded.
        reason: String,
    },
    /// No byte of this request left, or the profile says that such an answer means not processed.
    NotSent {
        /// Why.
        cause: String,
        /// The answer, if one came.
        reply: Option<BankReply>,
        /// Wait that the bank asked for, in seconds.
        retry_after_s: Option<u64>,
    },
    /// After the first byte, or an answer that proves nothing. Only the same octets under the same
    /// ids may follow, and only where the profile allows.
    Unknown {
        /// Why.
        cause: String,
        /// Request octets handed to the connection.
        bytes_left: u64,
        /// The answer, if one came.
        reply: Option<BankReply>,
        /// What was odd about the answer.
        oddity: Option<Oddity>,
    },
}

/// What is odd about an answer that proves nothing: more than a line that broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// The bank says that it has something of these ids: it is asked at once, and nothing is sent again.
    Duplicate,
    /// It sends us elsewhere. No redirect is ever followed.
    Redirect,
    /// It is about another message than ours.
    Stranger,
    /// It says that the bank has the message, and its sender is not proved.
    Unproved,
}

/// What an inquiry told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inquiry {
    /// The bank has it; the answer may be a status report.
    Found(BankReply),
    /// The bank does not have it (yet): proves nothing by itself.
    NotFound(BankReply),
    /// No usable answer.
    Failed {
        /// Why.
        cause: String,
    },
}

/// What a poll brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collected {
    /// The next document.
    Report {
        /// The document.
        reply: BankReply,
        /// Where to go on.
        next_cursor: String,
    },
    /// There is nothing more.
    Nothing,
    /// No usable answer.
    Failed {
        /// Why.
        cause: String,
    },
}
