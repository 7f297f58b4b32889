//! What the walk does with each event: where an element belongs, its attributes, its value. Hands out nothing itself.

use std::io::BufRead;

use super::{Frame, Mode, Namespace, Run, Validation, Walk};
use crate::schema::automaton::{self, Entry, Place};
use crate::schema::event::{ABSENT, Attribute, XSI, is_blank};
use crate::schema::facet::{self, PRIMITIVES};
use crate::schema::model::{Content, Presence, Process, Schema, SlotKind, Type, TypeId, WildcardNamespaces};
use crate::schema::xsd::XS;

impl<'s, R: BufRead> Walk<'s, R> {
    #[inline]
    pub(super) fn start(&mut self) {
        self.member = None;
        match (self.frames.last().map(|frame| frame.mode), self.validation) {
            (Some(Mode::Elements), Some(validation)) => self.start_child(validation),
            (None, _) => {
                self.frames.push(Frame::free(Mode::Free));
                if let Some(schema) = self.root.take() {
                    self.attach(schema, Namespace::Exact);
                }
            }
            (Some(Mode::Lax), Some(validation)) => self.start_lax(validation),
            (Some(Mode::Value | Mode::Builtin), _) => {
                self.start_free(Mode::Free);
                let name = self.scanner.local_name().to_owned();
                self.report(
                    "schema.unexpected_element",
                    format!("element {name} where only text is expected"),
                );
            }
            (Some(_), _) => self.start_free(Mode::Free),
        }
    }

    /// An element outside of any schema: only its run among equal siblings is counted.
    fn start_free(&mut self, mode: Mode) {
        let name = self.scanner.local_key();
        let mut frame = Frame::free(mode);
        let depth = self.frames.len();
        if let Some(parent) = self.frames.last_mut() {
            parent.has_child = true;
            let known = self.runs.pop_if(|run| run.depth == depth);
            let count = known.filter(|run| run.last == name).map_or(1, |run| run.count.saturating_add(1));
            self.runs.push(Run { depth, last: name, count });
            frame.index = if count > 1 { count } else { 0 };
        }
        self.frames.push(frame);
    }

    #[inline]
    fn start_child(&mut self, validation: Validation<'s>) {
        let schema = validation.schema;
        let Some(parent) = self.frames.last_mut() else { return };
        let name = self.scanner.local_name().as_bytes();
        let before = parent.place;
        let kind = parent.kind;
        let entry = if validation.covers(self.scanner.namespace()) {
            automaton::enter(schema, parent.members, &mut parent.place, (self.scanner.local_key(), name))
        } else {
            Entry::Unknown
        };
        let (Entry::Fits(index) | Entry::Early(index) | Entry::Surplus(index) | Entry::Late(index)) = entry
        else {
            return self.start_unknown(validation, kind, before);
        };
        let member = &schema.members[usize::from(index)];
        let shown =
            if member.repeatable && !matches!(entry, Entry::Late(_)) { parent.place.count } else { 0 };
        self.frames.push(Frame::of(schema, member.kind, shown));
        self.member = Some(index);
        if !matches!(entry, Entry::Fits(_)) {
            self.report_misplaced(schema, entry, kind, before);
        }
        self.check_attributes(member.kind);
    }

    /// An element that the content model does not name: let in by a wildcard, or a violation.
    fn start_unknown(&mut self, validation: Validation<'s>, kind: TypeId, before: Place) {
        let schema = validation.schema;
        if let [slot] = schema.slots_of(kind)
            && let SlotKind::Any(wildcard) = &slot.kind
        {
            return self.start_wild(validation, wildcard.process, &wildcard.namespaces, slot.max);
        }
        self.start_free(Mode::Free);
        let name = self.scanner.local_name();
        let namespace = self.scanner.namespaces().name(self.scanner.namespace());
        let place = match namespace {
            _ if validation.covers(self.scanner.namespace()) => String::new(),
            Some(namespace) => format!(" of namespace {namespace}"),
            None => " without namespace".to_owned(),
        };
        let text = format!("element {name}{place} is not known here; {}", expected(schema, kind, before));
        self.report("schema.unexpected_element", text);
    }

