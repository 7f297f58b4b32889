//! The command line as a process: exit codes, what stands on which output, files that are written. Judged by xmllint and xmlsec1
//! where they are installed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "cli/definitions.rs"]
mod definitions;
#[path = "cli/words.rs"]
mod words;

use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const GOOD_ROW: &str = "a-1,demo-eur,12.50,EUR,Zoe Example,DE89370400440532013000\n";
const BAD_ROW: &str = "a-2,demo-eur,1.50,EUR,Bob Example,DE89370400440532013001\n";
const HEADER: &str =
    "external_id,debtor.account_ref,amount.value,amount.currency,creditor.name,creditor_account.iban\n";
const NOW: &str = "2026-11-23T08:00:00Z";

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn girogate(arguments: &[&str]) -> Ran {
    ran(Command::new(env!("CARGO_BIN_EXE_girogate")).args(arguments).stdin(Stdio::null()).output().unwrap())
}

fn girogate_fed(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_girogate"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses before it reads leaves the rest in the pipe.
    let fed = child.stdin.take().unwrap().write_all(input);
    assert!(fed.is_ok() || fed.is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe));
    ran(child.wait_with_output().unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Whether a tool that judges independently is there.
fn judge(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok();
    if !found {
        eprintln!("SKIPPED: {tool} is not installed");
    }
    found
}

fn official(message: &str) -> Option<PathBuf> {
    let path =
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/xsd")).join(format!("{message}.xsd"));
    if !path.is_file() {
        eprintln!("SKIPPED: no official schema of {message} beside the project");
    }
    path.is_file().then_some(path)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A folder with the development keys and a converted document.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        let made = girogate(&["keys", "dev-pki", &bench.path("pki")]);
        assert_eq!(made.code, 0, "{}", made.err);
        let fed = girogate_fed(
            &["convert", "-", "--to", "pain.001.001.09", "--now", NOW, "-o", &bench.path("plain.xml")],
            format!("{HEADER}{GOOD_ROW}").as_bytes(),
        );
        assert_eq!((fed.code, fed.err.as_str()), (0, "1 converted\n"));
        bench
    }

    fn path(&self, name: &str) -> String {
        text(&self.folder.path().join(name)).to_owned()
    }

    fn pem(&self, name: &str) -> String {
        self.path(&format!("pki/{name}.pem"))
    }

    fn sign(&self, more: &[&str]) -> Ran {
        let (key, cert) = (self.pem("gateway-signing-key"), self.pem("gateway-signing-cert"));
        let (plain, signed) = (self.path("plain.xml"), self.path("signed.xml"));
        let mut arguments =
            vec!["sign", "--scheme", "xmldsig", "--key", &key, "--cert", &cert, &plain, "-o", &signed];
        arguments.extend(more);
        girogate(&arguments)
    }

    fn verify(&self, cert: &str, more: &[&str]) -> Ran {
        let (cert, signed) = (self.pem(cert), self.path("signed.xml"));
        let mut arguments = vec!["verify", "--scheme", "xmldsig", "--cert", &cert, &signed];
        arguments.extend(more);
        girogate(&arguments)
    }
}

