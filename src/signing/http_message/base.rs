//! The signature base and the two signature fields: what is signed and how it is written.
//! Source: RFC 9421, sections 2.5, 3.1 and 4. Judging a received signature is for `verify`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sfv::visitor::{DictionaryVisitor, EntryVisitor};
use sfv::{BareItem, Dictionary, FieldType, InnerList, KeyRef, ListEntry, Parameters, Parser};

use super::component::Component;
use super::{HttpMessageError, MessageView};
use crate::signing::key::{Algorithm, Signer};

/// Name of the field with components and parameters.
pub const SIGNATURE_INPUT: &str = "signature-input";
/// Name of the field with the signature octets.
pub const SIGNATURE: &str = "signature";
/// Most components that a signature may cover. Chosen by us; real profiles use at most twelve.
pub const COMPONENTS_MAX: usize = 64;
/// Longest value of a dictionary field that we parse, in octets. Chosen by us.
pub const DICTIONARY_OCTETS_MAX: usize = 16_384;

/// A signature parameter. Source: RFC 9421, section 2.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// When the signature was made, seconds since 1970.
    Created(i64),
    /// When it ends, seconds since 1970.
    Expires(i64),
    /// Unique value against replays.
    Nonce(String),
    /// Name of the algorithm.
    Alg(String),
    /// Name of the key.
    KeyId(String),
    /// What the signature is for.
    Tag(String),
}

impl Parameter {
    fn name(&self) -> &'static str {
        match self {
            Parameter::Created(_) => "created",
            Parameter::Expires(_) => "expires",
            Parameter::Nonce(_) => "nonce",
            Parameter::Alg(_) => "alg",
            Parameter::KeyId(_) => "keyid",
            Parameter::Tag(_) => "tag",
        }
    }

    fn to_item(&self) -> Result<BareItem, HttpMessageError> {
        let refused = |cause| HttpMessageError::Parameter { parameter: self.name().to_owned(), cause };
        match self {
            Parameter::Created(second) | Parameter::Expires(second) => sfv::Integer::try_from(*second)
                .map(BareItem::Integer)
                .map_err(|_| refused("number out of range")),
            Parameter::Nonce(text) | Parameter::Alg(text) | Parameter::KeyId(text) | Parameter::Tag(text) => {
                sfv::String::from_string(text.clone())
                    .map(BareItem::String)
                    .map_err(|_| refused("not printable ASCII"))
            }
        }
    }

    fn from_item(name: &str, item: &BareItem) -> Result<Parameter, HttpMessageError> {
        let number = || match item {
            BareItem::Integer(number) => Some(i64::from(*number)),
            _ => None,
        };
        let text = || match item {
            BareItem::String(text) => Some(text.as_str().to_owned()),
            _ => None,
        };
        let parameter = match name {
            "created" => number().map(Parameter::Created),
            "expires" => number().map(Parameter::Expires),
            "nonce" => text().map(Parameter::Nonce),
            "alg" => text().map(Parameter::Alg),
            "keyid" => text().map(Parameter::KeyId),
            "tag" => text().map(Parameter::Tag),
            _ => {
                return Err(HttpMessageError::Parameter {
                    parameter: name.to_owned(),
                    cause: "is not known",
                });
            }
        };
        parameter
            .ok_or(HttpMessageError::Parameter { parameter: name.to_owned(), cause: "has the wrong type" })
    }
}

/// What a signature covers and says: the input to making one.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Label of the signature in both fields.
    pub label: String,
    /// Components in order.
    pub components: Vec<Component>,
    /// Parameters in order.
    pub parameters: Vec<Parameter>,
}

/// The octets to be signed, with what is needed to write the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureBase {
    text: String,
    parameters: String,
}

impl SignatureBase {
    /// Builds the base of a message.
    pub fn build(message: &MessageView<'_>, recipe: &Recipe) -> Result<SignatureBase, HttpMessageError> {
        let mut parameters = Parameters::new();
        for parameter in &recipe.parameters {
            let key = KeyRef::from_str(parameter.name()).expect("parameter names are valid keys").to_owned();
            if parameters.insert(key, parameter.to_item()?).is_some() {
                return Err(HttpMessageError::Parameter {
                    parameter: parameter.name().to_owned(),
                    cause: "is given twice",
                });
            }
        }
        let items = recipe.components.iter().map(|component| component.item().clone()).collect();
        SignatureBase::from_list(message, &InnerList { items, params: parameters }, &recipe.components)
    }

    pub(super) fn from_list(
        message: &MessageView<'_>,
        list: &InnerList,
        components: &[Component],
    ) -> Result<SignatureBase, HttpMessageError> {
        let mut text = String::new();
        for (index, component) in components.iter().enumerate() {
            if components.iter().take(index).any(|earlier| earlier.same_as(component)) {
                return Err(HttpMessageError::Component {
                    component: component.identifier(),
                    cause: "is listed twice",
                });
            }
            text.push_str(&component.identifier());
            text.push_str(": ");
            text.push_str(&component.value(message)?);
            text.push('\n');
        }
        let parameters = vec![ListEntry::InnerList(list.clone())].serialize().unwrap_or_default();
        text.push_str("\"@signature-params\": ");
        text.push_str(&parameters);
        Ok(SignatureBase { text, parameters })
    }

