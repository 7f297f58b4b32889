//! Content models: sequences, choices and wildcards as slots and members. Knows no values.

use super::compile::{Compiler, DERIVATIONS_MAX, index, too_long};
use super::derive::derivation;
use super::tree::Node;
use super::{SchemaError, broken, unsupported};
use crate::schema::model::{
    Content, Member, MemberId, Name, Process, Shape, Slot, SlotKind, TypeId, Wildcard, WildcardNamespaces,
};

impl<'n> Compiler<'n> {
    /// The content of a complex type, and the type that it is derived from.
    pub(super) fn complex_type(
        &mut self,
        name: &str,
        node: &'n Node,
    ) -> Result<(Content, Option<TypeId>), SchemaError> {
        node.allow(&["name"])?;
        match node.children.as_slice() {
            [inner] if inner.kind == "simpleContent" => {
                let content = self.text_content(name, inner)?;
                // A type that adds attributes to a simple one is derived from it.
                Ok((content, self.base_of(derivation(inner)?)?))
            }
            [inner] if inner.kind == "complexContent" => {
                let particles = self.particles(node)?;
                let content = self.model(name, node, &particles)?;
                Ok((content, self.base_of(derivation(inner)?)?))
            }
            _ => Ok((self.model(name, node, &own_particle(node)?)?, None)),
        }
    }

    /// The particles of a derived type: a restriction says them all again, an extension adds to those of its base. The whole chain
    /// is walked, so that no type is made from itself.
    fn particles(&self, node: &'n Node) -> Result<Vec<&'n Node>, SchemaError> {
        let mut particles = Vec::new();
        let mut complete = false;
        let mut current = node;
        for _ in 0..DERIVATIONS_MAX {
            let step = match current.children.as_slice() {
                [content] if content.kind == "complexContent" => Some(derivation(content)?),
                _ => None,
            };
            if !complete {
                particles.extend(own_particle(step.unwrap_or(current))?);
            }
            let Some(step) = step else {
                particles.reverse();
                return Ok(particles);
            };
            step.allow(&["base"])?;
            complete |= step.kind == "restriction";
            current = self.complex_base(step)?;
        }
        too_long(node.place, node.attribute("name").unwrap_or("here"))
    }

    /// One particle after the other, as slots.
    fn model(&mut self, owner: &str, node: &'n Node, particles: &[&'n Node]) -> Result<Content, SchemaError> {
        let start = (self.slots.len(), self.members.len());
        let mut shape = Shape::Sequence;
        for particle in particles {
            if particle.kind == "sequence" {
                self.sequence(owner, particle)?;
            } else {
                self.choice(owner, particle)?;
                if particles.len() == 1 {
                    shape = Shape::Choice;
                }
            }
        }
        self.finish(start, shape, node)
    }

    fn sequence(&mut self, owner: &str, node: &'n Node) -> Result<(), SchemaError> {
        node.allow(&["minOccurs", "maxOccurs"])?;
        if node.occurrence()? != (1, 1) {
            return unsupported(node.place, "a sequence that may be left out or repeated");
        }
        for child in &node.children {
            match child.kind {
                "element" => {
                    let (min, max) = child.occurrence()?;
                    let first = index(self.members.len(), child)?;
                    self.member(owner, child)?;
                    if max > 0 {
                        self.slot(SlotKind::Element, (min, max), first, child)?;
                    }
                }
                "choice" => self.choice(owner, child)?,
                "any" => self.wildcard(child, node)?,
                _ => return child.refused(),
            }
        }
        Ok(())
    }

    fn choice(&mut self, owner: &str, node: &'n Node) -> Result<(), SchemaError> {
        node.allow(&["minOccurs", "maxOccurs"])?;
        let (min, max) = node.occurrence()?;
        let first = index(self.members.len(), node)?;
        for child in &node.children {
            if child.kind != "element" {
                return child.refused();
            }
            let known = self.members.len();
            self.member(owner, child)?;
            if max > 1 && self.members.len() > known {
                if child.occurrence()? != (1, 1) {
                    return unsupported(child.place, "occurrence within a repeated choice");
                }
                // A repeated choice counts all alternatives together.
                if let Some(member) = self.members.last_mut() {
                    (member.min, member.max, member.repeatable) = (min, max, true);
                }
            }
        }
        if max == 0 {
            self.members.truncate(usize::from(first));
            return Ok(());
        }
        if self.members.len() == usize::from(first) {
            return broken(node.place, "an empty choice");
        }
        self.slot(SlotKind::Choice, (min, max), first, node)
    }

