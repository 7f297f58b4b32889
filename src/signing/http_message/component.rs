//! Components of a signature: their identifiers, and their values taken from a message.
//! Source: RFC 9421, section 2. Trailers are not supported, as we neither send nor read any.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sfv::{BareItem, FieldType, Item, ListEntry, Parser};

use super::base::{field_lines, field_value};
use super::{HttpMessageError, MessageView, RequestView};

/// Fields whose structured type we know, for `sf`. Source: RFC 9421, RFC 9530, the Idempotency-Key draft.
const STRUCTURED_FIELDS: &[(&str, StructuredType)] = &[
    ("content-digest", StructuredType::Dictionary),
    ("idempotency-key", StructuredType::Item),
    ("repr-digest", StructuredType::Dictionary),
    ("signature", StructuredType::Dictionary),
    ("signature-input", StructuredType::Dictionary),
    ("want-content-digest", StructuredType::Dictionary),
    ("accept-signature", StructuredType::Dictionary),
];

#[derive(Clone, Copy)]
enum StructuredType {
    Dictionary,
    Item,
}

/// One covered component: a name and its parameters in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    item: Item,
    name: String,
}

impl Component {
    /// Parses the form used in profiles: a name and parameters, such as `content-digest`, `@method;req`,
    /// `@query-param;name="id"`. The name may stand in quotes, as it does in Signature-Input.
    pub fn parse(text: &str) -> Result<Component, HttpMessageError> {
        let quoted = match text.split_once(';') {
            _ if text.starts_with('"') => text.to_owned(),
            Some((name, parameters)) => format!("\"{name}\";{parameters}"),
            None => format!("\"{text}\""),
        };
        let item: Item = Parser::new(&quoted).parse().map_err(|_| HttpMessageError::Component {
            component: text.to_owned(),
            cause: "is not a component identifier",
        })?;
        Component::from_item(item)
    }

    /// Takes one member of the inner list of Signature-Input.
    pub(super) fn from_item(item: Item) -> Result<Component, HttpMessageError> {
        let name = match &item.bare_item {
            BareItem::String(name) => name.as_str().to_owned(),
            _ => {
                return Err(HttpMessageError::Component {
                    component: format!("{:?}", item.bare_item),
                    cause: "name is not a string",
                });
            }
        };
        let component = Component { item, name };
        component.check()?;
        Ok(component)
    }

    /// Name without quotes, lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The identifier as it stands in the signature base, such as `"@method";req`.
    pub fn identifier(&self) -> String {
        self.item.serialize()
    }

    pub(super) fn item(&self) -> &Item {
        &self.item
    }

    /// Whether both mean the same: same name and same parameters, in any order.
    pub fn same_as(&self, other: &Component) -> bool {
        // An index map compares as a set of pairs.
        self.name == other.name && self.item.params == other.item.params
    }

    /// Whether the whole field of that name is covered, from the message itself.
    pub(super) fn covers_field(&self, name: &str) -> bool {
        self.name == name && !self.has("key") && !self.has("req")
    }

    fn has(&self, parameter: &str) -> bool {
        self.item.params.contains_key(parameter)
    }

    fn text_parameter(&self, parameter: &str) -> Option<&str> {
        match self.item.params.get(parameter) {
            Some(BareItem::String(text)) => Some(text.as_str()),
            _ => None,
        }
    }

    fn refuse<T>(&self, cause: &'static str) -> Result<T, HttpMessageError> {
        Err(HttpMessageError::Component { component: self.identifier(), cause })
    }

