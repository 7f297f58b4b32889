#!/usr/bin/env bash
# Instructions of a stage by callgrind, per octet and per item: the difference of two sizes, so that start-up falls out.
#
#   benches/instructions.sh      STAGES=path of the built bench
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v valgrind >/dev/null || { echo "SKIPPED: valgrind is not installed"; exit 0; }
if [ -z "${STAGES:-}" ]; then
    STAGES=$(cargo bench --bench stages --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\))$/\1/p')
fi
[ -x "$STAGES" ] || { echo "the bench is not built: cargo bench --bench stages --no-run" >&2; exit 2; }
work=$(mktemp -d "${TMPDIR:-/tmp}/instructions.XXXXXX")
trap 'rm -rf "$work"' EXIT

instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$STAGES" --once "$@" 2>&1 >/dev/null | sed -n 's/.*Collected : *//p'
}

# measure STAGE KIND SMALL LARGE: the input is a file of that kind, or the count itself where there is none.
measure() {
    local stage=$1 kind=$2 small=$3 large=$4 input=("$3" "$4") octets=(0 0) count at
    if [ "$kind" != - ]; then
        for at in 0 1; do
            count=$small; [ $at = 0 ] || count=$large
            input[at]=$work/$stage.$at
            "$STAGES" --generate "$kind" "$count" "${input[at]}"
            octets[at]=$(stat -c %s "${input[at]}")
        done
    else
        for at in 0 1; do octets[at]=$("$STAGES" --once write "${input[at]}" | sed -n 's/^octets //p'); done
    fi
    awk -v name="$stage ${kind#-}" -v a="$(instructions "$stage" "${input[0]}")" -v b="$(instructions "$stage" "${input[1]}")" \
        -v octets=$((octets[1] - octets[0])) -v items=$((large - small)) \
        'BEGIN { printf "%-22s %8.1f instructions/octet %10.0f instructions/item\n", name, (b - a) / octets, (b - a) / items }'
}

measure walk pain.001 1000 5000
measure walk camt.054 1000 5000
measure parse camt.054 1000 5000
measure parse pain.002 1000 5000
measure intake csv 500 2500
measure write - 10000 30000
measure write-checked - 10000 30000