    fn start_wild(
        &mut self,
        validation: Validation<'s>,
        process: Process,
        namespaces: &WildcardNamespaces,
        max: u32,
    ) {
        let namespace = self.scanner.namespaces().name(self.scanner.namespace()).unwrap_or("");
        let admitted = match namespaces {
            WildcardNamespaces::Any => true,
            WildcardNamespaces::Listed(names) => names.iter().any(|name| name == namespace),
        };
        let Some(parent) = self.frames.last_mut() else { return };
        // A wildcard has no member; the count alone says how many elements it has let in.
        parent.place.count = parent.place.count.saturating_add(1);
        let fits = admitted && parent.place.count <= max;
        match (fits, process) {
            (true, Process::Lax) => self.start_lax(validation),
            (true, Process::Skip) => self.start_free(Mode::Free),
            (true, Process::Strict) => self.start_strict(validation),
            (false, _) => {
                self.start_free(Mode::Free);
                let name = self.scanner.local_name();
                let text =
                    format!("element {name} is one too many, or of a namespace that may not stand here");
                self.report("schema.unexpected_element", text);
            }
        }
    }

    /// An element inside of a lax wildcard: checked if the schema declares it globally.
    fn start_lax(&mut self, validation: Validation<'s>) {
        let schema = validation.schema;
        self.start_free(Mode::Lax);
        match schema.global(self.scanner.local_name()).filter(|_| validation.covers(self.scanner.namespace()))
        {
            Some(kind) => self.enter_type(kind),
            None => self.check_lax_attributes(validation),
        }
    }

    /// An element inside of a strict wildcard: the schema must declare it globally.
    fn start_strict(&mut self, validation: Validation<'s>) {
        self.start_free(Mode::Free);
        let global = validation.schema.global(self.scanner.local_name());
        match global.filter(|_| validation.covers(self.scanner.namespace())) {
            Some(kind) => self.enter_type(kind),
            None => {
                let name = self.scanner.local_name();
                let text = format!("element {name} is declared nowhere, which is demanded here");
                self.report("schema.unexpected_element", text);
            }
        }
    }

    /// Goes on checking the element that has just begun as one of type `kind`.
    fn enter_type(&mut self, kind: TypeId) {
        let Some(validation) = self.validation else { return };
        let index = self.frames.pop().map_or(0, |frame| frame.index);
        self.frames.push(Frame::of(validation.schema, kind, index));
        self.check_attributes(kind);
    }

    fn report_misplaced(&mut self, schema: &Schema, entry: Entry, kind: TypeId, before: Place) {
        let name = self.scanner.local_name();
        let expected = expected(schema, kind, before);
        let (code, text) = match entry {
            Entry::Early(_) => {
                ("schema.missing_element", format!("element {name} comes too early; {expected}"))
            }
            Entry::Late(_) => {
                ("schema.unexpected_element", format!("element {name} comes too late; {expected}"))
            }
            _ => ("schema.unexpected_element", format!("element {name} is one too many; {expected}")),
        };
        self.report(code, text);
    }

    #[inline]
    pub(super) fn check_attributes(&mut self, kind: TypeId) {
        let Some(validation) = self.validation else { return };
        let extended = matches!(validation.schema.type_at(kind).content, Content::Extended { .. });
        if extended || !self.scanner.attributes().is_empty() {
            self.check_each_attribute(validation, kind);
        }
    }

    fn check_each_attribute(&mut self, validation: Validation<'s>, declared: TypeId) {
        let schema = validation.schema;
        let kind = self.effective_type(validation, declared);
        let rules = match &schema.type_at(kind).content {
            Content::Extended { attributes, .. } => attributes.as_slice(),
            Content::Elements { .. } | Content::Simple(_) => &[],
        };
        for index in 0..self.scanner.attributes().len() {
            let attribute = self.scanner.attributes()[index];
            let name = self.scanner.attribute_name(&attribute);
            if attribute.namespace == XSI
                && matches!(name, "type" | "schemaLocation" | "noNamespaceSchemaLocation")
            {
                continue;
            }
            let rule = rules.iter().find(|rule| rule.name == name).filter(|_| attribute.namespace == ABSENT);
            let Some(rule) = rule else {
                let text = format!("attribute {name} is not known here");
                self.report("schema.attribute", text);
                continue;
            };
            if let Err(broken) = check_value(schema, rule.kind, self.scanner.attribute_value(&attribute)) {
                self.report(broken.code, format!("attribute {name}: {}", broken.text));
            }
        }
        for rule in rules.iter().filter(|rule| rule.presence == Presence::Required) {
            let stands = |attribute: &Attribute| {
                attribute.namespace == ABSENT && self.scanner.attribute_name(attribute) == rule.name
            };
            if !self.scanner.attributes().iter().any(stands) {
                self.report("schema.attribute", format!("attribute {} is missing", rule.name));
            }
        }
    }

