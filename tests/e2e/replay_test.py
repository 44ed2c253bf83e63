#!/usr/bin/env python3
"""Replays a real year of sales and holds every sum against retail.py.

The whole UCI Online Retail file where the shared data is at hand
(PISTIS_SHARED_DATA, or ../shared/data beside the checkout), else the slice in
deploy/sample. PISTIS_BIN_DIR and PISTIS_TEST_DIR say where the programs are.
"""

import json
import os
import subprocess
import tempfile
import time
import unittest

import retail

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BIN = os.environ.get("PISTIS_BIN_DIR", os.path.join(ROOT, "build/release/bin"))
TESTS = os.environ.get(
    "PISTIS_TEST_DIR", os.path.join(ROOT, "build/release/tests")
)
READY = "pistisd listening on "


def sales_file():
    shared = os.environ.get(
        "PISTIS_SHARED_DATA", os.path.join(ROOT, "..", "shared", "data")
    )
    whole = os.path.join(
        shared, "uci_online_retail", "online_retail_dev.csv.gz"
    )
    if os.path.exists(whole):
        return whole
    return os.path.join(ROOT, "deploy/sample/online_retail_slice.csv.gz")


class Server:
    """A pistisd on a folder of its own."""

    def __init__(self, folder):
        self.log_path = os.path.join(folder, "log")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [
                    os.path.join(BIN, "pistisd"),
                    "--data_dir",
                    os.path.join(folder, "data"),
                    "--grpc_address",
                    "127.0.0.1:0",
                    "--dev",
                ],
                stderr=log,
            )
        self.address = self._await_address()

    def log(self):
        with open(self.log_path, encoding="utf-8") as log:
            return log.read()

    def _await_address(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            lines = self.log().split("\n")[:-1]
            for line in lines:
                if READY in line:
                    return line.split(READY)[1].split()[0]
            time.sleep(0.02)
        self.process.kill()
        raise RuntimeError(f"pistisd does not listen: {self.log()}")

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)


class ReplayTest(unittest.TestCase):
    """One server and one replay for all tests; each only looks."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="pistis_replay_")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.server = Server(cls.folder.name)
        cls.addClassCleanup(cls.server.stop)
        rulebook = os.path.join(cls.folder.name, "rulebook.yaml")
        with open(rulebook, "w", encoding="utf-8") as file:
            file.write(retail.RULEBOOK)
        cls.pistis("program", "create", retail.PROGRAM, "--currency", "GBP")
        cls.pistis("rulebook", "publish", rulebook)
        cls.report = cls.replay()
        cls.expected = retail.expect(sales_file())

    @classmethod
    def run_pistis(cls, *arguments, address=None):
        return subprocess.run(
            [os.path.join(BIN, "pistis"), *arguments]
            + ["--server", address or cls.server.address]
            + ["--program", retail.PROGRAM, "--json"],
            capture_output=True,
            text=True,
            check=False,
        )

    @classmethod
    def pistis(cls, *arguments):
        if arguments[:2] == ("program", "create"):
            arguments += ("--time-zone", "Europe/London")
        done = cls.run_pistis(*arguments)
        if done.returncode != 0:
            raise RuntimeError(f"pistis {arguments}: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    @classmethod
    def replay(cls):
        return cls.pistis("replay", sales_file(), "--plain")[0]

    def last_cursor(self):
        return self.pistis("events")[-1]["cursor"]

    def test_every_sum_is_what_the_file_comes_to(self):
        stats = self.expected.stats()
        self.assertEqual({key: self.report[key] for key in stats}, stats)
        self.assertEqual(self.report["caps"], [])

    def test_nothing_was_refused_and_what_was_left_out_is_counted(self):
        for kind in ("refused_members", "refused_orders", "refused_refunds"):
            self.assertEqual(self.report[kind], {})
        self.assertEqual(
            sum(self.report["skipped_lines"].values()),
            self.expected.skipped_lines,
        )
        self.assertEqual(
            (self.report["unlinked"]["lines"], self.report["unlinked"]["units"]),
            (self.expected.unlinked_lines, self.expected.unlinked_units),
        )

    def test_the_events_tell_the_same(self):
        sums = dict.fromkeys(self.expected.gross(), 0)
        seen = set()
        for event in self.pistis("events"):
            self.assertNotIn(event["event_id"], seen)
            seen.add(event["event_id"])
            order = event.get("order_committed", {})
            refund = event.get("order_refunded", {})
            for key, payload in (
                ("discount_minor", order),
                ("points_earned", order),
                ("refund_minor", refund),
                ("points_clawed_back", refund),
            ):
                sums[key] += int(payload.get(key, 0))
        self.assertEqual(sums, self.expected.gross())

    def test_every_members_entries_balance_and_make_the_account(self):
        done = subprocess.run(
            [os.path.join(TESTS, "ledger_check"), self.server.address]
            + [retail.PROGRAM],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        sums = json.loads(done.stdout)
        gross = self.expected.gross()
        self.assertEqual(sums["members"], self.report["members"])
        self.assertEqual(sums["EARN"], gross["points_earned"])
        self.assertEqual(sums["CLAW_BACK"], -gross["points_clawed_back"])
        self.assertEqual(sums["available"], self.report["points_outstanding"])

    def test_a_second_replay_changes_nothing(self):
        stats, cursor = self.pistis("program", "stats"), self.last_cursor()
        again = self.replay()
        self.assertEqual(self.pistis("program", "stats"), stats)
        self.assertEqual(self.last_cursor(), cursor)
        timing = ("elapsed_ms", "orders_per_second")
        for key in self.report.keys() - set(timing):
            self.assertEqual(again[key], self.report[key], key)

    def test_a_program_may_be_opened_again_with_the_same_facts_alone(self):
        self.pistis("program", "create", retail.PROGRAM, "--currency", "GBP")
        other = self.run_pistis(
            *("program", "create", retail.PROGRAM, "--currency", "EUR"),
            *("--time-zone", "Europe/London"),
        )
        self.assertEqual(other.returncode, 1)
        self.assertIn("refused: ALREADY_EXISTS", other.stderr)

    def test_exit_codes_tell_refusals_mistakes_and_silence_apart(self):
        self.assertEqual(self.run_pistis("order", "show", "none").returncode, 1)
        self.assertEqual(self.run_pistis("order", "quote", "/none").returncode, 2)
        self.assertEqual(self.run_pistis("nonsense").returncode, 2)
        silent = self.run_pistis("program", "stats", address="127.0.0.1:1")
        self.assertEqual(silent.returncode, 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
