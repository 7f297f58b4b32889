//! Real messages: our verdict against xmllint's, with the official definitions, for roots and for wrapped documents.

use std::path::{Path, PathBuf};
use std::process::Command;

use girogate::schema::event::Limits;
use girogate::schema::model::Schema;
use girogate::schema::walk::{Namespace, Step, Walk};

use super::oracle::{self, Says};
use super::{official, shared};

/// Takes the `Document` out of its wrapper, namespace declarations included, with a parser that is not ours.
const EXTRACT: &str = "
import sys
from lxml import etree
for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        tree = etree.parse(source, etree.XMLParser(huge_tree=True))
    except etree.XMLSyntaxError:
        print('-')
        continue
    found = [e for e in tree.iter() if isinstance(e.tag, str) and etree.QName(e).localname == 'Document']
    if not found:
        print('-')
        continue
    etree.ElementTree(found[0]).write(target, encoding='UTF-8', with_tail=False)
    print(etree.QName(found[0]).namespace or '-')
";

struct Case {
    file: PathBuf,
    extracted: PathBuf,
    /// Namespace of its `Document`, as the other parser saw it.
    namespace: String,
}

#[test]
fn the_corpus_gets_the_verdict_that_xmllint_gives() {
    let (Some(corpus), Some(definitions)) = (shared("corpus"), shared("xsd")) else { return };
    if !oracle::is_present() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(cases) = cases(&corpus, folder.path()) else { return };
    let mut compared = 0;
    let mut valid = 0;
    for case in &cases {
        let Some(id) = case.namespace.rsplit(':').next() else { continue };
        let path = definitions.join(format!("{id}.xsd"));
        if !case.namespace.starts_with("urn:iso:std:iso:20022:tech:xsd:") || !path.exists() {
            continue;
        }
        let schema = official(&path);
        let theirs = oracle::judge(&path, std::slice::from_ref(&case.extracted))[&case.extracted];
        let ours = wrapped(&case.file, &schema);
        assert_eq!(ours, theirs, "{}", case.file.display());
        compared += 1;
        valid += usize::from(ours == Says::Valid);
    }
    eprintln!("{compared} documents compared, {valid} valid");
    assert!(compared > 140 && valid > 50 && valid < compared, "{compared} compared, {valid} valid");
}

/// Every document of the corpus, extracted. None where no python with lxml is installed.
fn cases(corpus: &Path, folder: &Path) -> Option<Vec<Case>> {
    let manifest = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).unwrap();
    let files: Vec<PathBuf> = manifest
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next())
        .map(|file| corpus.join(file))
        .collect();
    let targets: Vec<PathBuf> = (0..files.len()).map(|number| folder.join(format!("{number}.xml"))).collect();
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-c", EXTRACT]);
    for (file, target) in files.iter().zip(&targets) {
        command.arg(file).arg(target);
    }
    let output = command.output().ok().filter(|output| output.status.success());
    let Some(output) = output else {
        eprintln!("SKIPPED: no python with lxml is installed");
        return None;
    };
    let namespaces = String::from_utf8(output.stdout).unwrap();
    let cases = files.into_iter().zip(targets).zip(namespaces.lines());
    let build = |((file, extracted), namespace): ((PathBuf, PathBuf), &str)| Case {
        file,
        extracted,
        namespace: namespace.to_owned(),
    };
    Some(cases.map(build).collect())
}

/// Our verdict on the first `Document` of a file, whatever surrounds it.
fn wrapped(file: &Path, schema: &Schema) -> Says {
    let octets = std::fs::read(file).unwrap();
    let mut walk = Walk::without_schema(octets.as_slice(), Limits::default());
    let mut attached = false;
    loop {
        match walk.next() {
            Ok(Step::Start(element)) if !attached && element.local == "Document" => {
                attached = true;
                walk.attach(schema, Namespace::Exact);
            }
            Ok(Step::Finished) => break,
            Ok(_) => {}
            Err(_) => return Says::NotWellFormed,
        }
    }
    if attached && walk.violations_total() == 0 { Says::Valid } else { Says::Invalid }
}
