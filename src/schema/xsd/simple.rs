//! Simple types: built-in bases and the facets that each step of a restriction adds. Knows values, never elements.

use std::collections::HashMap;

use super::tree::Node;
use super::{SchemaError, broken, unsupported};
use crate::schema::facet::{self, Bound, Facets, Primitive};
use crate::schema::lexical;
use crate::schema::model::{Name, Simple};
use crate::schema::pattern::Pattern;

/// A built-in type that may be restricted or used as it is: its name, what it is made of, its least and its greatest value.
type Builtin = (&'static str, Primitive, Option<&'static str>, Option<&'static str>);

/// Source: XML Schema 1.0 part 2, section 3.
const BUILTINS: &[Builtin] = &[
    ("string", Primitive::String, None, None),
    ("normalizedString", Primitive::NormalizedString, None, None),
    ("token", Primitive::Token, None, None),
    ("decimal", Primitive::Decimal, None, None),
    ("boolean", Primitive::Boolean, None, None),
    ("date", Primitive::Date, None, None),
    ("dateTime", Primitive::DateTime, None, None),
    ("time", Primitive::Time, None, None),
    ("gYear", Primitive::GYear, None, None),
    ("gYearMonth", Primitive::GYearMonth, None, None),
    ("base64Binary", Primitive::Base64Binary, None, None),
    ("integer", Primitive::Integer, None, None),
    ("nonNegativeInteger", Primitive::Integer, Some("0"), None),
    ("positiveInteger", Primitive::Integer, Some("1"), None),
    ("nonPositiveInteger", Primitive::Integer, None, Some("0")),
    ("negativeInteger", Primitive::Integer, None, Some("-1")),
    ("long", Primitive::Integer, Some("-9223372036854775808"), Some("9223372036854775807")),
    ("int", Primitive::Integer, Some("-2147483648"), Some("2147483647")),
    ("short", Primitive::Integer, Some("-32768"), Some("32767")),
    ("byte", Primitive::Integer, Some("-128"), Some("127")),
    ("unsignedLong", Primitive::Integer, Some("0"), Some("18446744073709551615")),
    ("unsignedInt", Primitive::Integer, Some("0"), Some("4294967295")),
    ("unsignedShort", Primitive::Integer, Some("0"), Some("65535")),
    ("unsignedByte", Primitive::Integer, Some("0"), Some("255")),
];

/// A built-in type without further facets.
pub(super) fn builtin(name: &str) -> Option<Simple> {
    let (_, primitive, least, greatest) = BUILTINS.iter().find(|(known, ..)| *known == name)?;
    let mut facets = Facets::default();
    let least = least.map(|value| (Bound::MinInclusive, value.to_owned()));
    let greatest = greatest.map(|value| (Bound::MaxInclusive, value.to_owned()));
    facets.bounds = least.into_iter().chain(greatest).collect();
    Some(Simple { primitive: *primitive, facets })
}

/// Patterns that were translated already: those of a base come again with each type that is derived from it.
pub(super) type Patterns<'n> = HashMap<&'n str, Pattern>;

/// The type that one restriction makes of another. Children that are no facets are passed over: the caller has seen to them.
pub(super) fn narrow<'n>(
    base: &Simple,
    step: &'n Node,
    patterns: &mut Patterns<'n>,
) -> Result<Simple, SchemaError> {
    let mut own = Own { base, primitive: base.primitive, facets: Facets::default() };
    for child in step.children.iter().filter(|child| !matches!(child.kind, "simpleType" | "attribute")) {
        child.allow(&["value"])?;
        child.allow_nothing_inside()?;
        own.add(child, patterns)?;
    }
    own.join(step)
}

/// The facets of one step of restriction, on their way into a type.
struct Own<'b> {
    base: &'b Simple,
    primitive: Primitive,
    facets: Facets,
}

