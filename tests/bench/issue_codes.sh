#!/usr/bin/env bash
# Issues a million codes through the command line into a file, and prints how
# long that took, the server's peak memory, and that no code came twice.
#
#   tests/bench/issue_codes.sh [--build DIR] [--codes N]
#
# Everything listens on 127.0.0.1, lives in a temporary folder and is gone
# afterwards.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build="$here/../../build/release"
codes=1000000
while (($#)); do
  case $1 in
    --build) build=$2 ;;
    --codes) codes=$2 ;;
    *)
      sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
  shift 2
done

bin="$build/bin"
scratch=$(mktemp -d)
source "$here/servers.sh"
trap 'stop_all; rm -rf "$scratch"' EXIT

start_pistisd
pistis() { "$bin/pistis" --server "$address" --program bench "$@"; }
pistis program create bench --currency EUR --time-zone UTC >"$scratch/out"
pistis rulebook publish - >"$scratch/out" <<'RULEBOOK'
program: bench
currency: EUR
time_zone: UTC
points: {value: "0.01"}
codes:
  - {id: spring, discount: {amount: "1.00"}}
RULEBOOK

begin=$(date +%s%N)
pistis code bulk spring "$codes" --file "$scratch/codes.csv" 2>"$scratch/out"
end=$(date +%s%N)
peak=$(awk '/^VmHWM:/ {print $2}' "/proc/$server_pid/status")
distinct=$(tail -n +2 "$scratch/codes.csv" | sort -u | wc -l)

echo "| codes | distinct | seconds | server's peak memory MB |"
echo "|---:|---:|---:|---:|"
echo "| $codes | $distinct | $(((end - begin) / 1000000000)).$(((end - begin) / 100000000 % 10)) | $((peak / 1024)) |"
