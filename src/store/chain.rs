//! The hash chain over the facts and the Merkle roots over its sections: how a changed octet or
//! a missing fact is found, and how one fact is proved without showing the others.
//! Never what a fact says.

use ring::digest::{Context, SHA256, digest as sha256_of};

/// SHA-256 of a link, node or leaf.
pub type Hash = [u8; 32];

/// Facts per section: one Merkle root each. Chosen by us (architecture, "Facts").
pub const SECTION_FACTS: i64 = 10_000;

/// Where a lane stands: its last fact and that fact's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last fact, from 1; 0 before the first.
    pub seq: i64,
    /// Hash of the last fact; zeros before the first.
    pub hash: Hash,
}

impl Head {
    /// Before the first fact.
    pub const GENESIS: Head = Head { seq: 0, hash: [0; 32] };

    /// The head after a fact with these octets.
    pub fn after(&self, octets: &[u8]) -> Head {
        Head { seq: self.seq.saturating_add(1), hash: link(&self.hash, octets) }
    }
}

/// hash(n) = SHA-256(hash(n-1) ‖ octets(n)).
pub fn link(previous: &Hash, octets: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(previous);
    context.update(octets);
    finish(context)
}

/// SHA-256 of some octets.
pub fn sha256(octets: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(sha256_of(&SHA256, octets).as_ref());
    hash
}

/// Section that a fact belongs to, from 0.
pub fn section_of(seq: i64) -> i64 {
    seq.saturating_sub(1).max(0) / SECTION_FACTS
}

/// Merkle tree hash over leaf contents, in order.
/// Source: RFC 6962, section 2.1 (prefix 0x00 for leaves, 0x01 for nodes).
pub fn root<L: AsRef<[u8]>>(leaves: &[L]) -> Hash {
    let mut level: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf.as_ref())).collect();
    if level.is_empty() {
        return sha256(&[]);
    }
    while level.len() > 1 {
        level = parents(&level);
    }
    level.first().copied().unwrap_or_default()
}

/// Proof that a fact stands in a section of the chain whose root is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Number of the fact.
    pub seq: i64,
    /// Number of facts in the section.
    pub size: usize,
    /// Hash of the fact before it: with the octets it gives the leaf.
    pub previous: Hash,
    /// Sibling hashes from the leaf upwards.
    pub path: Vec<Hash>,
    /// Root of the section.
    pub root: Hash,
}

/// Proves the fact at `index` of a section; `hashes` are the chain hashes of the section in order
/// and `before` the hash of the fact before the section. `None` when the index lies outside.
pub fn prove(before: &Hash, hashes: &[Hash], index: usize, first_seq: i64) -> Option<Proof> {
    hashes.get(index)?;
    let previous = match index.checked_sub(1) {
        Some(earlier) => *hashes.get(earlier)?,
        None => *before,
    };
    let mut level: Vec<Hash> = hashes.iter().map(|hash| leaf_hash(hash)).collect();
    let (mut path, mut place) = (Vec::new(), index);
    while level.len() > 1 {
        if let Some(sibling) = level.get(place ^ 1) {
            path.push(*sibling);
        }
        level = parents(&level);
        place /= 2;
    }
    let seq = first_seq.checked_add(i64::try_from(index).ok()?)?;
    Some(Proof { seq, size: hashes.len(), previous, path, root: level.first().copied()? })
}

/// Whether the octets are those of the fact that the proof speaks of.
pub fn check(octets: &[u8], proof: &Proof) -> bool {
    let first = section_of(proof.seq).saturating_mul(SECTION_FACTS).saturating_add(1);
    let Ok(mut place) = usize::try_from(proof.seq.saturating_sub(first)) else { return false };
    let mut size = proof.size;
    if place >= size {
        return false;
    }
    let mut hash = leaf_hash(&link(&proof.previous, octets));
    let mut path = proof.path.iter();
    while size > 1 {
        if place ^ 1 < size {
            let Some(sibling) = path.next() else { return false };
            hash = if place & 1 == 0 { node_hash(&hash, sibling) } else { node_hash(sibling, &hash) };
        }
        place /= 2;
        size = size.div_ceil(2);
    }
    path.next().is_none() && hash == proof.root
}

/// One level up; a node without a sibling is carried up as it is.
fn parents(level: &[Hash]) -> Vec<Hash> {
    level
        .chunks(2)
        .map(|pair| match pair {
            [left, right] => node_hash(left, right),
            rest => rest.first().copied().unwrap_or_default(),
        })
        .collect()
}

fn leaf_hash(content: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(content);
    finish(context)
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[1]);
    context.update(left);
    context.update(right);
    finish(context)
}

fn finish(context: Context) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}
