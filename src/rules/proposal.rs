//! Proposes the structured form of address lines, as far as the lines allow it. Nothing is invented: each part of a proposal
//! stands in the lines word for word, and what fits nowhere stays a line.

use super::address::Written;
use super::named::is_placeholder;

/// How sure a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// No town was found: there is nothing to propose.
    None,
    /// The town stands alone in a line that nothing else confirms.
    Low,
    /// The town stands beside a postcode, the rest stays in lines.
    Medium,
    /// Town and postcode by the country's form, and a street with a number or nothing else.
    High,
}

impl Confidence {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::None => "none",
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// The parts of an address, each as it stands in the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// `StrtNm`.
    pub street: Option<String>,
    /// `BldgNb`.
    pub building: Option<String>,
    /// `PstCd`.
    pub postcode: Option<String>,
    /// `TwnNm`.
    pub town: Option<String>,
    /// `CtrySubDvsn`.
    pub subdivision: Option<String>,
    /// `Ctry`.
    pub country: Option<String>,
    /// Lines that found no place.
    pub lines: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Where a country writes its postcode, and its form: `9` a digit, `A` a letter, `*` letter or digit, others themselves.
struct Form {
    country: &'static str,
    postcodes: &'static [&'static str],
    order: Order,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// `10115 Berlin`
    PostcodeTown,
    /// `LONDON SW1A 1AA`
    TownPostcode,
    /// `BOSTON MA 02110`
    TownStatePostcode,
}

const fn form(country: &'static str, postcodes: &'static [&'static str], order: Order) -> Form {
    Form { country, postcodes, order }
}

/// Source: Universal Postal Union, addressing systems of its member countries (postcode forms and their place).
const FORMS: &[Form] = &[
    form("AT", &["9999"], Order::PostcodeTown),
    form("AU", &["9999"], Order::TownStatePostcode),
    form("BE", &["9999"], Order::PostcodeTown),
    form("BG", &["9999"], Order::PostcodeTown),
    form("CA", &["A9A 9A9", "A9A9A9"], Order::TownStatePostcode),
    form("CH", &["9999"], Order::PostcodeTown),
    form("CY", &["9999"], Order::PostcodeTown),
    form("CZ", &["999 99", "99999"], Order::PostcodeTown),
    form("DE", &["99999"], Order::PostcodeTown),
    form("DK", &["9999"], Order::PostcodeTown),
    form("EE", &["99999"], Order::PostcodeTown),
    form("ES", &["99999"], Order::PostcodeTown),
    form("FI", &["99999"], Order::PostcodeTown),
    form("FR", &["99999"], Order::PostcodeTown),
    form("GB", &["A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA"], Order::TownPostcode),
    form("GR", &["999 99", "99999"], Order::PostcodeTown),
    form("HR", &["99999"], Order::PostcodeTown),
    form("HU", &["9999"], Order::PostcodeTown),
    form("IT", &["99999"], Order::PostcodeTown),
    form("LI", &["9999"], Order::PostcodeTown),
    form("LT", &["LT-99999", "99999"], Order::PostcodeTown),
    form("LU", &["9999", "L-9999"], Order::PostcodeTown),
    form("LV", &["LV-9999"], Order::TownPostcode),
    form("MC", &["99999"], Order::PostcodeTown),
    form("NL", &["9999 AA", "9999AA"], Order::PostcodeTown),
    form("NO", &["9999"], Order::PostcodeTown),
    form("PL", &["99-999"], Order::PostcodeTown),
    form("PT", &["9999-999"], Order::PostcodeTown),
    form("RO", &["999999"], Order::PostcodeTown),
    form("SE", &["999 99", "99999"], Order::PostcodeTown),
    form("SI", &["9999"], Order::PostcodeTown),
    form("SK", &["999 99", "99999"], Order::PostcodeTown),
    form("US", &["99999-9999", "99999"], Order::TownStatePostcode),
];

/// The proposal for an address that has lines.
pub fn propose(address: &Written<'_>) -> Proposal {
    let owned = |name: &str| address.text(name).map(str::to_owned);
    let mut proposal = Proposal {
        street: owned("StrtNm"),
        building: owned("BldgNb").or_else(|| owned("BldgNm")),
        postcode: owned("PstCd"),
        town: owned("TwnNm"),
        subdivision: owned("CtrySubDvsn"),
        country: owned("Ctry"),
        lines: Vec::new(),
        confidence: Confidence::None,
    };
    let written = address.lines().flat_map(|leaf| leaf.text.split([',', ';', '\n']));
    let mut lines: Vec<String> =
        written.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.retain(|line| !line.is_empty());
    // Without a town there is no proposal, and what is tagged already stays as it is.
    let plain = Proposal { lines: lines.clone(), ..proposal.clone() };
    let tagged = proposal.town.is_some();
    take_country(&mut proposal, &mut lines);
    let beside = !tagged && take_town(&mut proposal, &mut lines);
    let street = proposal.street.is_none() && take_street(&mut proposal, &mut lines);
    let alone = !tagged && !beside && street && take_town_alone(&mut proposal, &mut lines);
    proposal.confidence = match (tagged || beside, lines.len()) {
        _ if proposal.country.is_none() => Confidence::None,
        (true, 0) => Confidence::High,
        (true, 1 | 2) => Confidence::Medium,
        (true, _) => Confidence::Low,
        (false, _) if alone => Confidence::Low,
        (false, _) => Confidence::None,
    };
    proposal.lines = lines;
    if proposal.confidence == Confidence::None { plain } else { proposal }
}

/// A line that is nothing but the name or the code of a country.
fn take_country(proposal: &mut Proposal, lines: &mut Vec<String>) {
    let Some(last) = lines.last() else { return };
    let own = COUNTRY_NAMES.iter().find(|(name, _)| last.to_lowercase() == name.to_lowercase());
    let found = own.map(|(_, code)| *code).or_else(|| code_of_name(last));
    if let Some(code) = found
        && proposal.country.as_deref().is_none_or(|tagged| tagged == code)
    {
        proposal.country = Some(code.to_owned());
        lines.pop();
    }
}

/// Names in the languages of the country, where they differ from the English one. Source: ISO 3166-1, local short names.
const COUNTRY_NAMES: &[(&str, &str)] = &[
    ("Belgique", "BE"),
    ("België", "BE"),
    ("Deutschland", "DE"),
    ("España", "ES"),
    ("Italia", "IT"),
    ("Nederland", "NL"),
    ("Österreich", "AT"),
    ("Polska", "PL"),
    ("Schweiz", "CH"),
    ("Suisse", "CH"),
    ("Svizzera", "CH"),
    ("USA", "US"),
    ("United States", "US"),
    ("United States of America", "US"),
    ("United Kingdom", "GB"),
];

fn country_name(code: &str) -> String {
    crate::domain::codes::country(code).map_or_else(String::new, |(_, name)| name.to_owned())
}

/// The code of a country whose English name or own two letters these are.
fn code_of_name(text: &str) -> Option<&'static str> {
    if let Some((code, _)) = crate::domain::codes::country(text) {
        return Some(code);
    }
    let of = |form: &&Form| text.eq_ignore_ascii_case(&country_name(form.country));
    FORMS.iter().find(of).map(|form| form.country)
}

