//! The definitions that we ship, compiled on first use. Knows ids and namespaces, never files on disk.

use std::sync::OnceLock;

use super::model::Schema;
use super::xsd;

/// What every namespace of ISO 20022 begins with; the message id follows.
pub const NAMESPACE_PREFIX: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// Publisher, message id and SHA-256 of every original.
const SOURCES: &str = include_str!("../../schemas/SOURCES.txt");

/// How many definitions are shipped.
const COUNT: usize = 163;

/// One shipped definition.
struct Shipped {
    id: &'static str,
    text: &'static str,
    tables: OnceLock<Schema>,
}

const fn shipped(id: &'static str, text: &'static str) -> Shipped {
    Shipped { id, text, tables: OnceLock::new() }
}

/// Restated by [`super::restate`]; `schemas/SOURCES.txt` names the published originals. In the order of ids.
static SHIPPED: [Shipped; COUNT] = [
    shipped("camt.029.001.01", include_str!("../../schemas/camt.029.001.01.xsd")),
    shipped("camt.029.001.03", include_str!("../../schemas/camt.029.001.03.xsd")),
    shipped("camt.029.001.04", include_str!("../../schemas/camt.029.001.04.xsd")),
    shipped("camt.029.001.05", include_str!("../../schemas/camt.029.001.05.xsd")),
    shipped("camt.029.001.06", include_str!("../../schemas/camt.029.001.06.xsd")),
    shipped("camt.029.001.07", include_str!("../../schemas/camt.029.001.07.xsd")),
    shipped("camt.029.001.08", include_str!("../../schemas/camt.029.001.08.xsd")),
    shipped("camt.029.001.09", include_str!("../../schemas/camt.029.001.09.xsd")),
    shipped("camt.029.001.10", include_str!("../../schemas/camt.029.001.10.xsd")),
    shipped("camt.029.001.11", include_str!("../../schemas/camt.029.001.11.xsd")),
    shipped("camt.029.001.12", include_str!("../../schemas/camt.029.001.12.xsd")),
    shipped("camt.029.001.13", include_str!("../../schemas/camt.029.001.13.xsd")),
    shipped("camt.029.001.14", include_str!("../../schemas/camt.029.001.14.xsd")),
    shipped("camt.052.001.01", include_str!("../../schemas/camt.052.001.01.xsd")),
    shipped("camt.052.001.02", include_str!("../../schemas/camt.052.001.02.xsd")),
    shipped("camt.052.001.03", include_str!("../../schemas/camt.052.001.03.xsd")),
    shipped("camt.052.001.04", include_str!("../../schemas/camt.052.001.04.xsd")),
    shipped("camt.052.001.05", include_str!("../../schemas/camt.052.001.05.xsd")),
    shipped("camt.052.001.06", include_str!("../../schemas/camt.052.001.06.xsd")),
    shipped("camt.052.001.07", include_str!("../../schemas/camt.052.001.07.xsd")),
    shipped("camt.052.001.08", include_str!("../../schemas/camt.052.001.08.xsd")),
    shipped("camt.052.001.09", include_str!("../../schemas/camt.052.001.09.xsd")),
    shipped("camt.052.001.10", include_str!("../../schemas/camt.052.001.10.xsd")),
    shipped("camt.052.001.11", include_str!("../../schemas/camt.052.001.11.xsd")),
    shipped("camt.052.001.12", include_str!("../../schemas/camt.052.001.12.xsd")),
    shipped("camt.052.001.13", include_str!("../../schemas/camt.052.001.13.xsd")),
    shipped("camt.052.001.14", include_str!("../../schemas/camt.052.001.14.xsd")),
    shipped("camt.053.001.01", include_str!("../../schemas/camt.053.001.01.xsd")),
    shipped("camt.053.001.02", include_str!("../../schemas/camt.053.001.02.xsd")),
    shipped("camt.053.001.03", include_str!("../../schemas/camt.053.001.03.xsd")),
    shipped("camt.053.001.04", include_str!("../../schemas/camt.053.001.04.xsd")),
    shipped("camt.053.001.05", include_str!("../../schemas/camt.053.001.05.xsd")),
    shipped("camt.053.001.06", include_str!("../../schemas/camt.053.001.06.xsd")),
    shipped("camt.053.001.07", include_str!("../../schemas/camt.053.001.07.xsd")),
    shipped("camt.053.001.08", include_str!("../../schemas/camt.053.001.08.xsd")),
    shipped("camt.053.001.09", include_str!("../../schemas/camt.053.001.09.xsd")),
    shipped("camt.053.001.10", include_str!("../../schemas/camt.053.001.10.xsd")),
    shipped("camt.053.001.11", include_str!("../../schemas/camt.053.001.11.xsd")),
    shipped("camt.053.001.12", include_str!("../../schemas/camt.053.001.12.xsd")),
    shipped("camt.053.001.13", include_str!("../../schemas/camt.053.001.13.xsd")),
    shipped("camt.053.001.14", include_str!("../../schemas/camt.053.001.14.xsd")),
    shipped("camt.054.001.01", include_str!("../../schemas/camt.054.001.01.xsd")),
    shipped("camt.054.001.02", include_str!("../../schemas/camt.054.001.02.xsd")),
    shipped("camt.054.001.03", include_str!("../../schemas/camt.054.001.03.xsd")),
    shipped("camt.054.001.04", include_str!("../../schemas/camt.054.001.04.xsd")),
    shipped("camt.054.001.05", include_str!("../../schemas/camt.054.001.05.xsd")),
    shipped("camt.054.001.06", include_str!("../../schemas/camt.054.001.06.xsd")),
    shipped("camt.054.001.07", include_str!("../../schemas/camt.054.001.07.xsd")),
    shipped("camt.054.001.08", include_str!("../../schemas/camt.054.001.08.xsd")),
    shipped("camt.054.001.09", include_str!("../../schemas/camt.054.001.09.xsd")),
    shipped("camt.054.001.10", include_str!("../../schemas/camt.054.001.10.xsd")),
    shipped("camt.054.001.11", include_str!("../../schemas/camt.054.001.11.xsd")),
    shipped("camt.054.001.12", include_str!("../../schemas/camt.054.001.12.xsd")),
    shipped("camt.054.001.13", include_str!("../../schemas/camt.054.001.13.xsd")),
    shipped("camt.054.001.14", include_str!("../../schemas/camt.054.001.14.xsd")),
    shipped("camt.055.001.01", include_str!("../../schemas/camt.055.001.01.xsd")),
    shipped("camt.055.001.02", include_str!("../../schemas/camt.055.001.02.xsd")),
    shipped("camt.055.001.03", include_str!("../../schemas/camt.055.001.03.xsd")),
    shipped("camt.055.001.04", include_str!("../../schemas/camt.055.001.04.xsd")),
    shipped("camt.055.001.05", include_str!("../../schemas/camt.055.001.05.xsd")),
    shipped("camt.055.001.06", include_str!("../../schemas/camt.055.001.06.xsd")),
    shipped("camt.055.001.07", include_str!("../../schemas/camt.055.001.07.xsd")),
    shipped("camt.055.001.08", include_str!("../../schemas/camt.055.001.08.xsd")),
    shipped("camt.055.001.09", include_str!("../../schemas/camt.055.001.09.xsd")),
    shipped("camt.055.001.10", include_str!("../../schemas/camt.055.001.10.xsd")),
    shipped("camt.055.001.11", include_str!("../../schemas/camt.055.001.11.xsd")),
    shipped("camt.055.001.12", include_str!("../../schemas/camt.055.001.12.xsd")),
    shipped("camt.055.001.13", include_str!("../../schemas/camt.055.001.13.xsd")),
    shipped("camt.056.001.01", include_str!("../../schemas/camt.056.001.01.xsd")),
    shipped("camt.056.001.02", include_str!("../../schemas/camt.056.001.02.xsd")),
    shipped("camt.056.001.03", include_str!("../../schemas/camt.056.001.03.xsd")),
    shipped("camt.056.001.04", include_str!("../../schemas/camt.056.001.04.xsd")),
    shipped("camt.056.001.05", include_str!("../../schemas/camt.056.001.05.xsd")),
    shipped("camt.056.001.06", include_str!("../../schemas/camt.056.001.06.xsd")),
    shipped("camt.056.001.07", include_str!("../../schemas/camt.056.001.07.xsd")),
    shipped("camt.056.001.08", include_str!("../../schemas/camt.056.001.08.xsd")),
    shipped("camt.056.001.09", include_str!("../../schemas/camt.056.001.09.xsd")),
    shipped("camt.056.001.10", include_str!("../../schemas/camt.056.001.10.xsd")),
    shipped("camt.056.001.11", include_str!("../../schemas/camt.056.001.11.xsd")),
    shipped("camt.056.001.12", include_str!("../../schemas/camt.056.001.12.xsd")),
    shipped("camt.060.001.03", include_str!("../../schemas/camt.060.001.03.xsd")),
    shipped("camt.060.001.04", include_str!("../../schemas/camt.060.001.04.xsd")),
    shipped("camt.060.001.05", include_str!("../../schemas/camt.060.001.05.xsd")),
    shipped("camt.060.001.06", include_str!("../../schemas/camt.060.001.06.xsd")),
    shipped("camt.060.001.07", include_str!("../../schemas/camt.060.001.07.xsd")),
    shipped("head.001.001.01", include_str!("../../schemas/head.001.001.01.xsd")),
    shipped("head.001.001.02", include_str!("../../schemas/head.001.001.02.xsd")),
    shipped("head.001.001.03", include_str!("../../schemas/head.001.001.03.xsd")),
    shipped("head.001.001.04", include_str!("../../schemas/head.001.001.04.xsd")),
    shipped("pacs.002.001.02", include_str!("../../schemas/pacs.002.001.02.xsd")),
    shipped("pacs.002.001.03", include_str!("../../schemas/pacs.002.001.03.xsd")),
    shipped("pacs.002.001.04", include_str!("../../schemas/pacs.002.001.04.xsd")),
    shipped("pacs.002.001.05", include_str!("../../schemas/pacs.002.001.05.xsd")),
    shipped("pacs.002.001.06", include_str!("../../schemas/pacs.002.001.06.xsd")),
    shipped("pacs.002.001.07", include_str!("../../schemas/pacs.002.001.07.xsd")),
    shipped("pacs.002.001.08", include_str!("../../schemas/pacs.002.001.08.xsd")),
    shipped("pacs.002.001.09", include_str!("../../schemas/pacs.002.001.09.xsd")),
    shipped("pacs.002.001.10", include_str!("../../schemas/pacs.002.001.10.xsd")),
    shipped("pacs.002.001.11", include_str!("../../schemas/pacs.002.001.11.xsd")),
    shipped("pacs.002.001.12", include_str!("../../schemas/pacs.002.001.12.xsd")),
    shipped("pacs.002.001.13", include_str!("../../schemas/pacs.002.001.13.xsd")),
    shipped("pacs.002.001.14", include_str!("../../schemas/pacs.002.001.14.xsd")),
    shipped("pacs.002.001.15", include_str!("../../schemas/pacs.002.001.15.xsd")),
    shipped("pacs.002.001.16", include_str!("../../schemas/pacs.002.001.16.xsd")),
    shipped("pacs.004.001.01", include_str!("../../schemas/pacs.004.001.01.xsd")),
    shipped("pacs.004.001.02", include_str!("../../schemas/pacs.004.001.02.xsd")),
    shipped("pacs.004.001.03", include_str!("../../schemas/pacs.004.001.03.xsd")),
    shipped("pacs.004.001.04", include_str!("../../schemas/pacs.004.001.04.xsd")),
    shipped("pacs.004.001.05", include_str!("../../schemas/pacs.004.001.05.xsd")),
    shipped("pacs.004.001.06", include_str!("../../schemas/pacs.004.001.06.xsd")),
    shipped("pacs.004.001.07", include_str!("../../schemas/pacs.004.001.07.xsd")),
    shipped("pacs.004.001.08", include_str!("../../schemas/pacs.004.001.08.xsd")),
    shipped("pacs.004.001.09", include_str!("../../schemas/pacs.004.001.09.xsd")),
    shipped("pacs.004.001.10", include_str!("../../schemas/pacs.004.001.10.xsd")),
    shipped("pacs.004.001.11", include_str!("../../schemas/pacs.004.001.11.xsd")),
    shipped("pacs.004.001.12", include_str!("../../schemas/pacs.004.001.12.xsd")),
    shipped("pacs.004.001.13", include_str!("../../schemas/pacs.004.001.13.xsd")),
    shipped("pacs.004.001.14", include_str!("../../schemas/pacs.004.001.14.xsd")),
    shipped("pacs.004.001.15", include_str!("../../schemas/pacs.004.001.15.xsd")),
    shipped("pacs.008.001.01", include_str!("../../schemas/pacs.008.001.01.xsd")),
    shipped("pacs.008.001.02", include_str!("../../schemas/pacs.008.001.02.xsd")),
    shipped("pacs.008.001.03", include_str!("../../schemas/pacs.008.001.03.xsd")),
    shipped("pacs.008.001.04", include_str!("../../schemas/pacs.008.001.04.xsd")),
    shipped("pacs.008.001.05", include_str!("../../schemas/pacs.008.001.05.xsd")),
    shipped("pacs.008.001.06", include_str!("../../schemas/pacs.008.001.06.xsd")),
    shipped("pacs.008.001.07", include_str!("../../schemas/pacs.008.001.07.xsd")),
    shipped("pacs.008.001.08", include_str!("../../schemas/pacs.008.001.08.xsd")),
    shipped("pacs.008.001.09", include_str!("../../schemas/pacs.008.001.09.xsd")),
    shipped("pacs.008.001.10", include_str!("../../schemas/pacs.008.001.10.xsd")),
    shipped("pacs.008.001.11", include_str!("../../schemas/pacs.008.001.11.xsd")),
    shipped("pacs.008.001.12", include_str!("../../schemas/pacs.008.001.12.xsd")),
    shipped("pacs.008.001.13", include_str!("../../schemas/pacs.008.001.13.xsd")),
    shipped("pacs.008.001.14", include_str!("../../schemas/pacs.008.001.14.xsd")),
    shipped("pacs.028.001.01", include_str!("../../schemas/pacs.028.001.01.xsd")),
    shipped("pacs.028.001.02", include_str!("../../schemas/pacs.028.001.02.xsd")),
    shipped("pacs.028.001.03", include_str!("../../schemas/pacs.028.001.03.xsd")),
    shipped("pacs.028.001.05", include_str!("../../schemas/pacs.028.001.05.xsd")),
    shipped("pacs.028.001.06", include_str!("../../schemas/pacs.028.001.06.xsd")),
    shipped("pain.001.001.02", include_str!("../../schemas/pain.001.001.02.xsd")),
    shipped("pain.001.001.03", include_str!("../../schemas/pain.001.001.03.xsd")),
    shipped("pain.001.001.04", include_str!("../../schemas/pain.001.001.04.xsd")),
    shipped("pain.001.001.05", include_str!("../../schemas/pain.001.001.05.xsd")),
    shipped("pain.001.001.06", include_str!("../../schemas/pain.001.001.06.xsd")),
    shipped("pain.001.001.07", include_str!("../../schemas/pain.001.001.07.xsd")),
    shipped("pain.001.001.08", include_str!("../../schemas/pain.001.001.08.xsd")),
    shipped("pain.001.001.09", include_str!("../../schemas/pain.001.001.09.xsd")),
    shipped("pain.001.001.10", include_str!("../../schemas/pain.001.001.10.xsd")),
    shipped("pain.001.001.11", include_str!("../../schemas/pain.001.001.11.xsd")),
    shipped("pain.001.001.12", include_str!("../../schemas/pain.001.001.12.xsd")),
    shipped("pain.001.001.13", include_str!("../../schemas/pain.001.001.13.xsd")),
    shipped("pain.002.001.03", include_str!("../../schemas/pain.002.001.03.xsd")),
    shipped("pain.002.001.04", include_str!("../../schemas/pain.002.001.04.xsd")),
    shipped("pain.002.001.05", include_str!("../../schemas/pain.002.001.05.xsd")),
    shipped("pain.002.001.06", include_str!("../../schemas/pain.002.001.06.xsd")),
    shipped("pain.002.001.07", include_str!("../../schemas/pain.002.001.07.xsd")),
    shipped("pain.002.001.08", include_str!("../../schemas/pain.002.001.08.xsd")),
    shipped("pain.002.001.09", include_str!("../../schemas/pain.002.001.09.xsd")),
    shipped("pain.002.001.10", include_str!("../../schemas/pain.002.001.10.xsd")),
    shipped("pain.002.001.11", include_str!("../../schemas/pain.002.001.11.xsd")),
    shipped("pain.002.001.12", include_str!("../../schemas/pain.002.001.12.xsd")),
    shipped("pain.002.001.13", include_str!("../../schemas/pain.002.001.13.xsd")),
    shipped("pain.002.001.14", include_str!("../../schemas/pain.002.001.14.xsd")),
    shipped("pain.002.001.15", include_str!("../../schemas/pain.002.001.15.xsd")),
];

