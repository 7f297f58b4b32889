//! Hostile archives, each by name with the codes that it gets and how many documents are still read from it: bombs, names that
//! would escape or collide, links, sealed, cut and lying entries.

use std::time::{Duration, Instant};

use super::archives::{Entry, REPORT, STATUS, deflated, entry, gzip, zip};
use super::reading::{Document, read_seekable};

/// Longest reading of one case; generous, because a loaded machine is no finding.
const PATIENCE: Duration = Duration::from_secs(60);

type Case = (String, Vec<u8>);

fn report(name: &str) -> Entry {
    entry(name, REPORT.as_bytes())
}

fn case(name: &str, octets: Vec<u8>) -> Case {
    (name.to_owned(), octets)
}

/// Names are shown and never used: whatever they say, the entry is read.
fn names() -> Vec<Case> {
    let long = "n".repeat(60_000);
    let names: Vec<(&str, Vec<u8>)> = vec![
        ("parent", b"../a.xml".to_vec()),
        ("many parents", b"../".repeat(500)),
        ("root", b"/etc/passwd".to_vec()),
        ("drive", b"C:\\a.xml".to_vec()),
        ("backslashes", b"..\\..\\a.xml".to_vec()),
        ("share", b"\\\\host\\a.xml".to_vec()),
        ("device", b"CON".to_vec()),
        ("NUL", b"a.xml\0.txt".to_vec()),
        ("line feed", b"a\nb.xml".to_vec()),
        ("escape character", b"\x1b[2Ja.xml".to_vec()),
        ("no UTF-8", b"\xff\xfe.xml".to_vec()),
        ("right to left", "\u{202e}lmx.a".as_bytes().to_vec()),
        ("empty", Vec::new()),
        ("dot", b".".to_vec()),
        ("dots", b"..".to_vec()),
        ("blank", b" ".to_vec()),
        ("long", long.into_bytes()),
        ("percent", b"%2e%2e%2fa.xml".to_vec()),
        ("home", b"~/a.xml".to_vec()),
        ("variable", b"$HOME/a.xml".to_vec()),
        ("stream", b"a.xml:b".to_vec()),
        ("another kind", b"a.exe".to_vec()),
    ];
    let of = |(name, octets): (&str, Vec<u8>)| {
        case(&format!("name: {name}"), zip(&[Entry { name: octets, ..report("a.xml") }]))
    };
    names.into_iter().map(of).collect()
}

fn entries() -> Vec<Case> {
    let changed = |name: &str, change: &dyn Fn(&mut Entry)| {
        let mut first = report("a.xml");
        change(&mut first);
        case(&format!("entry: {name}"), zip(&[first, entry("b.xml", STATUS.as_bytes())]))
    };
    let unix = |mode: u32| move |entry: &mut Entry| (entry.version, entry.attributes) = (3 << 8, mode << 16);
    vec![
        changed("encrypted", &|entry| entry.flags = 1),
        changed("strongly encrypted", &|entry| entry.flags = 0x41),
        changed("directory encrypted", &|entry| entry.flags = 0x2000),
        changed("AES", &|entry| (entry.flags, entry.method) = (1, 99)),
        changed("AES unmarked", &|entry| entry.method = 99),
        changed("patched", &|entry| entry.flags = 0x20),
        changed("symlink", &unix(0o120_777)),
        changed("device", &unix(0o020_666)),
        changed("pipe", &unix(0o010_666)),
        changed("socket", &unix(0o140_666)),
        changed("set user id", &unix(0o104_755)),
        changed("method 1", &|entry| entry.method = 1),
        changed("deflate64", &|entry| entry.method = 9),
        changed("bzip2", &|entry| entry.method = 12),
        changed("lzma", &|entry| entry.method = 14),
        changed("zstd", &|entry| entry.method = 93),
        changed("xz", &|entry| entry.method = 95),
        changed("stored, but deflated", &|entry| entry.method = 0),
        changed("wrong checksum", &|entry| entry.checksum ^= 1),
        changed("no checksum", &|entry| entry.checksum = 0),
        changed("one octet less", &|entry| entry.octets -= 1),
        changed("one octet more", &|entry| entry.octets += 1),
        changed("says nothing", &|entry| entry.octets = 0),
        changed("says 4 GB", &|entry| entry.octets = u32::MAX),
        changed("says 2 GB", &|entry| entry.octets = 1 << 31),
        changed("data cut", &|entry| entry.data.truncate(50)),
        changed("data longer", &|entry| entry.data.extend([0; 50])),
        changed("data noise", &|entry| entry.data = vec![0xff; 200]),
        changed("data empty", &|entry| entry.data.clear()),
        changed("two streams", &|entry| entry.data.extend(deflated(b"more"))),
        changed("newer version needed", &|entry| entry.version = 990),
    ]
}