#[test]
fn wrong_use_is_two_and_help_is_none() {
    for arguments in
        [&["frobnicate"][..], &[], &["validate"], &["convert", "-"], &["columns", "--format", "xml"]]
    {
        let said = girogate(arguments);
        assert_eq!(said.code, 2, "{arguments:?}");
        assert!(said.out.is_empty() && said.err.contains("--help"), "{arguments:?}: {}", said.err);
    }
    let help = girogate(&["--help"]);
    assert_eq!(help.code, 0);
    assert!(help.out.contains("Exit codes: 0 done"), "{}", help.out);
    assert_eq!(girogate(&["--version"]).out, format!("girogate {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn columns_explain_themselves_and_the_examples_convert() {
    let said = girogate(&["columns", "--format", "json"]);
    assert_eq!(said.code, 0);
    let said = lines(&said.out);
    assert!(
        said.iter().any(|line| line["column"] == "creditor_account.iban" && line["explanation"].is_string())
    );
    for form in ["iban", "gb", "us"] {
        let example = said.iter().find(|line| line["form"] == form).unwrap()["example"].as_object().unwrap();
        let header: Vec<&str> = example.keys().map(String::as_str).collect();
        let row: Vec<&str> = example.values().map(|cell| cell.as_str().unwrap()).collect();
        let csv = format!("{}\n{}\n", header.join(","), row.join(","));
        let converted =
            girogate_fed(&["convert", "-", "--to", "pain.001.001.09", "--now", NOW], csv.as_bytes());
        assert_eq!(converted.code, 0, "{form}: {}", converted.err);
        assert_eq!(converted.out.matches("<CdtTrfTxInf>").count(), 1, "{form}");
    }
    let human = girogate(&["columns"]);
    assert!(
        human.out.contains("\nexample, account form iban:\nexternal_id,debtor.account_ref,"),
        "{}",
        human.out
    );
}

#[test]
fn a_refused_row_stops_the_file_unless_it_may_be_left_out() {
    let bench = Bench::new();
    let csv = format!("{HEADER}{GOOD_ROW}{BAD_ROW}");
    let (file, output) = (bench.path("payouts.csv"), bench.path("out.xml"));
    std::fs::write(&file, &csv).unwrap();
    let arguments = ["convert", &file, "--to", "pain.001.001.09", "--now", NOW, "-o", &output];
    let refused = girogate(&arguments);
    let listed = "3:creditor_account.iban: iban.checksum: IBAN check digits do not match\n";
    assert_eq!((refused.code, refused.err), (1, format!("{listed}1 refused, nothing written\n")));
    assert!(!Path::new(&output).exists());

    let skipped = girogate(&[&arguments[..], &["--skip-refused"]].concat());
    assert_eq!((skipped.code, skipped.err), (1, format!("{listed}1 converted, 1 refused and left out\n")));
    let written = std::fs::read_to_string(&output).unwrap();
    assert_eq!(
        written,
        std::fs::read_to_string(bench.path("plain.xml")).unwrap(),
        "same rows, same time, same octets"
    );
    let beside = std::fs::read_dir(bench.folder.path()).unwrap().flatten();
    assert!(beside.into_iter().all(|entry| !entry.file_name().to_string_lossy().ends_with(".part")));

    let machine = girogate(&[&arguments[..], &["--format", "json"]].concat());
    let said = lines(&machine.err);
    assert_eq!(machine.code, 1);
    assert_eq!(
        (&said[0]["row"], &said[0]["column"]),
        (&Value::from(3), &Value::from("creditor_account.iban"))
    );
    assert_eq!(
        (&said[0]["code"], &said[0]["severity"]),
        (&Value::from("iban.checksum"), &Value::from("error"))
    );
    assert_eq!(said.last().unwrap(), &serde_json::json!({ "converted": 0, "refused": 1 }));
}

#[test]
fn every_way_to_write_payouts_gives_the_same_document() {
    let csv = girogate_fed(
        &["convert", "-", "--to", "pain.001.001.09", "--now", NOW],
        format!("{HEADER}{GOOD_ROW}").as_bytes(),
    );
    let object = r#"{"external_id":"a-1","debtor":{"account_ref":"demo-eur"},"amount":{"value":"12.50","currency":"EUR"},
        "creditor":{"name":"Zoe Example"},"creditor_account":{"iban":"DE89370400440532013000"}}"#;
    let json = girogate_fed(
        &["convert", "-", "--input-format", "json", "--to", "pain.001.001.09", "--now", NOW],
        object.as_bytes(),
    );
    let line = format!("{}\n", object.replace('\n', ""));
    let ndjson = girogate_fed(
        &["convert", "-", "--input-format", "ndjson", "--to", "pain.001.001.09", "--now", NOW],
        line.as_bytes(),
    );
    let semicolons = format!("{HEADER}{GOOD_ROW}").replace(',', ";");
    let semicolons = girogate_fed(
        &["convert", "-", "--input-format", "csv-semicolon", "--to", "pain.001.001.09", "--now", NOW],
        semicolons.as_bytes(),
    );
    assert!(csv.out.contains("<InstdAmt Ccy=\"EUR\">12.50</InstdAmt>"), "{}", csv.out);
    for other in [json, ndjson, semicolons] {
        assert_eq!((other.code, &other.out), (0, &csv.out), "{}", other.err);
    }
}

#[test]
fn converted_documents_are_valid_by_the_official_schemas() {
    if !judge("xmllint") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for message in ["pain.001.001.03", "pain.001.001.09", "pain.001.001.12"] {
        let Some(schema) = official(message) else { return };
        let output = folder.path().join(format!("{message}.xml"));
        let converted = girogate_fed(
            &["convert", "-", "--to", message, "-o", text(&output)],
            format!("{HEADER}{GOOD_ROW}").as_bytes(),
        );
        assert_eq!(converted.code, 0, "{}", converted.err);
        let judged = ran(Command::new("xmllint")
            .args(["--noout", "--schema", text(&schema), text(&output)])
            .output()
            .unwrap());
        assert_eq!(judged.code, 0, "{message}: {}", judged.err);
        assert_eq!(girogate(&["validate", text(&output)]).code, 0);
        assert_eq!(girogate(&["validate", "--schema", text(&schema), text(&output)]).code, 0);
    }
}

#[test]
fn an_input_without_payouts_or_without_file_is_told_apart() {
    let empty = girogate_fed(&["convert", "-", "--to", "pain.001.001.09"], HEADER.as_bytes());
    assert_eq!(
        (empty.code, empty.err.as_str()),
        (1, "girogate: error: convert.empty: -: no payouts to write\n")
    );
    let missing = girogate(&["convert", "nowhere.csv", "--to", "pain.001.001.09"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.starts_with("girogate: error: input.missing: nowhere.csv: "), "{}", missing.err);
    let missing = girogate(&["--format", "json", "parse", "nowhere.xml"]);
    assert_eq!(lines(&missing.err)[0]["error"], "input.missing");
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("no/such/folder/out.xml");
    let unwritable = girogate_fed(
        &["convert", "-", "--to", "pain.001.001.09", "-o", text(&output)],
        format!("{HEADER}{GOOD_ROW}").as_bytes(),
    );
    assert_eq!(unwritable.code, 3, "{}", unwritable.err);
    assert!(unwritable.err.contains("error: output.write: "), "{}", unwritable.err);
}

#[test]
fn a_configuration_takes_the_place_of_the_demonstration() {
    let bench = Bench::new();
    let (file, csv) =
        (bench.path("girogate.toml"), format!("{HEADER}{GOOD_ROW}").replace("demo-eur", "payroll"));
    let csv_file = bench.path("payouts.csv");
    std::fs::write(&csv_file, &csv).unwrap();
    let arguments = ["convert", "-", "--to", "pain.001.001.09", "--now", NOW, "-c", &file];
    std::fs::write(&file, CONFIGURATION).unwrap();
    let key = bench.folder.path().join("id.key");
    std::fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
    close_to_others(&key);
    let converted = girogate_fed(&arguments, csv.as_bytes());
    assert_eq!(converted.code, 0, "{}", converted.err);
    assert!(
        converted.out.contains("<Nm>Example Payroll Ltd</Nm>")
            && converted.out.contains("DE90999999990000004711")
    );

    for (from, to, said) in [
        ("tenant =", "tenants =", "girogate.toml:4:1: unknown field `tenants`"),
        ("version = 1", "version = 2", "girogate.toml:1:11: version: this program reads version 1"),
        ("4711", "4712", "girogate.toml:24:8: account[0].iban: IBAN check digits do not match"),
        ("bank = \"house\"", "bank = \"home\"", "girogate.toml:23:8: account[0].bank: no bank of that id"),
    ] {
        std::fs::write(&file, CONFIGURATION.replace(from, to)).unwrap();
        let refused = girogate_fed(&arguments, csv.as_bytes());
        assert_eq!(refused.code, 2, "{said}: {}", refused.err);
        assert!(
            refused.err.contains(said) && refused.err.contains("girogate.toml"),
            "{said}: {}",
            refused.err
        );
    }
}

const CONFIGURATION: &str = r#"version = 1
[gateway]
data_dir = "data"
tenant = "example"
id_key = "id.key"
[api]
listen = "127.0.0.1:0"
certificate = "a"
key = "b"
client_ca = "c"
clients = []
[[bank]]
id = "house"
profile = "reference-rfc9421"
base_url = "https://127.0.0.1:9443"
server_ca = "c"
[bank.keys]
tls = { certificate = "a", key = "b" }
signing = { certificate = "a", key = "b" }
bank_signing = "d"
[[account]]
ref = "payroll"
bank = "house"
iban = "DE90999999990000004711"
currency = "EUR"
name = "Example Payroll Ltd"
"#;

#[cfg(unix)]
fn close_to_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn close_to_others(_path: &Path) {}

#[test]
fn validate_names_the_place_of_every_breach() {
    let bench = Bench::new();
    let plain = bench.path("plain.xml");
    let valid = girogate(&["validate", &plain]);
    assert_eq!((valid.code, valid.out), (0, format!("{plain}: valid (pain.001.001.09)\n")));

    let broken = bench.path("broken.xml");
    let text =
        std::fs::read_to_string(&plain).unwrap().replace("<NbOfTxs>1</NbOfTxs>", "\n <NbOfTxs>one</NbOfTxs>");
    std::fs::write(&broken, text).unwrap();
    let invalid = girogate(&["validate", &broken, &plain]);
    assert_eq!(invalid.code, 1);
    let first = invalid.out.lines().next().unwrap();
    assert!(first.starts_with(&format!("{broken}:")) && first.contains(": schema."), "{first}");
    assert!(first.contains("(/Document/CstmrCdtTrfInitn/GrpHdr/NbOfTxs)"), "{first}");
    assert!(invalid.out.contains(&format!("{plain}: valid")), "the other file is judged all the same");

    let machine = girogate(&["validate", "--format", "json", &broken]);
    let said = lines(&machine.out);
    assert_eq!((&said[0]["file"], &said[0]["record"]), (&Value::from(broken), &Value::from("deviation")));
    assert!(said[0]["line"].as_u64().unwrap() > 1 && said[0]["column"].as_u64().unwrap() > 1);
    let verdict = said.last().unwrap();
    assert_eq!((&verdict["record"], &verdict["valid"]), (&Value::from("verdict"), &Value::from(false)));
}

#[test]
fn of_several_ends_the_greatest_counts() {
    let bench = Bench::new();
    let plain = bench.path("plain.xml");
    let cut = bench.path("cut.xml");
    let octets = std::fs::read(&plain).unwrap();
    std::fs::write(&cut, &octets[..octets.len() / 2]).unwrap();
    let several = girogate(&["validate", &cut, "nowhere.xml", &plain]);
    assert_eq!(several.code, 2);
    assert!(several.out.contains("xml.not_well_formed") && several.out.contains(&format!("{plain}: valid")));
    assert_eq!(girogate(&["validate", &cut]).code, 1);
    let fed = girogate_fed(&["validate", "-"], &octets);
    assert_eq!((fed.code, fed.out.as_str()), (0, "-: valid (pain.001.001.09)\n"));
}

#[test]
fn a_schema_of_the_user_judges_and_a_bad_one_is_wrong_use() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("note.xsd");
    std::fs::write(&schema, NOTE).unwrap();
    let judged =
        |document: &str| girogate_fed(&["validate", "--schema", text(&schema), "-"], document.as_bytes());
    assert_eq!(judged("<Note xmlns=\"urn:note\"><Nb>12</Nb></Note>").code, 0);
    let refused = judged("<Note xmlns=\"urn:note\"><Nb>12a</Nb></Note>");
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("schema.facet.pattern"), "{}", refused.out);
    std::fs::write(&schema, NOTE.replace("xs:sequence", "xs:all")).unwrap();
    let unsupported = judged("<Note xmlns=\"urn:note\"><Nb>12</Nb></Note>");
    assert_eq!(unsupported.code, 2);
    assert!(unsupported.err.contains("xsd.unsupported"), "{}", unsupported.err);
}

