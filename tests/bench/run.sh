#!/usr/bin/env bash
# Measures Pistis beside what bounds it, in one run on this machine: an empty
# gRPC call, CommitOrder, QuoteOrder, and PostgreSQL at a simpler job. Runs the
# block several times and prints the medians as a markdown table.
#
#   tests/bench/run.sh [--build DIR] [--blocks N] [--seconds S] [--raw FILE]
#
# Everything listens on 127.0.0.1 or a unix socket, lives in a temporary folder
# and is gone afterwards. Takes blocks * 14 * (seconds + 2) seconds and a little.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build="$top/build/release"
blocks=3
seconds=5
warm_up=2
raw=
command="tests/bench/run.sh $*"
while (($#)); do
  case $1 in
    --build) build=$2 ;;
    --blocks) blocks=$2 ;;
    --seconds) seconds=$2 ;;
    --raw) raw=$2 ;;
    *)
      sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
  shift 2
done

bin="$build/bin"
for program in pistisd pistis_bench pistis_bench_empty_server; do
  if [[ ! -x $bin/$program ]]; then
    echo "$bin/$program is missing: build it first" >&2
    exit 1
  fi
done

# TMPDIR decides which disk is measured.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pistis-bench.XXXXXX")
# shellcheck source=tests/bench/servers.sh
source "$here/servers.sh"
# shellcheck source=tests/bench/postgres.sh
source "$here/postgres.sh"
cleanup() {
  stop_all
  stop_postgres || true
  rm -rf "$scratch"
}
trap cleanup EXIT

load=("$bin/pistis_bench" --in_flight 128,512,2048 --seconds "$seconds"
  --warm_up_s "$warm_up")

# One sum that every sale of every till adds to.
cat "$here/rulebook.yaml" - >"$scratch/budget.yaml" <<'END'
budgets:
  - {id: month, per: program, window: month, max_discount: "1000000000.00"}
END

# One block: every work once, one after another.
measure_block() {
  start_empty
  "${load[@]}" --target "$address" --server_pid "$server_pid" --work empty
  stop_server
  start_pistisd
  "${load[@]}" --target "$address" --server_pid "$server_pid" \
    --work commit,quote --rulebook "$here/rulebook.yaml"
  stop_server
  start_pistisd
  "${load[@]}" --target "$address" --server_pid "$server_pid" \
    --work commit --rulebook "$scratch/budget.yaml" |
    sed 's/^commit/commit_budget/'
  stop_server
  rm -rf "$scratch"/pistisd.*/
  if have_postgres; then
    start_postgres
    measure_postgres postgres 10000 "$warm_up" "$seconds"
    measure_postgres postgres_sum 1 "$warm_up" "$seconds"
    stop_postgres
  fi
}

lines="$scratch/lines.tsv"
for block in $(seq "$blocks"); do
  echo "block $block of $blocks" >&2
  measure_block | tee -a "$lines" >&2
done
if [[ -n $raw ]]; then cp "$lines" "$raw"; fi
have_postgres || echo "no PostgreSQL in $postgres_bin: left out" >&2
python3 -B "$here/table.py" --command "$command" "$lines"
