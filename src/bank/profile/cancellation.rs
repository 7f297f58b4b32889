//! How a bank takes requests for cancellation (camt.055). Never what its answers mean.

use super::{ProfileError, Step};
use crate::messages::write_camt_055::VERSIONS;
use serde::Deserialize;

/// Where and how a cancellation is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancellationRules {
    /// Message definition, like `camt.055.001.08`.
    pub definition: String,
    /// Whether money that has left may be asked back by the same request.
    pub after_booking: Recall,
    /// The call that hands a request over.
    pub step: Step,
    /// Path template of the inquiry about a request, by `{message_id}`; absent means that there is none.
    #[serde(default)]
    pub inquiry_path: Option<String>,
}

/// Whether a booked payout can be recalled by message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recall {
    /// The bank takes the request and asks the payee's bank.
    Taken,
    /// After booking there is no such request.
    NotTaken,
}

impl CancellationRules {
    /// Version of the definition; 0 where it is none that is written, which `check` refuses.
    pub fn version(&self) -> u8 {
        let number = self.definition.strip_prefix("camt.055.001.").filter(|number| number.len() == 2);
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// Refuses what could never be sent.
    pub fn check(&self, has_signature: impl Fn(&str) -> bool) -> Result<(), ProfileError> {
        let wrong = |key: &str, message: &str| {
            Err(ProfileError::Contradiction {
                key: format!("cancellation.{key}"),
                message: message.to_owned(),
            })
        };
        if !VERSIONS.contains(&self.version()) {
            return wrong("definition", "no version of camt.055 that is written");
        }
        if self.step.takes_effect {
            return wrong("step.takes_effect", "a request for cancellation moves no money");
        }
        if !self.step.signatures.iter().all(|name| has_signature(name)) {
            return wrong("step.signatures", "a signature is named that the profile does not have");
        }
        Ok(())
    }
}
