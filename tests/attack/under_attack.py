#!/usr/bin/env python3
"""Measures a good client's sales while the server is attacked; by hand.

    tests/attack/under_attack.py [--build DIR] [--seconds S] [--rounds N]

For each attack, in turn on one server: sales before, during and 5 seconds after
it, by pistis_bench with 8 calls in flight. The server has a processor of its own,
as if all clients were on other machines; the attacker, a process that comes from
127.0.0.2, has the lowest priority on the others, so that the good client's own
delays are not counted.
Prints a markdown table of medians, then the goodput at ten times the calls in
flight that give the peak. Needs a machine that does nothing else; nothing here
is part of CTest, where attacks_test.py holds what must not depend on time.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import attacks_test as wire  # noqa: E402

PEAK_IN_FLIGHT = 512
CHANNELS = 4
ALL_PROCESSORS = sorted(os.sched_getaffinity(0))
SERVERS_PROCESSORS = ALL_PROCESSORS[:1]


def connect(port, first=b""):
    connection = socket.create_connection(
        ("127.0.0.1", port), timeout=5, source_address=(wire.ATTACKER, 0)
    )
    connection.sendall(first)
    return connection


def again_and_again(act):
    """For ever; what the server refuses is tried again."""
    while True:
        try:
            act()
        except OSError:
            time.sleep(0.01)


def hold_open(port, first):
    """As many connections as there may be, each held until it is closed."""
    held = []
    while True:
        try:
            held.append(connect(port, first))
        except OSError:
            time.sleep(0.05)
        if len(held) > 400:
            held.pop(0).close()


OPENING = wire.PREFACE + wire.frame(wire.SETTINGS, 0, 0)
SLOW_HEAD = b"POST / HTTP/1.1\r\nhost: a\r\nx"
SLOW_BODY = (
    b"POST /pistis.v1.RulebookService/PublishRulebook HTTP/1.1\r\nhost: a\r\n"
    b"content-type: application/json\r\ncontent-length: 4000000\r\n\r\n{"
)
CALL_BY_HTTP = (
    b"POST /pistis.v1.CodeService/CheckCode HTTP/1.1\r\nhost: a\r\n"
    b"content-type: application/json\r\ncontent-length: 41\r\n\r\n"
    b'{"program_id":"bench","code":"SUMMER-12"}'
)


def connection_flood(grpc, _):
    again_and_again(lambda: connect(grpc).close())


def silent_connections(grpc, _):
    hold_open(grpc, wire.PREFACE[:9])


def noise(grpc, _):
    again_and_again(lambda: connect(grpc, os.urandom(60000)).close())


def reset_streams(grpc, _):
    def once():
        connection = connect(grpc, OPENING)
        for number in range(1000):
            stream = 2 * number + 1
            connection.sendall(
                wire.frame(wire.HEADERS, wire.END_HEADERS, stream, wire.CALL)
                + wire.frame(wire.RST_STREAM, 0, stream, b"\0\0\0\x08")
            )
            time.sleep(0.001)
        connection.close()

    again_and_again(once)


def huge_metadata(grpc, _):
    more = b"".join(wire.literal(f"x-{n}", "v" * 100) for n in range(140))

    def once():
        connection = connect(
            grpc, OPENING + wire.frame(wire.HEADERS, 0, 1, wire.CALL)
        )
        for _ in range(20):
            connection.sendall(wire.frame(wire.CONTINUATION, 0, 1, more))
        connection.close()

    again_and_again(once)


def slow_heads(_, http):
    hold_open(http, SLOW_HEAD)


def slow_bodies(_, http):
    hold_open(http, SLOW_BODY)


def calls_by_http(_, http):
    def once():
        connection = connect(http)
        for _ in range(100):
            connection.sendall(CALL_BY_HTTP)
            if not connection.recv(65536):
                return

    again_and_again(once)


ATTACKS = {
    each.__name__.replace("_", " "): each
    for each in (
        connection_flood,
        silent_connections,
        noise,
        reset_streams,
        huge_metadata,
        slow_heads,
        slow_bodies,
        calls_by_http,
    )
}


def attack(name, grpc, http):
    os.nice(19)
    for _ in range(2):
        threading.Thread(
            target=ATTACKS[name], args=(grpc, http), daemon=True
        ).start()
    threading.Event().wait()


class Shop:
    """A server and the good client."""

    def __init__(self, build, folder, seconds):
        self.bench = os.path.join(build, "bin", "pistis_bench")
        self.seconds = seconds
        self.http_port = wire.free_port()
        self.grpc_port = wire.free_port()
        self.server = subprocess.Popen(
            [
                os.path.join(build, "bin", "pistisd"),
                *("--dev", "--data_dir", os.path.join(folder, "data")),
                *("--grpc_address", f"127.0.0.1:{self.grpc_port}"),
                *("--http_address", f"127.0.0.1:{self.http_port}"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, SERVERS_PROCESSORS),
        )
        for _ in range(300):
            try:
                connect(self.grpc_port).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server did not answer within 30 seconds")

    def sell(self, in_flight, channels=CHANNELS):
        """Sales a second, their p99 in ms, and how many failed."""
        done = subprocess.run(
            [
                self.bench,
                *("--target", f"127.0.0.1:{self.grpc_port}"),
                *("--rulebook", os.path.join(HERE, "../bench/rulebook.yaml")),
                *("--work", "commit", "--in_flight", str(in_flight)),
                *("--channels", str(channels), "--warm_up_s", "1"),
                *("--seconds", str(self.seconds)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        row = done.stdout.split("\t")
        return float(row[2]), float(row[4]) / 1000, int(row[6])

    def memory_mib(self):
        with open(f"/proc/{self.server.pid}/status", encoding="utf-8") as about:
            line = next(each for each in about if each.startswith("VmRSS"))
        return int(line.split()[1]) // 1024

    def close(self):
        self.server.terminate()
        self.server.wait(60)


def measure_attack(shop, name):
    before = shop.sell(8)
    attacker = subprocess.Popen(
        [
            *(sys.executable, __file__, "--attack", name),
            *(str(shop.grpc_port), str(shop.http_port)),
        ]
    )
    time.sleep(1)
    during = shop.sell(8)
    attacker.kill()
    attacker.wait()
    time.sleep(5)
    after = shop.sell(8)
    return before, during, after, shop.memory_mib()


def print_attacks(shop, rounds):
    print("| attack | p99 before ms | times that during | 5 s after | "
          "sales during / before | failed | server MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in ATTACKS:
        runs = [measure_attack(shop, name) for _ in range(rounds)]
        middle = statistics.median
        print(
            f"| {name} | {middle(b[1] for b, _, _, _ in runs):.1f} "
            f"| {middle(d[1] / b[1] for b, d, _, _ in runs):.2f} "
            f"| {middle(a[1] / b[1] for b, _, a, _ in runs):.2f} "
            f"| {middle(d[0] / b[0] for b, d, _, _ in runs):.2f} "
            f"| {sum(d[2] + a[2] for _, d, a, _ in runs)} "
            f"| {max(m for _, _, _, m in runs)} |",
            flush=True,
        )


def print_overload(shop, rounds):
    print("\n| in flight | sales a second | of the peak | p99 ms | refused | "
          "server MiB |")
    print("|---:|---:|---:|---:|---:|---:|")
    factors = (1, 10, 30)
    runs = [
        [shop.sell(PEAK_IN_FLIGHT * factor, 16) for factor in factors]
        for _ in range(rounds)
    ]
    for at, factor in enumerate(factors):
        print(
            f"| {PEAK_IN_FLIGHT * factor} "
            f"| {statistics.median(run[at][0] for run in runs):.0f} "
            f"| {statistics.median(run[at][0] / run[0][0] for run in runs):.0%} "
            f"| {statistics.median(run[at][1] for run in runs):.0f} "
            f"| {sum(run[at][2] for run in runs)} "
            f"| {shop.memory_mib()} |"
        )


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--build", default=os.path.join(HERE, "../../build/release"))
    words.add_argument("--seconds", type=float, default=4)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--attack", nargs=3, help=argparse.SUPPRESS)
    chosen = words.parse_args()
    if chosen.attack:
        attack(chosen.attack[0], int(chosen.attack[1]), int(chosen.attack[2]))
        return
    os.sched_setaffinity(0, ALL_PROCESSORS[1:] or ALL_PROCESSORS)
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(chosen.build, folder, chosen.seconds)
        try:
            print_attacks(shop, chosen.rounds)
            print_overload(shop, chosen.rounds)
        finally:
            shop.close()


if __name__ == "__main__":
    main()