const NOTE: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:note" targetNamespace="urn:note" elementFormDefault="qualified">
<xs:element name="Note" type="Note"/>
<xs:complexType name="Note"><xs:sequence><xs:element name="Nb" type="Nb"/></xs:sequence></xs:complexType>
<xs:simpleType name="Nb"><xs:restriction base="xs:string"><xs:pattern value="[0-9]{1,5}"/></xs:restriction></xs:simpleType>
</xs:schema>
"#;

#[test]
fn restating_twice_is_restating_once() {
    let once = girogate_fed(&["schema", "restate", "-"], NOTE.as_bytes());
    assert_eq!(once.code, 0, "{}", once.err);
    assert!(once.out.contains("<xs:pattern value=\"[0-9]{1,5}\"/>"), "{}", once.out);
    let twice = girogate_fed(&["schema", "restate", "-"], once.out.as_bytes());
    assert_eq!((twice.code, twice.out), (0, once.out));
    assert_eq!(girogate_fed(&["schema", "restate", "-"], b"<no").code, 1);
}

const NOTIFICATION: &str = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-11-22T10:00:00Z</CreDtTm></GrpHdr>
<Ntfctn><Id>N-1</Id><Acct><Id><IBAN>DE90999999990000004711</IBAN></Id></Acct>
<Ntry><Amt Ccy="EUR">12.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>a-1</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"#;

