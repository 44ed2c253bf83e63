# Sourced by run.sh and profile.sh: starts servers on loopback with fresh
# folders under $scratch, and stops exactly those. The caller sets $bin (the
# folder of the programs) and $scratch (an empty folder).

started_pids=()

# start_server NAME PROGRAM ARGS...: sets $address to where it listens.
start_server() {
  local name=$1 pid
  local log="$scratch/$name.log"
  shift
  "$@" >"$log" 2>&1 &
  pid=$!
  started_pids+=("$pid")
  for _ in $(seq 200); do
    address=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$log" |
      head -n 1)
    if [[ -n $address ]]; then
      server_pid=$pid
      return 0
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  echo "$name did not start:" >&2
  cat "$log" >&2
  return 1
}

stop_server() {
  kill -TERM "$server_pid"
  wait "$server_pid" || true
  server_pid=
}

start_pistisd() {
  local data
  data=$(mktemp -d "$scratch/pistisd.XXXXXX")
  start_server pistisd "$bin/pistisd" --dev --data_dir "$data" \
    --grpc_address 127.0.0.1:0
}

start_empty() {
  start_server empty "$bin/pistis_bench_empty_server" \
    --grpc_address 127.0.0.1:0
}

stop_all() {
  local pid
  for pid in "${started_pids[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null || true
}