fn whole() -> Vec<Case> {
    let good = zip(&[report("a.xml")]);
    let at = |mark: &[u8]| good.windows(mark.len()).position(|found| found == mark).unwrap();
    let (directory, end) = (at(b"PK\x01\x02"), at(b"PK\x05\x06"));
    let patched = |place: usize, octets: &[u8]| {
        let mut changed = good.clone();
        changed[place..place + octets.len()].copy_from_slice(octets);
        changed
    };
    let cut = |length: usize| good[..length].to_vec();
    vec![
        case("cut: amid the data", cut(directory / 2)),
        case("cut: before the directory", cut(directory)),
        case("cut: amid the directory", cut(directory + 20)),
        case("cut: before the end", cut(end)),
        case("cut: amid the end", cut(end + 10)),
        case("cut: comment announced", patched(end + 20, &[9, 0])),
        case("end: more entries than there are", patched(end + 8, &[9, 0, 9, 0])),
        case("end: no entries", patched(end + 8, &[0, 0, 0, 0])),
        case("end: 65,535 entries", patched(end + 8, &[0xff; 4])),
        case("end: directory elsewhere", patched(end + 16, &[1, 0, 0, 0])),
        case("end: directory beyond", patched(end + 16, &[0xff, 0xff, 0xff, 0x7f])),
        case("end: directory of 4 GB", patched(end + 12, &[0xff; 4])),
        case("end: another disk", patched(end + 4, &[1, 0])),
        case("directory: data beyond", patched(directory + 42, &[0xff, 0xff, 0xff, 0x7f])),
        case("directory: data within itself", patched(directory + 42, &(directory as u32).to_le_bytes())),
        case("directory: long name", patched(directory + 28, &[0xff, 0xff])),
        case("directory: long extra", patched(directory + 30, &[0xff, 0xff])),
        case("local: another method", patched(8, &[0, 0])),
        case("local: encrypted", patched(6, &[1, 0])),
        case("local: no mark", patched(0, b"XX")),
        case("around: noise before", [b"noise".repeat(10), good.clone()].concat()),
        case("around: noise behind", [good.clone(), b"noise".repeat(10)].concat()),
        case("around: twice", [good.clone(), good.clone()].concat()),
        case("around: XML before", [STATUS.as_bytes().to_vec(), good.clone()].concat()),
        case("names: twice", zip(&[report("a.xml"), report("a.xml")])),
        case("names: twice in other case", zip(&[report("a.xml"), report("A.XML")])),
        case("names: file and folder", zip(&[report("a"), report("a/")])),
        case("nested: zip", zip(&[entry("a.zip", &good)])),
        case("nested: gzip", zip(&[entry("a.gz", &gzip(REPORT.as_bytes()))])),
        case("nested: gzip of zip", gzip(&good)),
        case("nested: gzip of gzip", gzip(&gzip(REPORT.as_bytes()))),
        case("empty: no entry", zip(&[])),
        case("empty: an empty entry", zip(&[entry("a.xml", b"")])),
        case("empty: mark only", b"PK\x03\x04".to_vec()),
    ]
}

fn bombs() -> Vec<Case> {
    let blank = |length: usize| [b"<?xml version='1.0'?><a>".to_vec(), vec![b' '; length]].concat();
    let many =
        |count: usize| (0..count).map(|number| entry(&format!("{number}.xml"), b"<a/>")).collect::<Vec<_>>();
    let packed = gzip(REPORT.as_bytes());
    let mut flagged = packed.clone();
    flagged[3] = 0xe0;
    let mut other = packed.clone();
    other[2] = 7;
    vec![
        case("bomb: gzip of 32 MiB", gzip(&blank(32 << 20))),
        case("bomb: zip of 32 MiB", zip(&[entry("a.xml", &blank(32 << 20))])),
        case("bomb: 10,000 entries", zip(&many(10_000))),
        case("bomb: zip of zips", zip(&[entry("a.zip", &zip(&[entry("b.xml", &blank(8 << 20))]))])),
        case("bomb: 2,000 gzip members", gzip(b"").repeat(2_000)),
        case("gzip: reserved flags", flagged),
        case("gzip: method 7", other),
        case("gzip: header only", packed[..10].to_vec()),
        case("gzip: no trailer", packed[..packed.len() - 8].to_vec()),
        case("gzip: wrong sum", [&packed[..packed.len() - 8], &[0; 8]].concat()),
        case("gzip: noise behind", [packed.clone(), b"noise".to_vec()].concat()),
        case("gzip: second member cut", [packed.clone(), packed[..20].to_vec()].concat()),
        case("gzip: empty content", gzip(b"")),
        case(
            "gzip: name without an end",
            [b"\x1f\x8b\x08\x08\0\0\0\0\0\xff".to_vec(), vec![b'n'; 100_000]].concat(),
        ),
    ]
}

/// What is said of each case is a fixture: `name = documents with records, codes`.
#[test]
fn each_hostile_archive_gets_its_codes_in_time() {
    let expected = include_str!("../../fixtures/hostile/archives.txt");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (name, octets) in [names(), entries(), whole(), bombs()].concat() {
        let began = Instant::now();
        let (documents, _) = read_seekable(&octets);
        assert!(began.elapsed() < PATIENCE, "{name}");
        let read = documents.iter().filter(|document| document.is_valid()).count();
        let mut codes: Vec<&str> = documents.iter().flat_map(Document::codes).collect();
        codes.dedup();
        let said = format!("{name} = {read} read {}", codes.join(" ")).trim_end().to_owned();
        if !expected.lines().any(|line| line == said) {
            wrong.push(said);
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "otherwise:\n{}", wrong.join("\n"));
    assert!(count >= 60 && expected.lines().count() == count, "{count}");
}