impl Shipped {
    fn tables(&self) -> &Schema {
        self.tables
            .get_or_init(|| xsd::parse(self.text.as_bytes()).expect("a test reads every shipped definition"))
    }
}

/// The ids of all shipped definitions, in order.
pub fn ids() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|shipped| shipped.id)
}

/// Of each shipped definition, in the order of [`ids`]: who published the original, and its SHA-256 in hexadecimal digits.
pub fn sources() -> impl Iterator<Item = (&'static str, &'static str)> {
    let named = |line: &'static str| {
        let (rest, digest) = line.rsplit_once(' ')?;
        rest.rsplit_once(' ').map(|(publisher, _)| (publisher, digest))
    };
    SOURCES.lines().filter_map(named)
}

/// The definition of a message, such as `camt.054.001.08`.
pub fn by_message_id(id: &str) -> Option<&'static Schema> {
    let index = SHIPPED.binary_search_by(|shipped| shipped.id.cmp(id)).ok()?;
    SHIPPED.get(index).map(Shipped::tables)
}

/// The definition with a namespace, such as `urn:iso:std:iso:20022:tech:xsd:camt.054.001.08`.
pub fn by_namespace(namespace: &str) -> Option<&'static Schema> {
    by_message_id(namespace.strip_prefix(NAMESPACE_PREFIX)?)
}

/// The shipped definition nearest to a version of a kind of message (`camt.054`): the version itself, else the next younger
/// one, which mostly still knows what the older had, else the youngest. Without version: the youngest.
pub fn nearest(kind: &str, version: Option<u32>) -> Option<(&'static str, &'static Schema)> {
    let of_kind =
        |shipped: &&Shipped| shipped.id.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.'));
    let wanted = version.unwrap_or(u32::MAX);
    let not_older = |shipped: &&Shipped| version_of(shipped.id) >= wanted;
    let found = SHIPPED.iter().filter(of_kind).find(not_older);
    let found = found.or_else(|| SHIPPED.iter().rfind(of_kind))?;
    Some((found.id, found.tables()))
}

fn version_of(id: &str) -> u32 {
    id.rsplit('.').next().and_then(|version| version.parse().ok()).unwrap_or(0)
}
