#!/usr/bin/env bash
# Compares the stages with other programs on the same files, in turn: whole processes, processor time (user + system), median.
# Ratios above 1 mean that we need less. What is not installed is skipped and named. Nothing fails because it is slow.
#
#   benches/peers.sh [COUNT]     COUNT payments and entries (100000); RUNS=5 rounds; STAGES=path of the built bench
#   benches/peers.sh --large     a camt.053 of LARGE_MB megabytes (4000) through a pipe: time and peak memory, ours alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

large=no
if [ "${1:-}" = --large ]; then large=yes; shift; fi
count=${1:-100000}
runs=${RUNS:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/peers.XXXXXX")
trap 'rm -rf "$work"' EXIT
skipped=()

say() { printf '\n== %s\n' "$*"; }
skip() { echo "SKIPPED: $*"; skipped+=("$*"); }
has() { command -v "$1" >/dev/null 2>&1; }

if [ -z "${STAGES:-}" ]; then
    STAGES=$(cargo bench --bench stages --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\))$/\1/p')
fi
[ -x "$STAGES" ] || { echo "the bench is not built: cargo bench --bench stages --no-run" >&2; exit 2; }

# Seconds of processor time and peak KiB of a command, into the variables `seconds` and `peak`.
timed() {
    local before after
    /usr/bin/time -o "$work/time" -f '%U %S %M' "$@" >"$work/out" 2>"$work/err" || { echo "FAILED: $*"; head -3 "$work/err"; return 1; }
    read -r before after peak < <(tail -1 "$work/time")
    seconds=$(awk -v u="$before" -v s="$after" 'BEGIN { printf "%.3f", u + s }')
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# versus NAME OURS... -- THEIRS...: runs both in turn and prints medians, and the median, least and greatest of the rounds' ratios.
# The clock of processes ticks every 0.01 s, which is the least that a run of ours counts. Ours does `times` as many items. With `gate` the line says whether the median of the ratios reaches it.
times=1
gate=
versus() {
    local name=$1 ours=() theirs=() side=ours round
    shift
    for word in "$@"; do
        if [ "$word" = -- ]; then side=theirs; continue; fi
        if [ $side = ours ]; then ours+=("$word"); else theirs+=("$word"); fi
    done
    : >"$work/ours"; : >"$work/theirs"
    local our_peak=0 their_peak=0
    for ((round = 0; round < runs; round++)); do
        timed "${ours[@]}" || return 0
        echo "$seconds" >>"$work/ours"; our_peak=$peak
        timed "${theirs[@]}" || return 0
        echo "$seconds" >>"$work/theirs"; their_peak=$peak
    done
    paste "$work/ours" "$work/theirs" | awk -v n="$times" '{ print n * $2 / ($1 < 0.01 ? 0.01 : $1) }' | sort -n >"$work/ratios"
    awk -v name="$name" -v a="$(median <"$work/ours")" -v b="$(median <"$work/theirs")" -v p="$our_peak" -v q="$their_peak" \
        -v low="$(head -1 "$work/ratios")" -v mid="$(median <"$work/ratios")" -v high="$(tail -1 "$work/ratios")" -v gate="$gate" \
        'BEGIN { printf "%-58s ours %7.3f s %7d KiB   theirs %7.3f s %8d KiB   ratio %6.2f (%.2f to %.2f)%s\n", name, a, p, b, q, mid, low, high, \
            (gate == "" ? "" : (mid >= gate ? "   gate " gate ": met" : "   gate " gate ": MISSED")) }'
}

# A document larger than anyone's memory: the harness writes it into a pipe, and our peak is what counts.
large() {
    local entries=$((${LARGE_MB:-4000} * 1000000 / 1118)) stage
    say "a camt.053 of $entries entries, about ${LARGE_MB:-4000} MB, through a pipe; then one entry with ${COLLECTIVE:-1000000} transactions"
    for stage in walk parse; do
        "$STAGES" --generate camt.053 "$entries" /dev/stdout | piped "$stage camt.053" "$stage"
    done
    for stage in walk parse; do
        "$STAGES" --generate collective "${COLLECTIVE:-1000000}" /dev/stdout | piped "$stage one entry" "$stage"
    done
}

piped() {
    if timed "$STAGES" --once "$2" /dev/stdin; then
        awk -v name="$1" -v s="$seconds" -v p="$peak" \
            'BEGIN { printf "%-24s %8.1f s of processor time   peak %7d KiB   gate 32 MB: %s\n", name, s, p, (p * 1024 <= 32e6 ? "met" : "MISSED") }'
    fi
}

[ -x /usr/bin/time ] || { echo "needs /usr/bin/time (Debian package time)" >&2; exit 2; }
if [ $large = yes ]; then large; exit; fi
say "inputs"
"$STAGES" --generate pain.001 "$count" "$work/pain.xml"
"$STAGES" --generate camt.054 $((count * 52 / 100)) "$work/camt.xml"
"$STAGES" --generate pain.001 $((count * 8 / 100)) "$work/pain-small.xml"
"$STAGES" --generate camt.054 $((count * 45 / 1000)) "$work/camt-small.xml"
ls -l "$work"/*.xml | awk '{ print $5, $9 }'

say "G1 validate; read + validate + records"
if has xmllint; then
    for size in -small ""; do
        for kind in pain:pain.001.001.09 camt:camt.054.001.08; do
            file=$work/${kind%%:*}$size.xml
            peer=(xmllint --stream --noout --schema "schemas/${kind#*:}.xsd" "$file")
            versus "walk ${kind#*:}$size : xmllint --stream --schema" "$STAGES" --once walk "$file" -- "${peer[@]}"
        done
        file=$work/camt$size.xml
        peer=(xmllint --stream --noout --schema schemas/camt.054.001.08.xsd "$file")
        gate=6
        versus "records camt.054.001.08$size : xmllint --stream --schema" "$STAGES" --once parse "$file" -- "${peer[@]}"
        gate=
    done
    "$STAGES" --generate pain.002 "$count" "$work/status.xml"
    peer=(xmllint --stream --noout --schema schemas/pain.002.001.10.xsd "$work/status.xml")
    gate=6
    versus "records pain.002.001.10 : xmllint --stream --schema" "$STAGES" --once parse "$work/status.xml" -- "${peer[@]}"
    gate=
    peer=(xmllint --huge --noout --schema schemas/camt.054.001.08.xsd "$work/camt.xml")
    versus "records camt.054.001.08 : xmllint --schema, a tree" "$STAGES" --once parse "$work/camt.xml" -- "${peer[@]}"
else skip "xmllint (Debian libxml2-utils)"; fi

if has SAX2Count; then
    for kind in pain:pain.001.001.09 camt:camt.054.001.08; do
        # SAX2Count finds the definition by schemaLocation alone.
        name=${kind#*:}; file=$work/${kind%%:*}.xml; located=$work/located.xml
        space="urn:iso:std:iso:20022:tech:xsd:$name"
        sed "1,2s|<Document xmlns=\"$space\">|<Document xmlns=\"$space\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"$space $PWD/schemas/$name.xsd\">|" "$file" >"$located"
        versus "walk $name : Xerces-C SAX2Count" "$STAGES" --once walk "$file" -- SAX2Count -v=always -f "$located"
        if grep -q "Error" "$work/err"; then head -2 "$work/err"; fi
    done
    gate=5
    versus "records camt.054.001.08 : Xerces-C SAX2Count" "$STAGES" --once parse "$work/camt.xml" -- SAX2Count -v=always -f "$located"
    gate=
else skip "SAX2Count (Debian libxerces-c-samples)"; fi

if has javac && has java; then
    javac -d "$work" benches/peers/Jaxp.java
    versus "records camt.054.001.08 : JAXP, cold" "$STAGES" --once parse "$work/camt.xml" -- java -cp "$work" Jaxp schemas/camt.054.001.08.xsd "$work/camt.xml"
else skip "JAXP (Debian default-jdk-headless)"; fi

with_lxml=
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import lxml' 2>/dev/null; then with_lxml=$candidate; break; fi
done
if [ -n "$with_lxml" ]; then
    versus "records camt.054.001.08 : lxml, a tree" "$STAGES" --once parse "$work/camt.xml" -- "$with_lxml" benches/peers/lxml_validate.py schemas/camt.054.001.08.xsd "$work/camt.xml"
else skip "lxml (Debian python3-lxml)"; fi

# Built outside of our package, with a lock of its own; the types are large and take minutes to build.
typed=${TYPED_PEER:-target/peers/release/typed-peer}
if [ ! -x "$typed" ]; then
    CARGO_TARGET_DIR=target/peers cargo build --quiet --release --manifest-path benches/peers/rust/Cargo.toml 2>"$work/err" || head -3 "$work/err"
fi
if [ -x "$typed" ]; then
    versus "records camt.054.001.08 : open-payments-iso20022, unchecked" "$STAGES" --once parse "$work/camt.xml" -- "$typed" "$work/camt.xml"
else skip "open-payments-iso20022 (cargo build in benches/peers/rust)"; fi

say "G2 write pain.001, validated"
# They get a tenth of the payments, for they need minutes for all: the ratio is of the time for one payment.
payments=$((count / 10))
times=10
python=python3
if ! "$python" -c 'import sepaxml' 2>/dev/null; then
    if python3 -m venv "$work/venv" >/dev/null 2>&1 && "$work/venv/bin/pip" -q install sepaxml >/dev/null 2>&1; then python=$work/venv/bin/python; fi
fi
if "$python" -c 'import sepaxml' 2>/dev/null; then
    cat >"$work/write.py" <<'PYTHON'
import datetime, sys
from sepaxml import SepaTransfer
count, validate = int(sys.argv[1]), sys.argv[2] == "validated"
head = {"name": "Demo Creators Ltd", "IBAN": "DE89370400440532013000", "BIC": "COBADEFFXXX", "batch": True, "currency": "EUR"}
transfer = SepaTransfer(head, schema="pain.001.001.09", clean=True)
for number in range(count):
    transfer.add_payment({
        "name": "Zoe Muller", "IBAN": "DE89370400440532013000", "amount": 100 + number % 250000,
        "execution_date": datetime.date.today() + datetime.timedelta(days=2),
        "address": {"street_name": "Hauptstrasse", "building_number": str(1 + number % 180),
                    "postcode": str(10000 + number % 80000), "town": "Berlin", "country": "DE"},
        "description": f"Reward for November, statement {number}", "endtoend_id": f"creator-{number:06}"})
sys.stdout.buffer.write(transfer.export(validate=validate))
PYTHON
    versus "write $count, walked : sepaxml $payments, validated" "$STAGES" --once write-checked "$count" -- "$python" "$work/write.py" "$payments" validated
    versus "write $count : sepaxml $payments, not validated" "$STAGES" --once write "$count" -- "$python" "$work/write.py" "$payments" plain
else skip "sepaxml (pip install sepaxml)"; fi
if has node && has npm && (cd "$work" && npm install --silent --no-audit --no-fund sepa >/dev/null 2>&1); then
    cat >"$work/write.js" <<'NODE'
const SEPA = require('sepa');
const count = Number(process.argv[2]);
const document = new SEPA.Document('pain.001.001.09');
document.grpHdr.id = 'BENCH-1'; document.grpHdr.created = new Date(); document.grpHdr.initiatorName = 'Demo Creators Ltd';
const info = document.createPaymentInfo();
info.requestedExecutionDate = new Date(); info.debtorIBAN = 'DE89370400440532013000';
info.debtorBIC = 'COBADEFFXXX'; info.debtorName = 'Demo Creators Ltd'; info.debtorId = 'DE98ZZZ09999999999';
document.addPaymentInfo(info);
for (let number = 0; number < count; number++) {
  const transaction = info.createTransaction();
  transaction.creditorName = 'Zoe Muller'; transaction.creditorIBAN = 'DE89370400440532013000';
  transaction.creditorBIC = 'COBADEFFXXX'; transaction.remittanceInfo = 'Reward for November, statement ' + number;
  transaction.amount = 1 + number % 250000; transaction.end2endId = 'creator-' + number;
  info.addTransaction(transaction);
}
process.stdout.write(document.toString());
NODE
    versus "write $count, walked : sepa.js $payments, not validated" "$STAGES" --once write-checked "$count" -- node "$work/write.js" "$payments"
else skip "sepa.js (node, npm install sepa)"; fi
skip "pain001 (Python): takes its payments from a table on disk, so that its writing alone cannot be timed here"

times=1
say "G3 XML-DSig of the pain.001"
if has xmlsec1 && has openssl; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 30 -subj "/CN=bench" \
        -addext keyUsage=digitalSignature >/dev/null 2>&1
    chmod 600 "$work/key.pem"
    template='<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>'
    sed "s|</Document>\$|$template</Document>|" "$work/pain.xml" >"$work/template.xml"
    versus "sign : xmlsec1" "$STAGES" --once sign "$work/pain.xml" "$work/key.pem" "$work/cert.pem" "$work/signed.xml" -- \
        xmlsec1 --sign --privkey-pem "$work/key.pem,$work/cert.pem" --output "$work/theirs.xml" "$work/template.xml"
    versus "verify : xmlsec1" "$STAGES" --once verify "$work/signed.xml" "$work/cert.pem" -- \
        xmlsec1 --verify --trusted-pem "$work/cert.pem" "$work/signed.xml"
else skip "xmlsec1, openssl"; fi

if [ ${#skipped[@]} -gt 0 ]; then say "skipped"; printf '%s\n' "${skipped[@]}"; fi
