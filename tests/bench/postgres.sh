# Sourced by run.sh: a private PostgreSQL under $scratch/pg, reached over TCP on
# loopback as pistisd is, with fsync and synchronous_commit as shipped.

postgres_bin=${PISTIS_POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
postgres_clients=16
postgres_port=7654

# PostgreSQL refuses to run as root.
as_postgres() {
  if [[ $(id -u) == 0 ]]; then
    runuser -u postgres -- "$@"
  else
    "$@"
  fi
}

have_postgres() {
  [[ -x $postgres_bin/initdb && -x $postgres_bin/pgbench ]]
}

start_postgres() {
  pg="$scratch/pg"
  chmod 755 "$scratch"
  mkdir -m 700 "$pg"
  if [[ $(id -u) == 0 ]]; then chown postgres "$pg"; fi
  (
    cd "$pg"
    as_postgres "$postgres_bin/initdb" -D "$pg/data" -A trust -U postgres \
      >"$scratch/initdb.log"
    as_postgres "$postgres_bin/pg_ctl" -D "$pg/data" -l "$pg/log" -w -s \
      -o "-c listen_addresses=127.0.0.1 -c port=$postgres_port \
          -c unix_socket_directories=$pg \
          -c shared_buffers=512MB" start
    as_postgres "$postgres_bin/psql" -h 127.0.0.1 -p "$postgres_port" -U postgres -q \
      -v ON_ERROR_STOP=1 postgres <"$here/postgres_schema.sql"
  )
}

stop_postgres() {
  [[ -n ${pg:-} ]] || return 0
  (cd "$pg" && as_postgres "$postgres_bin/pg_ctl" -D "$pg/data" -m fast -s stop)
  rm -rf "$pg"
  pg=
}

# measure_postgres NAME MEMBERS WARM_UP SECONDS: prints a line like those of
# pistis_bench. With one member all clients add to one balance, as they must
# where a program's sum is kept exact in each commit.
measure_postgres() {
  cp "$here/postgres_post.sql" "$pg/post.sql"
  chmod 644 "$pg/post.sql"
  (
    cd "$pg"
    run=(as_postgres "$postgres_bin/pgbench" -h 127.0.0.1 -p "$postgres_port" -U postgres -n
      -M prepared -D "members=$2" -f "$pg/post.sql" -c "$postgres_clients" -j 2)
    "${run[@]}" -T "$3" postgres >/dev/null 2>&1
    "${run[@]}" -T "$4" postgres 2>&1
  ) | awk -v clients="$postgres_clients" -v name="$1" '
    /^latency average/ { average = $4 * 1000 }
    /^number of failed/ { failed = $5 }
    /^tps/ { tps = $3 }
    END { printf "%s\t%d\t%.0f\t%.0f\t-\t-\t%d\t-\t-\n",
                 name, clients, tps, average, failed }'
}
