#!/usr/bin/env bash
# The whole line: runs the demonstration in a release build, prints payouts a second and the peak memory of each process.
#
#   benches/line.sh [PAYOUTS]    20000 by default; GIROGATE=path of a built binary
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
payouts=${1:-20000}
if [ -z "${GIROGATE:-}" ]; then
    cargo build --release --bin girogate
    GIROGATE=${CARGO_TARGET_DIR:-target}/release/girogate
fi
GIROGATE=$(realpath "$GIROGATE")
work=$(mktemp -d "${TMPDIR:-/tmp}/line.XXXXXX")
trap 'rm -rf "$work"' EXIT

descendants() {
    local child
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do echo "$child"; descendants "$child"; done
}

started=$(date +%s.%N)
(cd "$work" && exec "$GIROGATE" demo --payouts "$payouts") >"$work/out" 2>"$work/err" &
demo=$!
declare -A peak=() name=()
while kill -0 "$demo" 2>/dev/null; do
    for process in "$demo" $(descendants "$demo"); do
        held=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$process/status" 2>/dev/null || true)
        [ -n "$held" ] || continue
        peak[$process]=$held
        name[$process]=$(tr '\0' ' ' <"/proc/$process/cmdline" 2>/dev/null | cut -d' ' -f2 || true)
    done
    sleep 0.2
done
status=0
wait "$demo" || status=$?
ended=$(date +%s.%N)

tail -n 40 "$work/out"
[ $status = 0 ] || { echo "FAILED: demo ended with $status"; tail -n 20 "$work/err"; }
echo
for process in "${!peak[@]}"; do printf 'peak memory %-10s %8d KiB\n' "${name[$process]}" "${peak[$process]}"; done | sort
awk -v n="$payouts" -v a="$started" -v b="$ended" \
    'BEGIN { printf "%d payouts in %.1f s, start to end: %.0f payouts/s (the demonstration'"'"'s own figure leaves the start out)\n", n, b - a, n / (b - a) }'
exit $status