impl Own<'_> {
    fn add<'n>(&mut self, node: &'n Node, patterns: &mut Patterns<'n>) -> Result<(), SchemaError> {
        let value = node.required("value")?;
        let text =
            matches!(self.primitive, Primitive::String | Primitive::NormalizedString | Primitive::Token);
        let measured = text || self.primitive == Primitive::Base64Binary;
        let decimal = matches!(self.primitive, Primitive::Decimal | Primitive::Integer);
        let (facets, base) = (&mut self.facets, &self.base.facets);
        match node.kind {
            "length" if measured => set(&mut facets.length, node, None),
            "minLength" if measured => set(&mut facets.min_length, node, None),
            "maxLength" if measured => set(&mut facets.max_length, node, base.max_length),
            "totalDigits" if decimal => set(&mut facets.total_digits, node, base.total_digits),
            "fractionDigits" if decimal => set(&mut facets.fraction_digits, node, base.fraction_digits),
            "pattern" => {
                let known = patterns.get(value).cloned();
                let pattern = known.map_or_else(|| Pattern::parse(value), Ok);
                let pattern = match pattern {
                    Ok(pattern) => pattern,
                    Err(reason) => return unsupported(node.place, format!("pattern {value}: {reason}")),
                };
                patterns.insert(value, pattern.clone());
                facets.patterns.push(pattern);
                Ok(())
            }
            "enumeration" if text => self.enumerate(node, value),
            "whiteSpace" => self.space(node, value),
            kind => match bound_of(kind).filter(|_| decimal) {
                Some(bound) => self.bound(bound, node, value),
                None if facet_kind(kind) => {
                    unsupported(node.place, format!("xs:{kind} on xs:{}", self.primitive.name()))
                }
                None => node.refused(),
            },
        }
    }

    /// An enumerated value must be one of the base type.
    fn enumerate(&mut self, node: &Node, value: &str) -> Result<(), SchemaError> {
        if let Err(why) = facet::check(self.base.primitive, &self.base.facets, value) {
            let text = format!("enumerated value '{value}' is none of the base type: {}", why.text);
            return broken(node.place, text);
        }
        let value = match self.primitive {
            Primitive::Token => lexical::collapse(value),
            Primitive::NormalizedString => lexical::replace(value),
            _ => value.into(),
        };
        self.facets.enumeration.push(Name::new(&value));
        Ok(())
    }

    fn space(&mut self, node: &Node, value: &str) -> Result<(), SchemaError> {
        let rank = |primitive: Primitive| match primitive {
            Primitive::String => Some(0),
            Primitive::NormalizedString => Some(1),
            Primitive::Token => Some(2),
            _ => None,
        };
        let (wanted, primitive) = match value {
            "preserve" => (0, Primitive::String),
            "replace" => (1, Primitive::NormalizedString),
            "collapse" => (2, Primitive::Token),
            other => return broken(node.place, format!("whiteSpace {other}")),
        };
        match rank(self.base.primitive) {
            Some(known) if known <= wanted => self.primitive = primitive,
            // All other types collapse in any case.
            None if wanted == 2 => {}
            _ => return broken(node.place, format!("whiteSpace {value} takes back what the base type says")),
        }
        Ok(())
    }

    fn bound(&mut self, bound: Bound, node: &Node, value: &str) -> Result<(), SchemaError> {
        let value = lexical::trim(value);
        if let Err(why) = facet::check(self.base.primitive, &self.base.facets, value) {
            return broken(
                node.place,
                format!("{} {value} is no value of the base type: {}", node.kind, why.text),
            );
        }
        if self.facets.bounds.iter().any(|(known, _)| *known == bound) {
            return broken(node.place, format!("xs:{} twice", node.kind));
        }
        self.facets.bounds.push((bound, value.to_owned()));
        Ok(())
    }

    /// Puts what the base demands beside what the step demands.
    fn join(self, step: &Node) -> Result<Simple, SchemaError> {
        let base = &self.base.facets;
        let mut facets = self.facets;
        for (bound, value) in &base.bounds {
            if !facets.bounds.iter().any(|(own, _)| own == bound) {
                facets.bounds.push((*bound, value.clone()));
            }
        }
        facets.bounds.sort();
        if facets.min_length.zip(base.min_length).is_some_and(|(own, base)| own < base) {
            return broken(step.place, "minLength below that of the base type");
        }
        if facets.length.zip(base.length).is_some_and(|(own, base)| own != base) {
            return broken(step.place, "length other than that of the base type");
        }
        facets.length = facets.length.or(base.length);
        facets.min_length = facets.min_length.or(base.min_length);
        facets.max_length = facets.max_length.or(base.max_length);
        facets.total_digits = facets.total_digits.or(base.total_digits);
        facets.fraction_digits = facets.fraction_digits.or(base.fraction_digits);
        if facets.min_length.zip(facets.max_length).is_some_and(|(min, max)| min > max) {
            return broken(step.place, "minLength above maxLength");
        }
        if facets.fraction_digits.zip(facets.total_digits).is_some_and(|(fraction, total)| fraction > total) {
            return broken(step.place, "fractionDigits above totalDigits");
        }
        if facets.enumeration.is_empty() {
            facets.enumeration = base.enumeration.clone();
        }
        // Within a step one pattern suffices; each step must be satisfied.
        facets.further_patterns = base.further_patterns.clone();
        if facets.patterns.is_empty() {
            facets.patterns = base.patterns.clone();
        } else if !base.patterns.is_empty() {
            facets.further_patterns.push(base.patterns.clone());
        }
        Ok(Simple { primitive: self.primitive, facets })
    }
}

fn bound_of(kind: &str) -> Option<Bound> {
    Some(match kind {
        "minInclusive" => Bound::MinInclusive,
        "minExclusive" => Bound::MinExclusive,
        "maxInclusive" => Bound::MaxInclusive,
        "maxExclusive" => Bound::MaxExclusive,
        _ => return None,
    })
}

fn facet_kind(kind: &str) -> bool {
    bound_of(kind).is_some()
        || matches!(
            kind,
            "length" | "minLength" | "maxLength" | "totalDigits" | "fractionDigits" | "enumeration"
        )
}

/// Sets a facet once, to no more than the base type has.
fn set(facet: &mut Option<u64>, node: &Node, most: Option<u64>) -> Result<(), SchemaError> {
    let value = lexical::trim(node.required("value")?);
    match value.parse() {
        Ok(number) if most.is_some_and(|most| number > most) => {
            broken(node.place, format!("xs:{} {value} is more than the base type has", node.kind))
        }
        Ok(number) if facet.replace(number).is_none() => Ok(()),
        Ok(_) => broken(node.place, format!("xs:{} twice", node.kind)),
        Err(_) => broken(node.place, format!("xs:{} {value}", node.kind)),
    }
}