    fn check(&self) -> Result<(), HttpMessageError> {
        let name_allowed = |letter: char| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || "!#$%&'*+-.^_`|~@".contains(letter)
        };
        if self.name.is_empty() || !self.name.chars().all(name_allowed) {
            return self.refuse("name is not lower case or has letters that no field name has");
        }
        for (parameter, value) in &self.item.params {
            let is_true = matches!(value, BareItem::Boolean(true));
            let is_text = matches!(value, BareItem::String(_));
            let derived = self.name.starts_with('@');
            let allowed = match parameter.as_str() {
                "req" => is_true,
                "sf" | "bs" => is_true && !derived,
                "key" => is_text && !derived,
                "name" => is_text && self.name == "@query-param",
                _ => false,
            };
            if !allowed {
                return self.refuse("has a parameter that is unknown, unsupported or of the wrong type");
            }
        }
        if self.has("bs") && (self.has("sf") || self.has("key")) {
            return self.refuse("combines bs with sf or key");
        }
        if self.name == "@signature-params" {
            return self.refuse("must not be listed");
        }
        Ok(())
    }

    /// The value of the component in a message.
    pub fn value(&self, message: &MessageView<'_>) -> Result<String, HttpMessageError> {
        let source = match (message, self.has("req")) {
            (MessageView::Response(response), true) => match response.request {
                Some(request) => MessageView::Request(request),
                None => return self.refuse("needs the request, which is not at hand"),
            },
            (MessageView::Request(_), true) => return self.refuse("has req, but the message is a request"),
            (_, false) => *message,
        };
        let value = match (&source, self.name.strip_prefix('@')) {
            (_, None) => self.field(source.headers())?,
            (MessageView::Response(response), Some("status")) => format!("{:03}", response.status),
            (MessageView::Request(request), Some(derived)) => self.derived(derived, request)?,
            (MessageView::Response(_), Some(_)) => return self.refuse("does not exist in a response"),
        };
        if !value.bytes().all(|octet| octet == b'\t' || (0x20..0x7f).contains(&octet)) {
            return self.refuse("value has octets other than printable ASCII");
        }
        Ok(value)
    }

    fn field(&self, headers: &[(String, String)]) -> Result<String, HttpMessageError> {
        let Some(joined) = field_value(headers, &self.name) else {
            return self.refuse("field is not in the message");
        };
        if self.has("bs") {
            let lines: Vec<String> =
                field_lines(headers, &self.name).map(|line| format!(":{}:", STANDARD.encode(line))).collect();
            return Ok(lines.join(", "));
        }
        if let Some(key) = self.text_parameter("key") {
            return self.member(&joined, key);
        }
        if self.has("sf") {
            return self.reserialised(&joined);
        }
        Ok(joined)
    }

    fn member(&self, joined: &str, key: &str) -> Result<String, HttpMessageError> {
        let Ok(dictionary) = Parser::new(joined).parse::<sfv::Dictionary>() else {
            return self.refuse("field is not a dictionary");
        };
        match dictionary.get(key) {
            // A list of one member serialises as that member alone, and as `?1` where a dictionary leaves it out.
            Some(member) => {
                let member: ListEntry = member.clone();
                Ok(vec![member].serialize().unwrap_or_default())
            }
            None => self.refuse("dictionary has no such key"),
        }
    }

    fn reserialised(&self, joined: &str) -> Result<String, HttpMessageError> {
        let kind = STRUCTURED_FIELDS.iter().find(|(name, _)| *name == self.name).map(|(_, kind)| *kind);
        let written = match kind {
            None => return self.refuse("field has no structured type that we know"),
            Some(StructuredType::Dictionary) => {
                Parser::new(joined).parse::<sfv::Dictionary>().ok().and_then(|parsed| parsed.serialize())
            }
            Some(StructuredType::Item) => {
                Parser::new(joined).parse::<Item>().ok().map(|parsed| parsed.serialize())
            }
        };
        match written {
            Some(text) => Ok(text),
            None => self.refuse("field is not of its structured type"),
        }
    }

    fn derived(&self, name: &str, request: &RequestView<'_>) -> Result<String, HttpMessageError> {
        if name == "method" {
            return Ok(request.method.to_owned());
        }
        let Some(uri) = Target::split(request.target_uri) else {
            return self.refuse("target URI is not an absolute http or https URI");
        };
        match name {
            "target-uri" => Ok(request.target_uri.to_owned()),
            "authority" => Ok(uri.authority()),
            "scheme" => Ok(uri.scheme),
            "request-target" => Ok(match uri.query {
                Some(query) => format!("{}?{query}", uri.path),
                None => uri.path.to_owned(),
            }),
            "path" => Ok(uri.path.to_owned()),
            "query" => Ok(format!("?{}", uri.query.unwrap_or_default())),
            "query-param" => self.query_parameter(uri.query.unwrap_or_default()),
            "status" => self.refuse("does not exist in a request"),
            _ => self.refuse("is not a derived component of RFC 9421"),
        }
    }

    /// Source: RFC 9421, section 2.2.8: decode as a form, then encode again; a name that occurs twice is refused.
    fn query_parameter(&self, query: &str) -> Result<String, HttpMessageError> {
        let Some(wanted) = self.text_parameter("name") else {
            return self.refuse("needs the parameter name");
        };
        let mut found = None;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if form_encode(&form_decode(name)) != wanted {
                continue;
            }
            if found.replace(form_encode(&form_decode(value))).is_some() {
                return self.refuse("query parameter occurs twice");
            }
        }
        match found {
            Some(value) => Ok(value),
            None => self.refuse("query parameter is not in the request"),
        }
    }
}

/// The parts of an absolute URI that signatures look at.
struct Target<'a> {
    scheme: String,
    host_port: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// User information and fragments are refused: no request line carries them.
    fn split(uri: &'a str) -> Option<Target<'a>> {
        let (scheme, rest) = uri.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") || rest.contains('#') {
            return None;
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host_port, rest) = rest.split_at(end);
        if host_port.is_empty() || host_port.contains('@') {
            return None;
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        Some(Target { scheme, host_port, path: if path.is_empty() { "/" } else { path }, query })
    }

    fn authority(&self) -> String {
        let lower = self.host_port.to_ascii_lowercase();
        let default_port = if self.scheme == "https" { ":443" } else { ":80" };
        lower.strip_suffix(default_port).map(str::to_owned).unwrap_or(lower)
    }
}

fn form_decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut octets = text.as_bytes().iter();
    while let Some(octet) = octets.next() {
        let ahead = octets.as_slice();
        match (*octet, ahead) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(hex_value(*high) << 4 | hex_value(*low));
                octets.nth(1);
            }
            (other, _) => decoded.push(other),
        }
    }
    decoded
}

fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}

/// Percent-encoding of everything that a form would encode, spaces as `%20`.
fn form_encode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for octet in octets {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                text.push(char::from(*octet))
            }
            _ => {
                text.push('%');
                text.push_str(&crate::signing::key::hex(&[*octet]).to_ascii_uppercase());
            }
        }
    }
    text
}