    fn wildcard(&mut self, node: &'n Node, parent: &'n Node) -> Result<(), SchemaError> {
        node.allow(&["minOccurs", "maxOccurs", "namespace", "processContents"])?;
        node.allow_nothing_inside()?;
        if parent.children.len() != 1 {
            return unsupported(node.place, "xs:any beside other particles");
        }
        let namespaces = match node.attribute("namespace") {
            None | Some("##any") => WildcardNamespaces::Any,
            Some(list) if list.contains("##") => return unsupported(node.place, format!("namespace {list}")),
            Some(list) => WildcardNamespaces::Listed(list.split(' ').map(str::to_owned).collect()),
        };
        let process = match node.attribute("processContents") {
            Some("lax") => Process::Lax,
            Some("skip") => Process::Skip,
            None | Some("strict") => Process::Strict,
            Some(other) => return broken(node.place, format!("processContents {other}")),
        };
        let occurrence = node.occurrence()?;
        if occurrence.1 == 0 {
            return Ok(());
        }
        let first = index(self.members.len(), node)?;
        self.slot(SlotKind::Any(Wildcard { namespaces, process }), occurrence, first, node)
    }

    /// Adds an element, unless it may not occur.
    fn member(&mut self, owner: &str, node: &'n Node) -> Result<(), SchemaError> {
        let (min, max) = node.occurrence()?;
        let (kind, name) = match (&node.reference, node.attribute("ref")) {
            (Some(reference), Some(_)) => {
                node.allow(&["ref", "minOccurs", "maxOccurs"])?;
                node.allow_nothing_inside()?;
                let global = self.element(node, reference)?;
                (self.type_of(global, "")?, global.required("name")?)
            }
            _ => {
                node.allow(&["name", "type", "minOccurs", "maxOccurs"])?;
                (self.type_of(node, owner)?, node.required("name")?)
            }
        };
        if max > 0 {
            let name = Name::new(name);
            self.members.push(Member {
                name,
                kind,
                min,
                max,
                slot: 0,
                needs: 0,
                rescan: 0,
                repeatable: max > 1,
            });
        }
        Ok(())
    }

    fn slot(
        &mut self,
        kind: SlotKind,
        (min, max): (u32, u32),
        first: MemberId,
        node: &'n Node,
    ) -> Result<(), SchemaError> {
        let end = index(self.members.len(), node)?;
        self.slots.push(Slot { kind, min, max, first, end });
        Ok(())
    }

    /// Closes a content model: numbers its slots and works out what each member needs before it.
    fn finish(
        &mut self,
        start: (usize, usize),
        shape: Shape,
        node: &'n Node,
    ) -> Result<Content, SchemaError> {
        let (first_slot, first) = (index(start.0, node)?, index(start.1, node)?);
        let (end_slot, end) = (index(self.slots.len(), node)?, index(self.members.len(), node)?);
        let mut required: u16 = 0;
        for (number, slot) in (1..).zip(&self.slots[start.0..]) {
            if end_slot - first_slot > 1 && matches!(slot.kind, SlotKind::Any(_)) {
                return unsupported(node.place, "xs:any beside other particles");
            }
            for member in &mut self.members[usize::from(slot.first)..usize::from(slot.end)] {
                (member.slot, member.needs, member.rescan) = (number, required, slot.first);
            }
            if !slot.is_optional(&self.members) {
                required = number;
            }
        }
        let mut known = std::collections::HashSet::new();
        for member in &self.members[start.1..] {
            if !known.insert(member.name.text()) {
                let name = member.name.text();
                return unsupported(node.place, format!("element {name} twice in one content model"));
            }
        }
        Ok(Content::Elements { shape, first_slot, end_slot, first, end, required })
    }
}

/// The one sequence or choice of a type or of a step; none if it holds nothing.
fn own_particle(node: &Node) -> Result<Vec<&Node>, SchemaError> {
    match node.children.as_slice() {
        [] => Ok(Vec::new()),
        [particle] if matches!(particle.kind, "sequence" | "choice") => Ok(vec![particle]),
        [particle, second, ..] if matches!(particle.kind, "sequence" | "choice") => second.refused(),
        [other, ..] => other.refused(),
    }
}