    /// The octets to be signed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Writes the two fields for a signature made over [`SignatureBase::text`].
    pub fn to_fields(&self, label: &str, made: &[u8]) -> Result<SignatureFields, HttpMessageError> {
        if KeyRef::from_str(label).is_err() {
            return Err(HttpMessageError::LabelMissing { label: label.to_owned() });
        }
        Ok(SignatureFields {
            signature_input: format!("{label}={}", self.parameters),
            signature: format!("{label}=:{}:", STANDARD.encode(made)),
        })
    }
}

/// The values of the two fields to be added to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFields {
    /// Value of Signature-Input.
    pub signature_input: String,
    /// Value of Signature.
    pub signature: String,
}

/// Signs a message. Content-Digest and all other covered fields must be in it already.
pub async fn sign(
    message: &MessageView<'_>,
    recipe: &Recipe,
    signer: &Signer,
    algorithm: Algorithm,
) -> Result<SignatureFields, HttpMessageError> {
    let base = SignatureBase::build(message, recipe)?;
    let made = signer.sign(algorithm, base.text.as_bytes()).await;
    base.to_fields(&recipe.label, &made.map_err(|cause| HttpMessageError::Key { cause })?)
}

/// As [`sign`], for worker threads.
pub fn sign_now(
    message: &MessageView<'_>,
    recipe: &Recipe,
    signer: &Signer,
    algorithm: Algorithm,
) -> Result<SignatureFields, HttpMessageError> {
    let base = SignatureBase::build(message, recipe)?;
    let made = signer.sign_now(algorithm, base.text.as_bytes());
    base.to_fields(&recipe.label, &made.map_err(|cause| HttpMessageError::Key { cause })?)
}

/// Reads the parameters of an inner list of Signature-Input, in order.
pub(super) fn read_parameters(list: &InnerList) -> Result<Vec<Parameter>, HttpMessageError> {
    list.params.iter().map(|(name, item)| Parameter::from_item(name.as_str(), item)).collect()
}

/// Lines of a field, trimmed, obsolete folding replaced by one space. Source: RFC 9421, section 2.1.
pub(super) fn field_lines<'a>(
    headers: &'a [(String, String)],
    name: &'a str,
) -> impl Iterator<Item = String> + 'a {
    headers.iter().filter(move |(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| unfold(value))
}

/// All lines of a field joined, or none if the field is absent.
pub(super) fn field_value(headers: &[(String, String)], name: &str) -> Option<String> {
    let lines: Vec<String> = field_lines(headers, name).collect();
    if lines.is_empty() { None } else { Some(lines.join(", ")) }
}

fn unfold(value: &str) -> String {
    let space = [' ', '\t'];
    let mut lines = value.split("\r\n").flat_map(|part| part.split('\n'));
    let mut text = lines.next().unwrap_or_default().trim_matches(space).to_owned();
    for line in lines {
        // A break that is not followed by white space is no folding; it stays and is refused as not printable.
        text.push(if line.starts_with(space) { ' ' } else { '\n' });
        text.push_str(line.trim_matches(space));
    }
    text.trim_matches(space).to_owned()
}

/// Parses a dictionary and refuses a key that occurs twice: the standard lets the last one win, so that
/// two readers who look at the first and the last would see different signatures.
pub(super) fn parse_dictionary(field: &'static str, value: &str) -> Result<Dictionary, HttpMessageError> {
    let damaged = |cause: String| HttpMessageError::Damaged { field, cause };
    if value.len() > DICTIONARY_OCTETS_MAX {
        return Err(damaged(format!("longer than {DICTIONARY_OCTETS_MAX} octets")));
    }
    let (dictionary, twice) = Parser::new(value)
        .parse_dictionary_with_visitor(UniqueKeys::default())
        .map_err(|error| damaged(error.to_string()))?;
    match twice {
        Some(key) => Err(HttpMessageError::Duplicate { field, key }),
        None => Ok(dictionary),
    }
}

#[derive(Default)]
struct UniqueKeys {
    dictionary: Dictionary,
    twice: Option<String>,
}

impl<'de> DictionaryVisitor<'de> for UniqueKeys {
    type Out = (Dictionary, Option<String>);
    type Error = std::convert::Infallible;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl EntryVisitor<'de>, Self::Error> {
        if self.dictionary.contains_key(key) && self.twice.is_none() {
            self.twice = Some(key.as_str().to_owned());
        }
        DictionaryVisitor::entry(&mut self.dictionary, key)
    }

    fn finish(self) -> Result<Self::Out, Self::Error> {
        Ok((self.dictionary, self.twice))
    }
}