    /// The type that `xsi:type` names, if it may stand for the declared one; the frame is changed accordingly.
    fn effective_type(&mut self, validation: Validation<'s>, declared: TypeId) -> TypeId {
        let Some(named) = self.type_attribute() else { return declared };
        match self.resolve_type(validation, &named) {
            Some(kind) if validation.schema.derives(kind, declared) => {
                if kind != declared {
                    let index = self.frames.pop().map_or(0, |frame| frame.index);
                    self.frames.push(Frame::of(validation.schema, kind, index));
                }
                kind
            }
            _ => {
                let name = &validation.schema.type_at(declared).name;
                self.report("schema.attribute", format!("xsi:type {named} does not stand for type {name}"));
                declared
            }
        }
    }

    fn type_attribute(&self) -> Option<String> {
        let is_type = |attribute: &&Attribute| {
            attribute.namespace == XSI && self.scanner.attribute_name(attribute) == "type"
        };
        let attribute = self.scanner.attributes().iter().find(is_type)?;
        Some(self.scanner.attribute_value(attribute).to_owned())
    }

    fn resolve_type(&self, validation: Validation<'s>, named: &str) -> Option<TypeId> {
        let (prefix, local) = named.split_once(':').unwrap_or(("", named));
        let namespace = match prefix {
            "" => self.scanner.namespaces().default_namespace(),
            prefix => self.scanner.namespaces().resolve(prefix)?,
        };
        validation.covers(namespace).then(|| validation.schema.type_named(local))?
    }

    /// `xsi:type` and `xsi:nil` are heeded even on elements that the schema does not declare.
    fn check_lax_attributes(&mut self, validation: Validation<'s>) {
        let Some(named) = self.type_attribute() else { return };
        if let Some(kind) = self.resolve_type(validation, &named) {
            return self.enter_type(kind);
        }
        match self.resolve_builtin(&named) {
            Some("anyType") => {}
            Some(name) if PRIMITIVES.iter().any(|(known, _)| *known == name) => {
                let index = PRIMITIVES.iter().position(|(known, _)| *known == name).unwrap_or(0);
                if let Some(frame) = self.frames.last_mut() {
                    (frame.mode, frame.kind) = (Mode::Builtin, index as TypeId);
                }
                self.check_builtin_attributes();
            }
            _ => {
                self.report("schema.attribute", format!("xsi:type {named} names no type that is known here"))
            }
        }
    }

