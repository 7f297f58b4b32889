//! A definition as the generator sees it: read line by line from its restated text, without any of the code under test.

use std::collections::HashMap;

/// What the generator knows of a definition.
pub struct Definition {
    pub namespace: String,
    pub root: Element,
    types: HashMap<String, Kind>,
}

/// What an element of a type holds.
pub enum Kind {
    Simple(Values),
    /// Simple type of the text, and the attributes.
    Text(String, Vec<Attribute>),
    Elements(Vec<Particle>),
}

/// An attribute: its name, its type, whether it must stand.
type Attribute = (String, String, bool);

/// A simple type.
#[derive(Default)]
pub struct Values {
    pub base: String,
    /// Of each step of restriction, the outermost first.
    pub patterns: Vec<Vec<String>>,
    pub enumeration: Vec<String>,
    /// Other facets by name.
    pub facets: Vec<(String, String)>,
}

impl Values {
    pub fn facet(&self, name: &str) -> Option<&str> {
        self.facets.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        self.facet(name).and_then(|value| value.parse().ok())
    }
}

#[derive(Clone)]
pub struct Element {
    pub name: String,
    pub kind: String,
    pub min: usize,
    pub max: usize,
}

pub enum Particle {
    One(Element),
    Choice { min: usize, max: usize, of: Vec<Element> },
    Any { namespace: Option<String>, process: String, min: usize },
}

impl Definition {
    pub fn read(text: &str) -> Definition {
        let mut definition = Definition {
            namespace: String::new(),
            root: Element { name: String::new(), kind: String::new(), min: 1, max: 1 },
            types: HashMap::new(),
        };
        let mut lines = text.lines().map(Tag::read).peekable();
        while let Some(tag) = lines.next() {
            let name = tag.get("name").unwrap_or_default();
            match tag.name.as_str() {
                "schema" => definition.namespace = tag.get("targetNamespace").unwrap(),
                "element" => definition.root = tag.element(),
                "simpleType" | "complexType" => {
                    let mut body = Vec::new();
                    let end = format!("/{}", tag.name);
                    for inner in lines.by_ref() {
                        if inner.name == end && inner.level == tag.level {
                            break;
                        }
                        body.push(inner);
                    }
                    let kind = if tag.name == "simpleType" { simple(&body) } else { complex(&body) };
                    definition.types.insert(name, kind);
                }
                _ => {}
            }
        }
        definition
    }

    /// The type of a name; a built-in one has no facets.
    pub fn kind<'d>(&'d self, name: &str, spare: &'d mut Kind) -> &'d Kind {
        if let Some(base) = name.strip_prefix("xs:") {
            *spare = Kind::Simple(Values { base: base.to_owned(), ..Values::default() });
            return spare;
        }
        &self.types[name]
    }

    /// Every element that stands anywhere.
    pub fn elements(&self) -> Vec<&Element> {
        let mut elements = vec![&self.root];
        let mut names: Vec<&String> = self.types.keys().collect();
        names.sort();
        for name in names {
            let Kind::Elements(particles) = &self.types[name] else { continue };
            for particle in particles {
                match particle {
                    Particle::One(element) => elements.push(element),
                    Particle::Choice { of, .. } => elements.extend(of),
                    Particle::Any { .. } => {}
                }
            }
        }
        elements
    }

    /// Names of the types, for `xsi:type`.
    pub fn type_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.types.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}

/// One line of a restated definition.
struct Tag {
    level: usize,
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn read(line: &str) -> Tag {
        let trimmed = line.trim_start_matches(' ');
        let level = line.len() - trimmed.len();
        let inner = trimmed.trim_start_matches('<').replacen("xs:", "", 1);
        let (name, mut rest) = inner.split_at(inner.find([' ', '>']).unwrap_or(inner.len()));
        let mut attributes = Vec::new();
        while let Some((key, behind)) = rest.split_once("=\"") {
            let (value, behind) = behind.split_once('"').unwrap();
            attributes.push((key.trim().to_owned(), unescape(value)));
            rest = behind;
        }
        Tag { level, name: name.trim_end_matches('/').to_owned(), attributes }
    }

    fn get(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn count(&self, name: &str) -> usize {
        match self.get(name).as_deref() {
            None => 1,
            Some("unbounded") => usize::MAX,
            Some(number) => number.parse().unwrap(),
        }
    }

    fn element(&self) -> Element {
        Element {
            name: self.get("name").unwrap(),
            kind: self.get("type").unwrap(),
            min: self.count("minOccurs"),
            max: self.count("maxOccurs"),
        }
    }
}

fn unescape(value: &str) -> String {
    let plain = value.replace("&lt;", "<").replace("&quot;", "\"");
    plain.replace("&#9;", "\t").replace("&#10;", "\n").replace("&#13;", "\r").replace("&amp;", "&")
}

fn simple(body: &[Tag]) -> Kind {
    let mut values = Values::default();
    // Patterns of an inner step come before those of the outer one.
    let mut step = Vec::new();
    for tag in body {
        let value = tag.get("value").unwrap_or_default();
        match tag.name.as_str() {
            "restriction" => {
                if let Some(base) = tag.get("base") {
                    values.base = base.trim_start_matches("xs:").to_owned();
                }
            }
            "/restriction" => {
                let patterns: Vec<String> = std::mem::take(&mut step);
                if !patterns.is_empty() {
                    values.patterns.insert(0, patterns);
                }
            }
            "pattern" => step.push(value),
            "enumeration" => values.enumeration.push(value),
            "simpleType" | "/simpleType" => {}
            other => values.facets.push((other.to_owned(), value)),
        }
    }
    Kind::Simple(values)
}

fn complex(body: &[Tag]) -> Kind {
    let mut particles = Vec::new();
    let mut choice: Option<(usize, usize, Vec<Element>)> = None;
    let mut text: Option<(String, Vec<Attribute>)> = None;
    for tag in body {
        match tag.name.as_str() {
            "extension" => text = Some((tag.get("base").unwrap(), Vec::new())),
            "attribute" => {
                let required = tag.get("use").as_deref() == Some("required");
                let (_, attributes) = text.as_mut().unwrap();
                attributes.push((tag.get("name").unwrap(), tag.get("type").unwrap(), required));
            }
            "choice" => choice = Some((tag.count("minOccurs"), tag.count("maxOccurs"), Vec::new())),
            "/choice" => {
                let (min, max, of) = choice.take().unwrap();
                particles.push(Particle::Choice { min, max, of });
            }
            "element" => match &mut choice {
                Some((_, _, of)) => of.push(tag.element()),
                None => particles.push(Particle::One(tag.element())),
            },
            "any" => particles.push(Particle::Any {
                namespace: tag.get("namespace"),
                process: tag.get("processContents").unwrap(),
                min: tag.count("minOccurs"),
            }),
            "sequence" | "/sequence" | "simpleContent" | "/simpleContent" | "/extension" => {}
            other => panic!("{other} in a restated definition"),
        }
    }
    match text {
        Some((base, attributes)) => Kind::Text(base, attributes),
        None => Kind::Elements(particles),
    }
}
