//! Draws. Every area draws from a stream of its own, so that leaving out one fault does not change
//! what the others draw. Never the system's randomness.

/// A stream of numbers: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub struct Stream(u64);

impl Stream {
    /// The stream of an area of a seed.
    pub fn of(seed: u64, area: &str, index: u64) -> Stream {
        let mut state = seed ^ 0x9E37_79B9_7F4A_7C15;
        for octet in area.bytes().chain(index.to_le_bytes()) {
            state = (state ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23);
        }
        let mut stream = Stream(state);
        stream.next();
        stream
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to below `high`.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low).max(1)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, of_hundred: u64) -> bool {
        self.next() % 100 < of_hundred
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[(self.next() % from.len() as u64) as usize]
    }
}