#[test]
fn parse_prints_records_and_says_by_its_end_whether_they_deviate() {
    let read = girogate_fed(&["parse", "-"], NOTIFICATION.as_bytes());
    assert_eq!(read.code, 0, "{}", read.out);
    let kinds: Vec<String> =
        lines(&read.out).iter().map(|line| line["record"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["document", "account_report", "entry", "transaction", "verdict"]);
    let records = lines(&read.out);
    assert_eq!(
        (&records[0]["file"], &records[0]["message"]),
        (&Value::from("-"), &Value::from("camt.054.001.08"))
    );
    assert_eq!(
        (&records[2]["amount"], &records[2]["direction"]),
        (&Value::from("12.50"), &Value::from("debit"))
    );
    assert_eq!(records[3]["end_to_end_id"], "a-1");
    assert_eq!((&records[4]["valid"], &records[4]["records"]), (&Value::from(true), &Value::from(3)));

    let deviating = NOTIFICATION.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>");
    let read = girogate_fed(&["parse", "-"], deviating.as_bytes());
    assert_eq!(read.code, 1);
    let records = lines(&read.out);
    assert!(records.iter().any(|line| line["record"] == "deviation"), "{}", read.out);
    assert!(records.iter().any(|line| line["record"] == "transaction"), "what is readable is read");
    assert_eq!(records.last().unwrap()["valid"], false);

    let cut = NOTIFICATION.get(..NOTIFICATION.len() / 2).unwrap();
    let read = girogate_fed(&["parse", "-"], cut.as_bytes());
    assert_eq!(read.code, 1);
    assert_eq!(lines(&read.out).last().unwrap()["record"], "verdict");
}

#[test]
fn a_signed_document_verifies_here_and_in_xmlsec1() {
    let bench = Bench::new();
    let signed = bench.sign(&[]);
    assert_eq!((signed.code, signed.out.as_str()), (0, ""), "{}", signed.err);
    let verified = bench.verify("gateway-signing-cert", &[]);
    assert_eq!(verified.code, 0, "{}", verified.out);
    assert!(verified.out.contains(": valid: /Document signed by CN="), "{}", verified.out);
    let machine = bench.verify("gateway-signing-cert", &["--format", "json"]);
    assert_eq!(lines(&machine.out)[0]["valid"], true);
    if judge("xmlsec1") {
        let (ca, signed) = (bench.pem("ca-cert"), bench.path("signed.xml"));
        let judged =
            ran(Command::new("xmlsec1").args(["--verify", "--trusted-pem", &ca, &signed]).output().unwrap());
        assert_eq!(judged.code, 0, "{}{}", judged.out, judged.err);
    }
}

#[test]
fn what_does_not_verify_is_a_finding_and_what_cannot_sign_is_wrong_use() {
    let bench = Bench::new();
    assert_eq!(bench.sign(&[]).code, 0);
    let foreign = bench.verify("bank-signing-cert", &[]);
    assert_eq!(foreign.code, 1);
    assert!(foreign.out.contains("not valid: xmldsig.unknown_certificate"), "{}", foreign.out);
    let early = bench.verify("gateway-signing-cert", &["--as-of", "2001-01-01T00:00:00Z"]);
    assert!(early.code == 1 && early.out.contains("certificate.not_yet_valid"), "{}", early.out);
    let late = bench.verify("gateway-signing-cert", &["--as-of", "2101-01-01T00:00:00Z"]);
    assert!(late.code == 1 && late.out.contains("certificate.expired"), "{}", late.out);
    assert_eq!(bench.verify("no-such-cert", &[]).code, 2);

    let signed = bench.path("signed.xml");
    let changed = std::fs::read_to_string(&signed).unwrap().replace("12.50", "12.51");
    std::fs::write(&signed, changed).unwrap();
    let changed = bench.verify("gateway-signing-cert", &["--format", "json"]);
    assert_eq!((changed.code, &lines(&changed.out)[0]["code"]), (1, &Value::from("xmldsig.digest_mismatch")));

    let nowhere = bench.sign(&["--place", "/Document/NoSuchElement"]);
    assert!(nowhere.code == 1 && nowhere.err.contains("xmldsig.place"), "{}", nowhere.err);
    assert_eq!(bench.sign(&["--place", "//*"]).code, 2);
    let (key, cert, plain) =
        (bench.pem("bank-signing-key"), bench.pem("gateway-signing-cert"), bench.path("plain.xml"));
    let mismatched = girogate(&["sign", "--scheme", "xmldsig", "--key", &key, "--cert", &cert, &plain]);
    assert!(mismatched.code == 2 && mismatched.err.contains("xmldsig.key_mismatch"), "{}", mismatched.err);
    assert!(mismatched.out.is_empty());
}

#[test]
fn development_keys_are_closed_to_others_and_never_overwritten() {
    let bench = Bench::new();
    let again = girogate(&["keys", "dev-pki", &bench.path("pki")]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("dev_pki.exists"), "{}", again.err);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(bench.pem("gateway-tls-key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let machine = girogate(&["--format", "json", "keys", "dev-pki", &bench.path("more")]);
    let files = lines(&machine.out);
    assert_eq!(files.len(), 12);
    assert!(files.iter().all(|line| Path::new(line["file"].as_str().unwrap()).is_file()));
}

/// A reader that has seen enough ends the output without a failure.
#[test]
fn a_closed_pipe_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_girogate"))
        .args(["columns"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = ran(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
}

#[test]
fn an_age_has_a_unit() {
    for wrong in ["", "3", "d", "-1h", "3w", "9223372036854775807d", "1é"] {
        let said = girogate(&["list", &format!("--age={wrong}")]);
        assert_eq!(said.code, 2, "{wrong}");
        assert!(said.err.contains("a number and s, m, h or d"), "{wrong}: {}", said.err);
    }
    let said = girogate(&["list", "--age=90s"]);
    assert!(!said.err.contains("a number and s, m, h or d"), "{}", said.err);
}

#[test]
fn a_pipe_is_anonymised_like_a_file_and_what_could_not_be_avoided_is_a_finding() {
    let document = |texts: &str| format!("<a><Nm>Erika</Nm>{texts}</a>");
    let few = girogate_fed(&["--format", "json", "anonymise", "-"], document("").as_bytes());
    assert_eq!((few.code, few.out.len()), (0, document("").len()), "{}", few.err);
    assert!(!few.out.contains("Erika"), "{}", few.out);
    let all: String = (0..10_000).map(|number| format!("<b>{number:04}</b>")).collect();
    let many = girogate_fed(&["anonymise", "-"], document(&all).as_bytes());
    assert_eq!((many.code, many.out.len()), (1, document(&all).len()), "{}", many.err);
    assert!(many.err.contains("10000 words became another word of the documents"), "{}", many.err);
}
