//! Random documents: well-formed with namespaces, using all of XML 1.0 but document types; and the same, slightly
//! broken. Knows the grammar, never our scanner. What is made from one seed is always the same.

use super::random::Random;

/// Ends and beginnings of the ranges of XML 1.0 (fifth edition), production 4, and their neighbours inside.
const NAME_STARTS: &str = "AZ_az\u{C0}\u{D6}\u{D8}\u{F6}\u{F8}\u{2FF}\u{370}\u{37D}\u{37F}\u{1FFF}\u{200C}\u{200D}\u{2070}\u{218F}\u{2C00}\u{2FEF}\u{3001}\u{D7FF}\u{F900}\u{FDCF}\u{FDF0}\u{FFFD}\u{10000}\u{EFFFF}é中";
/// The same of production 4a, beyond those above.
const NAME_PARTS: &str = "-.09\u{B7}\u{300}\u{36F}\u{203F}\u{2040}";
/// Characters just outside of both; some of them are none of XML at all.
pub const NO_NAMES: &str = "\u{BF}\u{D7}\u{F7}\u{37E}\u{2000}\u{200B}\u{200E}\u{2041}\u{206F}\u{2190}\u{2BFF}\u{2FF0}\u{3000}\u{E000}\u{F8FF}\u{FDD0}\u{FDEF}\u{FFFE}\u{FFFF}\u{F0000}\u{10FFFF}@[`{/^,;!$%()*+=|~?";
/// Characters of text, written as they are.
const LETTERS: &str = "abcXYZ 019.,:;!?-_/\\()[]{}*+#'\"=>%$§äöüßéñłşİ€中文字אבגعربไทย\u{7F}\u{85}\u{A0}\u{AD}\u{300}\u{301}\u{200B}\u{200D}\u{2028}\u{202E}\u{2066}\u{D7FF}\u{E000}\u{FDD0}\u{FEFF}\u{FFFD}😀👨🏽\u{1F1E9}\u{10FFFF}\u{1FFFE}";
/// White space in text and attributes.
const BLANKS: &[&str] = &[" ", "\n", "\t", "\r\n", "\r", "  ", "\n\n", "\r\r\n", "\n\r"];
const NAMESPACES: &[&str] = &[
    "urn:a",
    "urn:b",
    "urn:c:d",
    "http://example.org/n?x=1",
    "tag:example.org,2026:x",
    "urn:iso:std:iso:20022",
];
const PREFIXES: &[&str] = &["p", "q", "ns2", "é", "_", "P", "xs"];
const REFERENCES: &[&str] = &[
    "&lt;",
    "&gt;",
    "&amp;",
    "&quot;",
    "&apos;",
    "&#65;",
    "&#x41;",
    "&#x1F600;",
    "&#10;",
    "&#13;",
    "&#9;",
    "&#32;",
    "&#xD7FF;",
    "&#xE000;",
    "&#xFFFD;",
    "&#x10FFFF;",
    "&#0000038;",
    "&#x00003C;",
    "&#xe9;",
    "&#xE9;",
    "&#x85;",
];

/// XML declarations, each right.
pub const DECLARATIONS: &[&str] = &[
    "<?xml version='1.0'?>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
    "<?xml  version = \"1.0\"\n\tencoding = 'utf-8' standalone='yes' ?>\r\n",
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n",
];

/// What a document is made of.
#[derive(Clone, Copy)]
pub struct Taste {
    /// Deepest nesting.
    pub depth: usize,
    /// Names and text beyond ASCII.
    pub beyond_ascii: bool,
}

struct Maker<'r> {
    random: &'r mut Random,
    taste: Taste,
    out: String,
    /// Prefixes and their namespaces, innermost last; the default namespace has the empty prefix.
    scope: Vec<(String, String)>,
    left: usize,
}

/// A well-formed document without XML declaration.
pub fn body(random: &mut Random, taste: Taste) -> String {
    let left = 1 + random.below(24);
    let mut maker = Maker { random, taste, out: String::new(), scope: Vec::new(), left };
    maker.beside();
    maker.element(0);
    maker.beside();
    maker.out
}

/// A well-formed document in UTF-8, perhaps with byte order mark and declaration.
pub fn document(random: &mut Random) -> String {
    let taste = Taste { depth: 12, beyond_ascii: random.below(3) > 0 };
    let body = body(random, taste);
    let mark = if random.below(5) == 0 { "\u{FEFF}" } else { "" };
    let declaration = if random.below(2) == 0 { "" } else { *random.pick(DECLARATIONS) };
    format!("{mark}{declaration}{body}")
}

