//! Memory of the program as a process of its own, whose address space is bounded from outside: large, deep and endless
//! documents come through a pipe. A program that kept them would be ended by the system before it had said its word.

use std::io::Write;
use std::process::{Command, Stdio};

/// Address space that the process gets, in KiB: above what it needs to start, below what is sent with `HOSTILE_LARGE=1`.
const SPACE_KIB: u64 = 400 * 1024;
/// Octets sent at most, unless `HOSTILE_LARGE=1` asks for more than the address space could hold.
const SENT_USUAL: usize = 16 * 1024 * 1024;
const SENT_LARGE: usize = 600 * 1024 * 1024;
/// Resident memory at its peak, in KiB: what the program takes for a small document, and less than what is sent beside it.
/// The sheet of hostile input allows 64 MiB.
const RESIDENT_KIB_MAX: u64 = 32 * 1024;

/// What is sent: a beginning, a piece that comes again and again, the end, and the exit code with a word of the output.
type Case = (&'static str, &'static str, &'static str, (i32, &'static str));

const ENTRY: &str =
    "<Ntry><Amt Ccy=\"EUR\">12.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BkTxCd/></Ntry>";
const BEGIN: &str = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-02T08:00:00Z</CreDtTm></GrpHdr><Ntfctn><Id>N1</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>";
const END: &str = "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>";

const CASES: &[Case] = &[
    (BEGIN, ENTRY, END, (0, "valid")),
    (BEGIN, "<Wrong/>", END, (1, "schema.unexpected_element")),
    (BEGIN, "<!-- x -->", END, (0, "valid")),
    (BEGIN, "                                ", END, (1, "xml.limit")),
    ("<a>", "<b>", "", (1, "xml.limit")),
    ("<a>", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "</a>", (1, "xml.limit")),
    ("<a b='", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "'/>", (1, "xml.limit")),
    ("<", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "/>", (1, "xml.limit")),
    ("<!--", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "--><a/>", (1, "xml.limit")),
    ("<a ", "b='c' ", "/>", (1, "xml.")),
    ("<Envelope>", "<Document><x/></Document>", "</Envelope>", (1, "schema.unknown")),
];

/// Runs a command of the program under the bound, with a document through its standard input; gives the exit code, what it
/// printed and its peak of resident memory in KiB.
fn run(command: &str, case: &Case) -> (i32, String, u64) {
    let program = env!("CARGO_BIN_EXE_girogate");
    // The shell's last word is the peak of its children, which `time` of bash does not tell.
    let script = format!(
        "ulimit -v {SPACE_KIB}; \"$1\" {command} - | head -c 20000; code=${{PIPESTATUS[0]}}; cat >/dev/null; exit $code"
    );
    let measured = format!("exec /usr/bin/python3 -c '{MEASURE}' bash -c \"$0\" x \"$1\"");
    let mut child = Command::new("bash")
        .args(["-c", &measured, &script, program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let (begin, piece, end) = (case.0, case.1.repeat(1 + 65_536 / case.1.len()), case.2);
    let large = std::env::var_os("HOSTILE_LARGE").is_some_and(|value| value == "1");
    let limit = if large { SENT_LARGE } else { SENT_USUAL };
    let writer = std::thread::spawn(move || {
        let mut sent = pipe.write_all(begin.as_bytes());
        let mut octets = 0;
        while sent.is_ok() && octets < limit {
            sent = pipe.write_all(piece.as_bytes());
            octets += piece.len();
        }
        // The program may have stopped listening, which is what is asked of it.
        let _ = sent.and_then(|()| pipe.write_all(end.as_bytes()));
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let peak = errors.lines().rev().find_map(|line| line.strip_prefix("peak ")?.parse().ok());
    let code = output.status.code().unwrap_or(-1);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (code, format!("{text}{errors}"), peak.unwrap_or(u64::MAX))
}

/// Runs its arguments and tells the peak of resident memory of the largest process below, in KiB.
const MEASURE: &str = "import resource,subprocess,sys; code=subprocess.call(sys.argv[1:]); print(\"peak\",resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,file=sys.stderr); sys.exit(code)";

#[test]
fn memory_stays_flat_whatever_is_sent() {
    if Command::new("/usr/bin/python3").arg("--version").output().is_err() {
        eprintln!("SKIPPED: no Python to measure memory with");
        return;
    }
    let mut wrong = Vec::new();
    for command in ["validate", "parse"] {
        for case in CASES {
            let (code, text, peak) = run(command, case);
            let (expected, word) = case.3;
            // `parse` prints the records, so its last word is cut off with the rest.
            let said = command == "parse" || text.contains(word);
            if code != expected && !(command == "parse" && code != -1) || !said || peak > RESIDENT_KIB_MAX {
                let shown: String = text.chars().take(300).collect();
                wrong.push(format!("{command} {:?}: exit {code}, peak {peak} KiB, {shown}", &case.1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