/// Postcode and town as lines have them.
struct Place {
    postcode: String,
    town: String,
    state: Option<String>,
    /// The town stands in the line above.
    above: Option<usize>,
}

/// Postcode and town side by side, by the form of the country. Only the last such line counts.
fn take_town(proposal: &mut Proposal, lines: &mut Vec<String>) -> bool {
    let form = FORMS.iter().find(|form| proposal.country.as_deref() == Some(form.country));
    let Some(form) = form else { return false };
    let tagged = proposal.postcode.as_deref();
    let agrees = |place: &Place| tagged.is_none_or(|tagged| tagged == place.postcode) && is_town(&place.town);
    let found = (0..lines.len()).rev().find_map(|at| Some((at, place_at(lines, at, form).filter(agrees)?)));
    let Some((at, place)) = found else { return false };
    lines.remove(at);
    if let Some(above) = place.above {
        lines.remove(above);
    }
    proposal.postcode = Some(place.postcode);
    proposal.town = Some(place.town);
    match proposal.subdivision {
        None => proposal.subdivision = place.state,
        Some(_) => lines.extend(place.state),
    }
    true
}

/// What the line at this place says, together with the one above it.
fn place_at(lines: &[String], at: usize, form: &Form) -> Option<Place> {
    let line = lines.get(at)?;
    let above = at.checked_sub(1).and_then(|above| Some((above, lines.get(above)?)));
    let above = above.filter(|(_, text)| is_town(text) && !is_place_inside(text));
    let behind = form.order != Order::PostcodeTown;
    if behind && form.postcodes.iter().any(|pattern| fits(line, pattern)) {
        let (above, town) = above?;
        return Some(Place { postcode: line.clone(), town: town.clone(), state: None, above: Some(above) });
    }
    let (postcode, rest) = split_postcode(line, form)?;
    if form.order != Order::TownStatePostcode {
        return Some(Place { postcode, town: rest, state: None, above: None });
    }
    // `Boston, MA 02110`: the comma has put the town into a line of its own.
    if is_state(&rest) {
        let (above, town) = above?;
        return Some(Place { postcode, town: town.clone(), state: Some(rest), above: Some(above) });
    }
    let (town, state) = split_state(&rest);
    Some(Place { postcode, town, state, above: None })
}