impl Maker<'_> {
    fn chance(&mut self, of: usize) -> bool {
        self.random.below(of) == 0
    }

    fn character(&mut self, from: &str) -> char {
        let index = self.random.below(from.chars().count());
        from.chars().nth(index).unwrap()
    }

    fn name(&mut self) -> String {
        if !self.taste.beyond_ascii || self.chance(2) {
            return (*self.random.pick(&["a", "b", "Amt", "x-1", "y.z", "_", "Document", "Id", "xmlish"]))
                .to_owned();
        }
        let mut name = self.character(NAME_STARTS).to_string();
        for _ in 0..self.random.below(4) {
            let from = if self.chance(2) { NAME_STARTS } else { NAME_PARTS };
            name.push(self.character(from));
        }
        // Names that begin so are reserved.
        if name.to_lowercase().starts_with("xml") { format!("_{name}") } else { name }
    }

    /// Comments, instructions and white space around the root.
    fn beside(&mut self) {
        for _ in 0..self.random.below(3) {
            match self.random.below(3) {
                0 => self.comment(),
                1 => self.instruction(),
                _ => self.blank(),
            }
        }
    }

    fn blank(&mut self) {
        let blank = *self.random.pick(BLANKS);
        self.out.push_str(blank);
    }

    fn letters(&mut self, without: &str) -> String {
        let mut text = String::new();
        for _ in 0..self.random.below(9) {
            let letter = self.character(LETTERS);
            let letter = if self.taste.beyond_ascii || letter.is_ascii() { letter } else { 'n' };
            if !without.contains(letter) {
                text.push(letter);
            }
            if self.chance(6) {
                text.push_str(self.random.pick::<&str>(BLANKS));
            }
        }
        text
    }

    fn comment(&mut self) {
        let text = self.letters("-");
        let inside =
            *self.random.pick(&["", " - ", "<a>", "&x;", "]]>", "<!DOCTYPE", "?>", "<![CDATA[", "-a"]);
        self.out.push_str(&format!("<!--{inside}{text}-->"));
    }

    fn instruction(&mut self) {
        let target = self.name();
        let text = self.letters("?>");
        let inside = *self.random.pick(&["", "?", "<a>", "&x;", "--", "> ", "<?", "version=\"1.0\""]);
        match self.random.below(3) {
            0 => self.out.push_str(&format!("<?{target}?>")),
            1 => self.out.push_str(&format!("<?{target} {inside}{text}?>")),
            _ => self.out.push_str(&format!("<?{target}\n\t {text}{inside} ?>")),
        }
    }

    fn section(&mut self) {
        let text = self.letters("]");
        let inside = *self.random.pick(&["", "<a>", "&amp;", "]]", "]", "-->", "<![CDATA[", "]>", "] ]>"]);
        self.out.push_str(&format!("<![CDATA[{text}{inside}]]>"));
    }

    fn content(&mut self, depth: usize) {
        for _ in 0..self.random.below(6) {
            match self.random.below(12) {
                0 => self.comment(),
                1 => self.instruction(),
                2 => self.section(),
                3 => self.blank(),
                4 | 5 => {
                    let reference = *self.random.pick(REFERENCES);
                    self.out.push_str(reference);
                }
                6 => {
                    let text = *self.random.pick(&["]]", "]", ">", "]] >", "]]&gt;", "--", "?>"]);
                    self.text(text);
                }
                7 | 8 => {
                    let text = self.letters("<&");
                    self.text(&text);
                }
                _ if depth < self.taste.depth && self.left > 0 => self.element(depth),
                _ => {}
            }
        }
    }

    /// Text as it stands, but for the end of a CDATA section, which no text may hold.
    fn text(&mut self, text: &str) {
        for letter in text.chars() {
            if letter == '>' && self.out.ends_with("]]") {
                self.out.push_str("&gt;");
            } else {
                self.out.push(letter);
            }
        }
    }

    fn element(&mut self, depth: usize) {
        self.left = self.left.saturating_sub(1);
        let outer = self.scope.len();
        let mut attributes = self.declarations();
        let name = self.qualified(true);
        self.add_attributes(&mut attributes);
        self.out.push_str(&format!("<{name}"));
        // Order among attributes means nothing, so any will do.
        while !attributes.is_empty() {
            let index = self.random.below(attributes.len());
            let attribute = attributes.swap_remove(index);
            let space = *self.random.pick(&[" ", " ", " ", "\n", "\t ", "\r\n"]);
            self.out.push_str(space);
            self.out.push_str(&attribute);
        }
        let space = *self.random.pick(&["", "", "", " ", "\n"]);
        self.out.push_str(space);
        if self.chance(4) {
            self.out.push_str("/>");
        } else {
            self.out.push('>');
            self.content(depth + 1);
            self.out.push_str(&format!("</{name}{space}>"));
        }
        self.scope.truncate(outer);
    }

    fn declarations(&mut self) -> Vec<String> {
        let mut attributes = Vec::new();
        if self.chance(4) {
            let namespace = if self.chance(3) { "" } else { *self.random.pick(NAMESPACES) };
            self.scope.push((String::new(), namespace.to_owned()));
            attributes.push(format!("xmlns=\"{namespace}\""));
        }
        let from = self.random.below(PREFIXES.len());
        for index in 0..self.random.below(3) {
            let prefix = PREFIXES[(from + index) % PREFIXES.len()];
            let namespace = *self.random.pick(NAMESPACES);
            self.scope.push((prefix.to_owned(), namespace.to_owned()));
            attributes.push(format!("xmlns:{prefix}='{namespace}'"));
        }
        attributes
    }

    /// A name with a bound prefix or none.
    fn qualified(&mut self, element: bool) -> String {
        let local = self.name();
        let prefixes: Vec<String> = self
            .scope
            .iter()
            .filter(|(prefix, _)| !prefix.is_empty())
            .map(|(prefix, _)| prefix.clone())
            .collect();
        match prefixes.is_empty() || self.chance(2) {
            true if !element && self.chance(8) => "xml:lang".to_owned(),
            true => local,
            false => format!("{}:{local}", self.random.pick(&prefixes)),
        }
    }

    fn add_attributes(&mut self, attributes: &mut Vec<String>) {
        let mut seen: Vec<(String, String)> = Vec::new();
        for _ in 0..self.random.below(4) {
            let name = self.qualified(false);
            let (prefix, local) = name.split_once(':').unwrap_or(("", &name));
            let bound = self.scope.iter().rev().find(|(bound, _)| bound == prefix);
            let namespace = match bound {
                Some((_, namespace)) if !prefix.is_empty() => namespace.clone(),
                _ => prefix.to_owned(),
            };
            let expanded = (namespace, local.to_owned());
            if seen.contains(&expanded) || name == "xmlns" {
                continue;
            }
            seen.push(expanded);
            let quote = if self.chance(2) { '"' } else { '\'' };
            let mut value = self.letters(if quote == '"' { "\"<&" } else { "'<&" });
            if self.chance(2) {
                value.push_str(self.random.pick::<&str>(REFERENCES));
            }
            let space = *self.random.pick(&["", "", " ", "\n"]);
            attributes.push(format!("{name}{space}={space}{quote}{value}{quote}"));
        }
    }
}