    fn resolve_builtin<'n>(&self, named: &'n str) -> Option<&'n str> {
        let (prefix, local) = named.split_once(':').unwrap_or(("", named));
        let namespace = match prefix {
            "" => self.scanner.namespaces().default_namespace(),
            prefix => self.scanner.namespaces().resolve(prefix)?,
        };
        (self.scanner.namespaces().name(namespace) == Some(XS)).then_some(local)
    }

    /// A built-in type has no attributes of its own.
    fn check_builtin_attributes(&mut self) {
        for index in 0..self.scanner.attributes().len() {
            let attribute = self.scanner.attributes()[index];
            let name = self.scanner.attribute_name(&attribute);
            if attribute.namespace == XSI
                && matches!(name, "type" | "schemaLocation" | "noNamespaceSchemaLocation")
            {
                continue;
            }
            let text = format!("attribute {name} is not known here");
            self.report("schema.attribute", text);
        }
    }

    /// Takes the current text in; says whether it is to be delivered.
    #[inline]
    pub(super) fn text(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else { return false };
        let text = self.scanner.text();
        match frame.mode {
            Mode::Value => {
                frame.has_text = true;
                let (kind, whole) = (frame.kind, !frame.has_child && self.scanner.end_follows());
                if whole {
                    self.check_text(kind);
                }
                !self.scanner.text().is_empty()
            }
            Mode::Builtin => {
                frame.has_text = true;
                let checked = check_builtin(frame.kind, text);
                let delivered = !text.is_empty();
                self.report_broken(checked);
                delivered
            }
            Mode::Elements => {
                let blank = is_blank(text);
                let empty_type = frame.members.0 == frame.members.1 && self.is_empty_type();
                if !blank || empty_type || self.scanner.text_has_cdata() {
                    self.report("schema.text", "text where only elements are expected".to_owned());
                }
                !blank
            }
            Mode::Lax | Mode::Free => {
                !is_blank(text) || (!text.is_empty() && !frame.has_child && self.scanner.end_follows())
            }
        }
    }

    /// Whether the innermost element may hold nothing at all, not even white space.
    fn is_empty_type(&self) -> bool {
        match (self.frames.last(), self.validation) {
            (Some(frame), Some(validation)) => validation.schema.slots_of(frame.kind).is_empty(),
            _ => false,
        }
    }

    fn report_broken(&mut self, checked: Result<(), facet::Broken>) {
        if let Err(broken) = checked {
            self.report(broken.code, broken.text);
        }
    }

    #[inline]
    fn check_text(&mut self, kind: TypeId) {
        let Some(validation) = self.validation else { return };
        let checked = check_value(validation.schema, kind, self.scanner.text());
        self.report_broken(checked);
    }

    #[inline]
    pub(super) fn end(&mut self) {
        self.closing = true;
        let (Some(frame), Some(validation)) = (self.frames.last().copied(), self.validation) else { return };
        let schema = validation.schema;
        match frame.mode {
            Mode::Elements => {
                let ends = frame.members.0 == frame.members.1 && self.wildcard_is_filled(schema, frame)
                    || automaton::may_end(schema, frame.required, frame.place);
                if !ends {
                    let text =
                        format!("the content ends too early; {}", expected(schema, frame.kind, frame.place));
                    self.report("schema.missing_element", text);
                }
            }
            Mode::Value if !frame.has_text && !frame.has_child => {
                self.report_broken(check_value(schema, frame.kind, ""));
            }
            Mode::Builtin if !frame.has_text && !frame.has_child => {
                self.report_broken(check_builtin(frame.kind, ""))
            }
            Mode::Value | Mode::Builtin | Mode::Lax | Mode::Free => {}
        }
    }

    fn wildcard_is_filled(&self, schema: &Schema, frame: Frame) -> bool {
        match schema.slots_of(frame.kind) {
            [slot] => frame.place.count >= slot.min,
            _ => true,
        }
    }
}

fn expected(schema: &Schema, kind: TypeId, place: Place) -> String {
    match automaton::expected(schema, kind, place).as_slice() {
        [] => "expected no further element".to_owned(),
        names => format!("expected one of {}", names.join(", ")),
    }
}

/// Checks a value against a simple type, or against the simple type that a type with attributes extends.
#[inline]
pub(super) fn check_value(schema: &Schema, kind: TypeId, value: &str) -> Result<(), facet::Broken> {
    check_value_of(schema, schema.type_at(kind), value)
}

/// The same for a type that was looked up.
#[inline]
pub(super) fn check_value_of(schema: &Schema, kind: &Type, value: &str) -> Result<(), facet::Broken> {
    let mut content = &kind.content;
    if let Content::Extended { base, .. } = content {
        content = &schema.type_at(*base).content;
    }
    match content {
        Content::Simple(simple) => facet::check(simple.primitive, &simple.facets, value),
        Content::Elements { .. } | Content::Extended { .. } => Ok(()),
    }
}

/// Checks a value against the built-in type at an index of `PRIMITIVES`.
fn check_builtin(index: TypeId, value: &str) -> Result<(), facet::Broken> {
    match PRIMITIVES.get(usize::from(index)) {
        Some((_, primitive)) => facet::check(*primitive, &facet::Facets::default(), value),
        None => Ok(()),
    }
}
