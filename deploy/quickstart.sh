#!/bin/bash
# From a bare Debian 12 to a shop's year in Pistis: installs, builds, starts a
# server on a fresh data folder, publishes the sample rulebook and replays the
# sample sales. The server stays up until Ctrl-C; with --once it ends at once.
#   deploy/quickstart.sh [--once]
set -euo pipefail
cd "$(dirname "$0")/.."

once=no
case "$*" in
  "") ;;
  --once) once=yes ;;
  *) echo "usage: deploy/quickstart.sh [--once]" >&2; exit 2 ;;
esac

program=gift-shop
server_pid=""
work=""

say() { printf '\n== %s\n' "$*"; }

fail() {
  echo "quickstart: $*" >&2
  if [ -n "$work" ] && [ -s "$work/server.log" ]; then
    echo "The server's last words:" >&2
    tail -n 20 "$work/server.log" >&2
  fi
  exit 1
}

clean_up() {
  if [ -n "$server_pid" ]; then
    kill "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
  fi
  [ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT

build() {
  local quiet=()
  [ -t 1 ] || quiet=(-- --quiet)
  cmake --preset release >"$work/configure.log" 2>&1 ||
    { cat "$work/configure.log" >&2; fail "configuring the build failed"; }
  cmake --build --preset release -j "$(nproc)" --target pistisd pistis \
    "${quiet[@]}" || fail "the build failed"
}

# 7600 if nothing listens there, else any free port.
free_port() {
  python3 - <<'END'
import socket
for port in (7600, 0):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(probe.getsockname()[1])
        break
END
}

start_server() {
  build/release/bin/pistisd --data_dir "$work/data" \
    --grpc_address "127.0.0.1:$port" --dev >"$work/server.log" 2>&1 &
  server_pid=$!
  for _ in $(seq 300); do
    kill -0 "$server_pid" 2>/dev/null || fail "the server did not start"
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    sleep 0.1
  done
  fail "the server did not answer within 30 seconds"
}

pistis() { build/release/bin/pistis --server "127.0.0.1:$port" "$@"; }

say "Installing what the build needs"
sh deploy/install_packages.sh || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/pistis.XXXXXX")
mkdir "$work/data"

say "Building"
build
port=$(free_port)

say "Starting pistisd on 127.0.0.1:$port"
start_server
pistis program create "$program" --currency GBP --time-zone Europe/London ||
  fail "the program could not be created"
pistis rulebook publish deploy/sample/rulebook.yaml ||
  fail "the rulebook could not be published"

say "Replaying a year of a gift shop"
pistis replay deploy/sample/online_retail_slice.csv.gz --program "$program" \
  --example-file "$work/example" || fail "the replay failed"

say "The last thirty days, by rule"
pistis report margin --program "$program" --by rule \
  --from "$(TZ=Europe/London date -d '29 days ago' +%F)" \
  --to "$(TZ=Europe/London date +%F)" || fail "the report could not be made"

say "One receipt in full"
pistis order show "$(cat "$work/example")" --receipt --program "$program" ||
  fail "the receipt could not be shown"

# The first note that has the word, in full.
show_note() {
  pistis events --program "$program" --kind note_requested >"$work/notes" ||
    fail "the events could not be read"
  grep -m 1 "template_id=$1 " "$work/notes" ||
    fail "no note $1 was asked for"
}

say "A thank-you note with its code"
show_note thank-you

say "A card for the parcel, a year after the first order"
show_note years-with-us

say "A complaint, an apology, and what comes of it"
member=$(pistis order show "$(cat "$work/example")" --program "$program" --json |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["order"]["member_id"])')
pistis case open --program "$program" --id broken-cup --member "$member" \
  --order "$(cat "$work/example")" --category goods/broken --severity medium \
  --words "One of the cups came in two pieces." ||
  fail "the case could not be opened"
pistis case remedies broken-cup --role till --program "$program" ||
  fail "the remedies could not be listed"
pistis case grant broken-cup sorry-code --by mary --role till \
  --program "$program" || fail "the remedy could not be granted"
# Between 21:00 and 08:00 it waits: the shop's quiet hours.
pistis note show "case broken-cup, remedy 1/apology" --program "$program" ||
  fail "the apology could not be shown"

say "What to try next"
cat <<END
  build/release/bin/pistis --server 127.0.0.1:$port --help
  build/release/bin/pistis --server 127.0.0.1:$port events --program $program
  Change a number in deploy/sample/rulebook.yaml, then see what that would mean:
  build/release/bin/pistis --server 127.0.0.1:$port rulebook validate deploy/sample/rulebook.yaml
  build/release/bin/pistis --server 127.0.0.1:$port rulebook diff 1 deploy/sample/rulebook.yaml --program $program
END
[ "$once" = no ] || exit 0
printf '\nThe server stays up until Ctrl-C; its data goes when it ends.\n'
trap 'echo; exit 0' INT TERM
wait "$server_pid" || fail "the server ended"
