//! Remembers identifications in little room, to find those that come twice. Never the identifications themselves.

use std::collections::HashMap;

use ring::digest::{Context, SHA256};

/// Identifications of one kind that are remembered in one file: about 150 MB at most. Chosen by us.
pub const REMEMBERED_MAX: usize = 4_000_000;

/// The first 128 bits of a SHA-256: two different ones in four million fall together once in 10²⁵ files.
type Hash = [u8; 16];

/// Identifications of one kind and the line where each came first. Only looked up, never listed.
#[derive(Debug)]
pub struct Remembered {
    lines: HashMap<Hash, u32>,
    most: usize,
    /// How many found no room.
    pub omitted: u64,
}

impl Remembered {
    /// Room for so many.
    pub fn up_to(most: usize) -> Remembered {
        Remembered { lines: HashMap::new(), most, omitted: 0 }
    }

    /// Remembers an identification within its scope; if it is known, the line where it came first.
    pub fn see(&mut self, scope: &[&str], id: &str, line: u64) -> Option<u32> {
        let mut context = Context::new(&SHA256);
        for part in scope.iter().chain([&id]) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let digest = context.finish();
        let hash = Hash::try_from(digest.as_ref().get(..16)?).ok()?;
        if let Some(first) = self.lines.get(&hash) {
            return Some(*first);
        }
        if self.lines.len() < self.most {
            self.lines.insert(hash, u32::try_from(line).unwrap_or(u32::MAX));
        } else {
            self.omitted += 1;
        }
        None
    }

    /// Forgets all: another scope begins.
    pub fn forget(&mut self) {
        self.lines.clear();
    }
}
