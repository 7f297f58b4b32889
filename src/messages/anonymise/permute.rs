//! Replaces texts by others of the same form: a keyed permutation per form, so that equal texts become equal, different
//! ones stay different, and none stays as it was. Knows characters, never elements.

use super::charset::Charset;

/// Rounds of the network in each direction. Chosen by us: four make a permutation that looks random (Luby and Rackoff, 1988); two more
/// because the halves are short.
const ROUNDS: u8 = 6;

/// `X` or `*` so often in a row stands for something masked, which stays. Chosen by us.
const MASK_MIN: usize = 3;

/// A keyed function that nobody can tell from a random one without its key, such as HMAC-SHA-256.
pub type Keyed<'k> = &'k dyn Fn(&[u8]) -> [u8; 32];

/// The characters that one character may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Only itself.
    Fixed,
    /// `count` characters from this one on.
    Range(char, u16),
    /// These; at least two.
    Listed(Vec<char>),
}

impl Alphabet {
    /// Letters become letters of the same case, digits digits; everything else stays.
    pub(super) fn of(character: char, charset: &Charset) -> Alphabet {
        match character {
            '0'..='9' => Alphabet::Range('0', 10),
            'A'..='Z' => Alphabet::Range('A', 26),
            'a'..='z' => Alphabet::Range('a', 26),
            _ if character.is_ascii() => Alphabet::Fixed,
            _ => {
                let listed = charset.relatives(character);
                if listed.len() < 2 { Alphabet::Fixed } else { Alphabet::Listed(listed) }
            }
        }
    }

    /// Hexadecimal digits: figures stay figures and letters letters.
    pub(super) fn hexadecimal(character: char) -> Alphabet {
        match character {
            '0'..='9' => Alphabet::Range('0', 10),
            'A'..='F' => Alphabet::Range('A', 6),
            'a'..='f' => Alphabet::Range('a', 6),
            _ => Alphabet::Fixed,
        }
    }

    fn count(&self) -> u16 {
        match self {
            Alphabet::Fixed => 1,
            Alphabet::Range(_, count) => *count,
            Alphabet::Listed(listed) => u16::try_from(listed.len()).unwrap_or(u16::MAX),
        }
    }

    fn index(&self, character: char) -> Option<u16> {
        match self {
            Alphabet::Fixed => None,
            Alphabet::Range(first, count) => {
                let index = u32::from(character).checked_sub(u32::from(*first))?;
                u16::try_from(index).ok().filter(|index| index < count)
            }
            Alphabet::Listed(listed) => listed
                .iter()
                .position(|known| *known == character)
                .and_then(|index| u16::try_from(index).ok()),
        }
    }

    fn character(&self, index: u16) -> Option<char> {
        match self {
            Alphabet::Fixed => None,
            Alphabet::Range(first, _) => char::from_u32(u32::from(*first) + u32::from(index)),
            Alphabet::Listed(listed) => listed.get(usize::from(index)).copied(),
        }
    }
}

/// One alphabet per character; runs that mask something stay.
pub(super) fn alphabets(text: &[char], charset: &Charset) -> Vec<Alphabet> {
    let mut found: Vec<Alphabet> = text.iter().map(|character| Alphabet::of(*character, charset)).collect();
    let mut start = 0;
    while let Some(first) = text.get(start) {
        let run = text.iter().skip(start).take_while(|character| *character == first).count();
        if matches!(first, 'X' | 'x') && run >= MASK_MIN {
            found.iter_mut().skip(start).take(run).for_each(|alphabet| *alphabet = Alphabet::Fixed);
        }
        start += run;
    }
    found
}

/// One place of a text that changes.
struct Place {
    at: usize,
    value: u16,
    radix: u16,
}

/// Replaces the characters whose alphabets are not fixed. No character sequence maps to itself, and no two to the same.
pub(super) fn permute(text: &mut [char], alphabets: &[Alphabet], keyed: Keyed<'_>) {
    let mut places: Vec<Place> = Vec::with_capacity(text.len());
    for (at, (character, alphabet)) in text.iter().zip(alphabets).enumerate() {
        if let Some(value) = alphabet.index(*character).filter(|_| alphabet.count() > 1) {
            places.push(Place { at, value, radix: alphabet.count() });
        }
    }
    let shape: Vec<u8> = places.iter().flat_map(|place| place.radix.to_le_bytes()).collect();
    // Conjugating a permutation without fixed point gives one without fixed point.
    network(&mut places, &shape, Way::There, keyed);
    count_on(&mut places, &shape, keyed);
    network(&mut places, &shape, Way::Back, keyed);
    for place in &places {
        let character = alphabets.get(place.at).and_then(|alphabet| alphabet.character(place.value));
        if let (Some(slot), Some(character)) = (text.get_mut(place.at), character) {
            *slot = character;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

/// A Feistel network over the two halves, whose digits have a radix each.
fn network(places: &mut [Place], shape: &[u8], way: Way, keyed: Keyed<'_>) {
    let (left, right) = places.split_at_mut(places.len() / 2);
    if left.is_empty() {
        return;
    }
    for turn in 0..ROUNDS {
        let round = if way == Way::There { turn } else { ROUNDS - 1 - turn };
        let (changed, seen) =
            if round.is_multiple_of(2) { (&mut *left, &*right) } else { (&mut *right, &*left) };
        let mut message = vec![b'f', round];
        message.extend_from_slice(shape);
        message.extend(seen.iter().flat_map(|place| place.value.to_le_bytes()));
        let stream = stream(&message, changed.len(), keyed);
        for (place, number) in changed.iter_mut().zip(stream) {
            let number = number % u32::from(place.radix);
            let number = if way == Way::There { number } else { u32::from(place.radix) - number };
            place.value = turned(place, number);
        }
    }
}

/// Counts on by one, the places being the digits of a number: all texts of a form then are one cycle, in an order that the
/// network makes random. A single place, which the network leaves, is turned by an amount that depends on the key.
fn count_on(places: &mut [Place], shape: &[u8], keyed: Keyed<'_>) {
    if let [only] = places {
        let message = [b"s", shape].concat();
        let number = stream(&message, 1, keyed).first().copied().unwrap_or(0);
        only.value = turned(only, 1 + number % u32::from(only.radix.saturating_sub(1).max(1)));
        return;
    }
    for place in places.iter_mut().rev() {
        place.value = turned(place, 1);
        if place.value != 0 {
            return;
        }
    }
}

fn turned(place: &Place, number: u32) -> u16 {
    let radix = u32::from(place.radix.max(1));
    u16::try_from((u32::from(place.value) + number) % radix).unwrap_or(0)
}

/// As many numbers as are wanted, each of 32 bits.
fn stream(message: &[u8], count: usize, keyed: Keyed<'_>) -> Vec<u32> {
    let mut numbers = Vec::with_capacity(count + 8);
    let mut block = 0_u32;
    while numbers.len() < count {
        let octets = keyed(&[message, &block.to_le_bytes()].concat());
        let words = octets.chunks_exact(4).filter_map(<[u8]>::first_chunk::<4>);
        numbers.extend(words.map(|word| u32::from_le_bytes(*word)));
        block = block.wrapping_add(1);
    }
    numbers
}
