//! Types that are made from others: chains of restrictions and extensions, from the last step up to where they begin. Knows no
//! content models.

use super::compile::{Compiler, DERIVATIONS_MAX, builtin_of, too_long};
use super::simple::narrow;
use super::tree::{Node, Space};
use super::{SchemaError, broken, unsupported};
use crate::schema::model::{AttributeRule, Content, Presence, Simple, TypeId};

/// Attributes in the order of the definition, on their way into a type.
type Attributes = Vec<AttributeRule>;

impl<'n> Compiler<'n> {
    /// The simple type that `xs:simpleType` defines, all steps of restriction taken together.
    pub(super) fn simple(&mut self, node: &'n Node) -> Result<Simple, SchemaError> {
        let mut steps = Vec::new();
        let mut current = node;
        let mut simple = loop {
            let step = only_child(current)?;
            if step.kind != "restriction" {
                return step.refused();
            }
            step.allow(&["base"])?;
            steps.push(step);
            if steps.len() > DERIVATIONS_MAX {
                return too_long(node.place, node.attribute("name").unwrap_or("here"));
            }
            let inline = step.children.iter().find(|child| child.kind == "simpleType");
            current = match (&step.reference, inline) {
                (Some(reference), None) => match reference.space {
                    Space::Schema => break builtin_of(step)?,
                    _ => self.simple_base(step)?,
                },
                (None, Some(inline)) => {
                    inline.allow(&[])?;
                    inline
                }
                (Some(_), Some(inline)) => return broken(inline.place, "a restriction of two types"),
                (None, None) => return broken(step.place, "a restriction without base"),
            };
        };
        for step in steps.iter().rev() {
            refuse_beside(step, &["simpleType"])?;
            simple = narrow(&simple, step, &mut self.patterns)?;
        }
        Ok(simple)
    }