/// The postcode at its end of the line, and the rest.
fn split_postcode(line: &str, form: &Form) -> Option<(String, String)> {
    let words: Vec<&str> = line.split(' ').collect();
    for pattern in form.postcodes {
        let count = pattern.split(' ').count();
        if words.len() <= count {
            continue;
        }
        let split = match form.order {
            Order::PostcodeTown => words.split_at(count),
            _ => words.split_at(words.len() - count),
        };
        let (postcode, rest) = match form.order {
            Order::PostcodeTown => split,
            _ => (split.1, split.0),
        };
        let postcode = postcode.join(" ");
        // Some write the country's letters before the postcode: D-10115, CH-8001.
        let bare = match postcode.split_once('-') {
            Some((letters, bare)) if is_prefix(letters, form.country) && !fits(&postcode, pattern) => bare,
            _ => &postcode,
        };
        if fits(bare, pattern) {
            return Some((bare.to_owned(), rest.join(" ")));
        }
    }
    None
}

fn is_prefix(letters: &str, country: &str) -> bool {
    letters == country || country.starts_with(letters) && letters.len() == 1
}

fn fits(text: &str, pattern: &str) -> bool {
    text.chars().count() == pattern.chars().count()
        && text.chars().zip(pattern.chars()).all(|(letter, class)| match class {
            '9' => letter.is_ascii_digit(),
            'A' => letter.is_ascii_alphabetic(),
            other => letter == other,
        })
}

/// Two capital letters, or three, behind the town.
fn split_state(rest: &str) -> (String, Option<String>) {
    match rest.rsplit_once(' ') {
        Some((town, state)) if is_state(state) => (town.to_owned(), Some(state.to_owned())),
        _ => (rest.to_owned(), None),
    }
}

fn is_state(text: &str) -> bool {
    matches!(text.len(), 2 | 3) && text.bytes().all(|octet| octet.is_ascii_uppercase())
}

/// Could it be a town: letters, no digits, no box and no street?
fn is_town(text: &str) -> bool {
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    let length = text.chars().count();
    (1..=35).contains(&length)
        && letters >= 1
        && letters * 2 > length
        && !text.chars().any(|letter| letter.is_ascii_digit())
        && !is_placeholder(text)
}

/// The first line, if it is a street with a number at one end.
fn take_street(proposal: &mut Proposal, lines: &mut Vec<String>) -> bool {
    let Some(found) = lines.iter().position(|line| split_street(line).is_some()) else { return false };
    let Some((street, building)) = lines.get(found).and_then(|line| split_street(line)) else { return false };
    if proposal.building.as_ref().is_some_and(|tagged| *tagged != building) {
        return false;
    }
    proposal.street = Some(street);
    proposal.building = Some(building);
    lines.remove(found);
    true
}

/// `Hauptstr. 5`, `5a rue de la Paix`, `Via Roma 12/B`.
fn split_street(line: &str) -> Option<(String, String)> {
    let number = |word: &str| {
        word.chars().count() <= 8
            && word.starts_with(|first: char| first.is_ascii_digit())
            && word.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '/'))
            && word.chars().filter(char::is_ascii_alphabetic).count() <= 1
    };
    let street = |text: &str| {
        let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
        let boxes = ["p.o.", "po box", "postfach", "case postale", "bp ", "c/o"];
        let lower = text.to_lowercase();
        letters >= 3
            && text.chars().count() <= 70
            && !boxes.iter().any(|word| lower.starts_with(word))
            && !text.chars().any(|letter| letter.is_ascii_digit())
    };
    match (line.rsplit_once(' '), line.split_once(' ')) {
        (Some((name, last)), _) if number(last) && street(name) => Some((name.to_owned(), last.to_owned())),
        // Five digits before a name are a postcode as likely as a number of a house.
        (_, Some((first, name))) if first.len() < 5 && number(first) && street(name) => {
            Some((name.to_owned(), first.to_owned()))
        }
        _ => None,
    }
}

/// The only line that is left beside a street, if it could be a town and the country is known. A guess, and called one.
fn take_town_alone(proposal: &mut Proposal, lines: &mut Vec<String>) -> bool {
    let [line] = lines.as_slice() else { return false };
    if proposal.country.is_none() || !is_town(line) || line.split(' ').count() > 3 || is_place_inside(line) {
        return false;
    }
    proposal.town = lines.pop();
    true
}

/// Words of lines that lead to a door, not to a town.
fn is_place_inside(line: &str) -> bool {
    let words = [
        "c/o",
        "attn",
        "att",
        "building",
        "bldg",
        "floor",
        "suite",
        "dept",
        "department",
        "haus",
        "etage",
        "room",
        "box",
        "postfach",
        "unit",
        "house",
        "tower",
        "block",
        "level",
        "zone",
        "park",
    ];
    let lower = line.to_lowercase();
    lower.split([' ', '.', ':']).any(|word| words.contains(&word))
}
