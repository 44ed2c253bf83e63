#!/usr/bin/env bash
# Samples pistisd under CommitOrder and prints where its processor time goes.
#
#   tests/bench/profile.sh [--build DIR] [--work commit|quote] [--in_flight N]
#                          [--seconds S]
#
# Needs perf and the right to use it (root, or perf_event_paranoid <= 1).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build="$top/build/release"
work=commit
in_flight=128
seconds=8
while (($#)); do
  case $1 in
    --build) build=$2 ;;
    --work) work=$2 ;;
    --in_flight) in_flight=$2 ;;
    --seconds) seconds=$2 ;;
    *)
      sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
  shift 2
done

bin="$build/bin"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pistis-profile.XXXXXX")
# shellcheck source=tests/bench/servers.sh
source "$here/servers.sh"
cleanup() {
  stop_all
  rm -rf "$scratch"
}
trap cleanup EXIT

start_pistisd
load=("$bin/pistis_bench" --target "$address" --rulebook "$here/rulebook.yaml"
  --work "$work" --in_flight "$in_flight")
# Enrols the members, so that only the work itself is sampled.
"${load[@]}" --warm_up_s 0 --seconds 0.5 >"$scratch/warm.tsv"
"${load[@]}" --warm_up_s 2 --seconds "$seconds" >"$scratch/rate.tsv" &
load_pid=$!
sleep 2
perf record -q -F 1999 -o "$scratch/perf.data" -p "$server_pid" -- \
  sleep "$((seconds - 1))"
wait "$load_pid"
stop_server

# Which source file each function of the program comes from.
nm -C -l --defined-only "$bin/pistisd" >"$scratch/functions.txt"
perf script -i "$scratch/perf.data" -F comm,tid,ip,sym,dso \
  2>/dev/null >"$scratch/samples.txt"
cat "$scratch/rate.tsv"
python3 -B "$here/profile_table.py" --functions "$scratch/functions.txt" \
  "$scratch/samples.txt"