    /// The simple type of this definition that a restriction names as its base.
    fn simple_base(&self, step: &'n Node) -> Result<&'n Node, SchemaError> {
        let Some(reference) = &step.reference else { return broken(step.place, "a step without base") };
        if let Space::Other(namespace) = &reference.space {
            return unsupported(step.place, format!("{} of namespace {namespace}", reference.local));
        }
        let base = self.definition(step, reference)?;
        if base.kind == "simpleType" {
            return Ok(base);
        }
        broken(step.place, format!("a simple type made from the complex type {}", reference.local))
    }

    /// The steps of `xs:simpleContent` from a type up to the simple type where they begin.
    fn text_steps(&self, first: &'n Node) -> Result<Vec<&'n Node>, SchemaError> {
        let mut steps = vec![first];
        loop {
            let step = *steps.last().unwrap_or(&first);
            step.allow(&["base"])?;
            let Some(reference) = &step.reference else { return broken(step.place, "a step without base") };
            if reference.space == Space::Schema {
                return Ok(steps);
            }
            if let Space::Other(namespace) = &reference.space {
                return unsupported(step.place, format!("{} of namespace {namespace}", reference.local));
            }
            let base = self.definition(step, reference)?;
            if base.kind == "simpleType" {
                return Ok(steps);
            }
            if steps.len() >= DERIVATIONS_MAX {
                return too_long(first.place, &reference.local);
            }
            steps.push(match base.children.as_slice() {
                [content] if content.kind == "simpleContent" => derivation(content)?,
                _ => {
                    return broken(
                        step.place,
                        format!("{} has no text that could be derived", reference.local),
                    );
                }
            });
        }
    }

    /// `xs:simpleContent`: text with attributes.
    pub(super) fn text_content(&mut self, owner: &str, content: &'n Node) -> Result<Content, SchemaError> {
        let own = derivation(content)?;
        let steps = self.text_steps(own)?;
        let origin = *steps.last().unwrap_or(&own);
        if origin.kind == "restriction" {
            return broken(origin.place, "a complex type that restricts a simple one");
        }
        let narrows = |step: &&&Node| step.kind == "restriction" && step.children.iter().any(is_facet);
        let base = match (steps.iter().find(narrows), &origin.reference) {
            (Some(step), _) => self.value_id(owner, step)?,
            (None, Some(reference)) => self.type_id(origin, reference)?,
            (None, None) => return broken(origin.place, "a step without base"),
        };
        if !self.is_simple(base) {
            return broken(origin.place, "an extension of a type without text");
        }
        let mut attributes = Attributes::new();
        for step in steps.iter().rev() {
            self.attributes(owner, step, &mut attributes)?;
        }
        Ok(Content::Extended { base, attributes })
    }

    /// What the text may be, from the simple type at the root through all restrictions down to `step`.
    pub(super) fn restricted_text(&mut self, step: &'n Node) -> Result<Simple, SchemaError> {
        let steps = self.text_steps(step)?;
        let origin = *steps.last().unwrap_or(&step);
        let is_builtin = origin.reference.as_ref().is_some_and(|reference| reference.space == Space::Schema);
        let mut simple = if is_builtin {
            builtin_of(origin)?
        } else {
            let base = self.simple_base(origin)?;
            self.simple(base)?
        };
        for step in steps.iter().rev().filter(|step| step.kind == "restriction") {
            refuse_beside(step, &["attribute"])?;
            simple = narrow(&simple, step, &mut self.patterns)?;
        }
        Ok(simple)
    }

    /// Adds the attributes of one step; those of a restriction replace what they restrict.
    fn attributes(&mut self, owner: &str, step: &'n Node, known: &mut Attributes) -> Result<(), SchemaError> {
        let mut named: Vec<&str> = Vec::new();
        for node in &step.children {
            match (node.kind, step.kind) {
                ("attribute", _) => {}
                (_, "restriction") if is_facet(node) => continue,
                _ => return node.refused(),
            }
            node.allow(&["name", "type", "use"])?;
            let name = node.required("name")?;
            if named.contains(&name) {
                return broken(node.place, format!("attribute {name} twice"));
            }
            named.push(name);
            let presence = match node.attribute("use") {
                Some("required") => Presence::Required,
                None | Some("optional") => Presence::Optional,
                Some("prohibited") if step.kind == "restriction" => {
                    known.retain(|rule| rule.name != name);
                    continue;
                }
                Some(other) => return unsupported(node.place, format!("use {other}")),
            };
            let kind = self.type_of(node, owner)?;
            if !self.is_simple(kind) {
                return broken(node.place, format!("attribute {name} of a complex type"));
            }
            put_attribute(AttributeRule { name: name.to_owned(), kind, presence }, (node, step), known)?;
        }
        Ok(())
    }

    /// The type that a `base` names, which an instance may replace by the derived one.
    pub(super) fn base_of(&mut self, step: &'n Node) -> Result<Option<TypeId>, SchemaError> {
        match &step.reference {
            Some(reference) if reference.space == Space::Own => self.type_id(step, reference).map(Some),
            Some(_) => Ok(None),
            None => broken(step.place, format!("xs:{} without base", step.kind)),
        }
    }

    /// The definition of the complex type that a step of `xs:complexContent` names as its base.
    pub(super) fn complex_base(&self, step: &'n Node) -> Result<&'n Node, SchemaError> {
        let Some(reference) = &step.reference else {
            return broken(step.place, format!("xs:{} without base", step.kind));
        };
        match &reference.space {
            Space::Own => {}
            Space::Schema => return unsupported(step.place, format!("base xs:{}", reference.local)),
            Space::Other(namespace) => {
                return unsupported(step.place, format!("{} of namespace {namespace}", reference.local));
            }
        }
        let base = self.definition(step, reference)?;
        let has_text = base.children.first().is_some_and(|content| content.kind == "simpleContent");
        if base.kind == "complexType" && !has_text {
            return Ok(base);
        }
        broken(step.place, format!("{} holds no elements that could be derived", reference.local))
    }
}

fn put_attribute(
    rule: AttributeRule,
    (node, step): (&Node, &Node),
    known: &mut Attributes,
) -> Result<(), SchemaError> {
    match known.iter_mut().find(|other| other.name == rule.name) {
        Some(other) if step.kind == "restriction" => {
            if other.presence == Presence::Required && rule.presence == Presence::Optional {
                return broken(node.place, format!("attribute {} is required by the base type", rule.name));
            }
            *other = rule;
        }
        Some(_) => return broken(node.place, format!("attribute {} twice", rule.name)),
        None if step.kind == "restriction" => {
            return broken(node.place, format!("attribute {} is unknown to the base type", rule.name));
        }
        None => known.push(rule),
    }
    Ok(())
}

/// The restriction or extension inside of `xs:simpleContent` or `xs:complexContent`.
pub(super) fn derivation(content: &Node) -> Result<&Node, SchemaError> {
    content.allow(&[])?;
    let step = only_child(content)?;
    if matches!(step.kind, "restriction" | "extension") { Ok(step) } else { step.refused() }
}

fn only_child(node: &Node) -> Result<&Node, SchemaError> {
    match node.children.as_slice() {
        [child] => Ok(child),
        [] => broken(node.place, format!("an empty xs:{}", node.kind)),
        [_, second, ..] => second.refused(),
    }
}

fn is_facet(node: &Node) -> bool {
    matches!(
        node.kind,
        "length"
            | "minLength"
            | "maxLength"
            | "pattern"
            | "enumeration"
            | "whiteSpace"
            | "totalDigits"
            | "fractionDigits"
            | "minInclusive"
            | "minExclusive"
            | "maxInclusive"
            | "maxExclusive"
    )
}

/// Refuses what is neither a facet nor one of these.
fn refuse_beside(step: &Node, kinds: &[&str]) -> Result<(), SchemaError> {
    let surplus = step.children.iter().find(|child| !is_facet(child) && !kinds.contains(&child.kind));
    surplus.map_or(Ok(()), Node::refused)
}
