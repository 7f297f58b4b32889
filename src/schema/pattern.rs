//! Patterns of XML Schema: translated once, matched against whole values. Knows regular expressions, never types.

use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// Largest compiled pattern, in octets. Chosen by us: the largest of the official definitions takes a tenth of it.
const PROGRAM_BYTES_MAX: usize = 1024 * 1024;

/// A pattern facet. Two are equal when their texts are.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: Box<str>,
    program: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// Translates a pattern; refuses what it cannot translate exactly, saying what.
    /// Source: XML Schema 1.0 part 2, appendix F.
    pub fn parse(source: &str) -> Result<Pattern, String> {
        let translated = format!(r"\A(?:{})\z", translate(source)?);
        let program = Regex::builder()
            .configure(Regex::config().nfa_size_limit(Some(PROGRAM_BYTES_MAX)))
            .syntax(syntax::Config::new().nest_limit(32))
            .build(&translated)
            .map_err(|error| error.to_string())?;
        Ok(Pattern { source: source.into(), program })
    }

    /// The pattern as the definition has it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the whole of `value` matches.
    pub fn matches(&self, value: &str) -> bool {
        self.program.is_match(Input::new(value).anchored(regex_automata::Anchored::Yes))
    }
}

fn translate(source: &str) -> Result<String, String> {
    let mut output = String::with_capacity(source.len() + 8);
    let mut characters = source.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let escaped = characters.next().ok_or("a backslash at the end")?;
                output.push_str(&translate_escape(escaped)?);
            }
            '[' if in_class => return Err("a class within a class".to_owned()),
            '[' => {
                in_class = true;
                output.push('[');
                if characters.next_if_eq(&'^').is_some() {
                    output.push('^');
                }
                if characters.peek() == Some(&']') {
                    return Err("an empty class".to_owned());
                }
            }
            ']' if in_class => {
                in_class = false;
                output.push(']');
            }
            ']' => return Err("a closing bracket without its opening".to_owned()),
            '-' if in_class && characters.peek() == Some(&'[') => return Err("class subtraction".to_owned()),
            '-' if in_class => output.push('-'),
            // Outside of classes these are ordinary characters in XML Schema.
            '^' | '$' => output.extend(['\\', character]),
            '.' if !in_class => output.push_str(r"[^\n\r]"),
            '?' | '*' | '+' | '}' if !in_class => {
                output.push(character);
                if matches!(characters.peek(), Some('?' | '*' | '+' | '{')) {
                    return Err("a quantifier behind a quantifier".to_owned());
                }
            }
            '(' | ')' | '|' | '{' if !in_class => {
                output.push(character);
                if character == '(' && characters.peek() == Some(&'?') {
                    return Err("a group with a question mark".to_owned());
                }
            }
            // Characters to which the engine, but not XML Schema, gives a meaning in classes.
            '&' | '~' | '|' | '.' | '(' | ')' | '{' | '}' | '?' | '*' | '+' => {
                output.extend(['\\', character])
            }
            other => output.push(other),
        }
    }
    if in_class { Err("a class without end".to_owned()) } else { Ok(output) }
}

fn translate_escape(escaped: char) -> Result<String, String> {
    match escaped {
        'n' | 'r' | 't' => Ok(format!("\\{escaped}")),
        'd' => Ok(r"\d".to_owned()),
        'D' => Ok(r"\D".to_owned()),
        's' => Ok(r"[ \t\n\r]".to_owned()),
        '\\' | '|' | '.' | '-' | '^' | '?' | '*' | '+' | '{' | '}' | '(' | ')' | '[' | ']' => {
            Ok(format!("\\{escaped}"))
        }
        other => Err(format!("the escape \\{other}")),
    }
}