/// Pieces that break a document, or do not, depending on where they fall.
const PIECES: &[&str] = &[
    "<",
    ">",
    "/",
    "/>",
    "</",
    "<a>",
    "</a>",
    "<a/>",
    "&",
    ";",
    "&amp;",
    "&amp",
    "&#;",
    "&#x;",
    "&#0;",
    "&#xD800;",
    "&#xFFFE;",
    "&#x110000;",
    "&nbsp;",
    "&#X41;",
    "\"",
    "'",
    "=",
    " ",
    "\n",
    "\t",
    "\r",
    "\r\n",
    "\u{C}",
    "\u{B}",
    "\u{1}",
    "\u{1F}",
    "\u{7F}",
    "\u{85}",
    "\u{A0}",
    "\u{2028}",
    "\u{FEFF}",
    "\u{FFFE}",
    "\u{FFFF}",
    "\u{FFFD}",
    ":",
    "::",
    "a:",
    ":a",
    "xmlns=\"\"",
    " xmlns:p=\"\"",
    " xmlns=\"urn:a\"",
    " xmlns:p=\"urn:a\"",
    " xmlns:xml=\"urn:a\"",
    " xmlns:xmlns=\"urn:a\"",
    " xml:lang=\"en\"",
    " a=\"1\"",
    " a=\"1\" a=\"2\"",
    " p:a=\"1\"",
    "<!--",
    "-->",
    "--",
    "-",
    "<![CDATA[",
    "]]>",
    "]]",
    "]",
    "[",
    "<!",
    "<?",
    "?>",
    "?",
    "<?xml?>",
    "<?xml version=\"1.0\"?>",
    "<?XML a?>",
    "<?a:b c?>",
    "<?a",
    "0",
    "-a",
    ".",
    "x",
    "xml",
    "xmlns",
    "&lt;",
    "&#60;",
    "&#13;",
    "%",
    "%a;",
];

/// Breaks, or tries to break, a document in one to three places: tokens are put in, taken away, doubled, swapped.
pub fn mutate(text: &str, random: &mut Random) -> String {
    let mut tokens = tokens(text);
    for _ in 0..1 + random.below(3) {
        let at = random.below(tokens.len());
        match random.below(8) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[at].clone()),
            2 => {
                let other = random.below(tokens.len());
                tokens.swap(at, other);
            }
            3 => tokens.truncate(at + 1),
            4 => {
                let index = random.below(NO_NAMES.chars().count());
                tokens.insert(at, NO_NAMES.chars().nth(index).unwrap().to_string());
            }
            5 => {
                let letters: Vec<char> = tokens[at].chars().collect();
                let gone = random.below(letters.len());
                let kept = letters.iter().enumerate().filter(|(index, _)| *index != gone);
                tokens[at] = kept.map(|(_, letter)| *letter).collect();
            }
            _ => tokens.insert(at, (*random.pick(PIECES)).to_owned()),
        }
        tokens.retain(|token| !token.is_empty());
        if tokens.is_empty() {
            return String::new();
        }
    }
    tokens.concat()
}

/// Runs of letters, and everything else on its own.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for letter in text.chars() {
        let is_word = letter.is_alphanumeric();
        match tokens.last_mut() {
            Some(last) if in_word && is_word => last.push(letter),
            _ => tokens.push(letter.to_string()),
        }
        in_word = is_word;
    }
    tokens
}
