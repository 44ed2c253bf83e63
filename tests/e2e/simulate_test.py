#!/usr/bin/env python3
"""A rulebook tried on past sales, on the command line."""

import csv
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

import programs

RULEBOOK = os.path.join(programs.SAMPLE, "rulebook.yaml")
SALES = os.path.join(programs.SAMPLE, "online_retail_slice.csv.gz")
OPEN = ("program", "create", "gift-shop", "--time-zone", "Europe/London")
# What the program and a simulation of all its sales both come to; what is due
# later than the last sale is not among it.
KEPT = (
    "orders refunds sales_minor returned_minor discount_minor redeemed_minor "
    "margin_before_minor points_issued points_redeemed codes_issued codes_used "
    "notes_requested"
).split()


def numbers(sums):
    return {name: int(value) for name, value in sums.items()}


def variant(folder):
    """The sample's rulebook with twice the points."""
    text = pathlib.Path(RULEBOOK).read_text(encoding="utf-8")
    doubled = text.replace('points: 1, per: "1.00"', 'points: 2, per: "1.00"')
    assert doubled != text
    path = pathlib.Path(folder, "variant.yaml")
    path.write_text(doubled, encoding="utf-8")
    return str(path)


class SimulateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name


class ServedSimulateTest(SimulateTest):
    def setUp(self):
        super().setUp()
        self.server = programs.Server()
        self.addCleanup(self.server.close)
        self.pistis = programs.Pistis(self.server, "gift-shop")
        self.pistis.text(*OPEN, "--currency", "GBP")
        self.pistis.text("rulebook", "publish", RULEBOOK)
        self.pistis.text("replay", SALES, "--keep-dates")

    def simulate(self, rulebook, *more):
        return self.pistis.json("simulate", "--rulebook", rulebook, *more)[0]

    def settled(self, expected):
        """What the program came to. A job notices what fell due, every five seconds."""
        for _ in range(240):
            served = numbers_of_stats(self.pistis)
            if served == expected:
                break
            time.sleep(0.25)
        return served

    def test_the_rulebook_in_force_comes_to_what_the_program_came_to(self):
        report = self.simulate(RULEBOOK)
        current = numbers(report["current"])
        simulated = {name: current[name] for name in KEPT}
        self.assertEqual(simulated, self.settled(simulated))
        self.assertEqual(set(numbers(report["difference"]).values()), {0})
        self.assertEqual(report["winners"] + report["losers"], [])
        self.assertEqual(report["refusals"], [])
        self.assertGreater(current["codes_used"], 0)
        self.assertGreater(current["points_redeemed"], 0)

    def test_a_variant_is_shown_side_by_side_and_changes_nothing(self):
        current = numbers(self.simulate(RULEBOOK)["current"])
        before = self.settled({name: current[name] for name in KEPT})
        table = os.path.join(self.folder, "table.csv")
        said = self.pistis.text(
            *("simulate", "--rulebook", variant(self.folder)),
            *("--csv", table, "--from", "2011-01-01"),
        )
        self.assertRegex(said, r"current +candidate +difference")
        self.assertRegex(said, r"\d+ members gain, \d+ lose\n$")
        with open(table, encoding="utf-8", newline="") as file:
            rows = {
                (row["section"], row["id"], row["what"]): row
                for row in csv.DictReader(file)
            }
        base = rows["rules", "base", "points"]
        self.assertGreater(int(base["candidate"]), 1.9 * int(base["current"]))
        self.assertGreater(int(rows["sums", "", "points brought along"]["current"]), 0)
        self.assertEqual(before, numbers_of_stats(self.pistis))
        scratch = pathlib.Path(self.server.path("data"), "scratch")
        self.assertEqual(list(scratch.iterdir()), [])

    def test_what_a_crash_left_goes_with_the_next_start(self):
        left = pathlib.Path(self.server.path("data"), "scratch")
        left = left / "pistis-scratch-left"
        left.mkdir(parents=True)
        (left / "000004.sst").write_bytes(b"left")
        self.server.kill()
        self.server.start()
        self.assertFalse(left.exists())

    def test_a_rulebook_with_errors_is_refused(self):
        wrong = pathlib.Path(self.folder, "wrong.yaml")
        wrong.write_text("program: gift-shop\nrulez: []\n", encoding="utf-8")
        refused = self.pistis.run("simulate", "--rulebook", str(wrong))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("RULEBOOK_INVALID", refused.stderr)


def numbers_of_stats(pistis):
    stats = pistis.json("program", "stats")[0]
    return {name: int(stats[name]) for name in KEPT}


class LocalSimulateTest(SimulateTest):
    """Without any server."""

    def run_local(self, *more):
        return subprocess.run(
            [os.path.join(programs.BIN, "pistis"), "simulate"]
            + ["--server", "127.0.0.1:1", "--orders", SALES, *more],
            env={**os.environ, "TMPDIR": self.folder},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def test_a_sales_file_is_simulated_here(self):
        candidate = variant(self.folder)
        done = self.run_local("--rulebook", candidate, "--against", RULEBOOK)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^\d+ orders and \d+ refunds from 2010-")
        self.assertIn("base, points", done.stdout)
        self.assertIn("code thank-you-10, orders", done.stdout)
        self.assertEqual(os.listdir(self.folder), ["variant.yaml"])

    def test_members_may_type_no_codes_and_keep_their_points(self):
        done = self.run_local(
            *("--rulebook", RULEBOOK, "--against", RULEBOOK, "--plain")
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("points redeemed", done.stdout)
        self.assertIn("0 members gain, 0 lose", done.stdout)

    def test_what_to_compare_with_must_come_from_somewhere(self):
        done = self.run_local("--rulebook", RULEBOOK)
        self.assertEqual(done.returncode, 3)

    def test_a_file_that_is_not_there_is_a_usage_error(self):
        done = self.run_local("--rulebook", "nowhere.yaml", "--against", RULEBOOK)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
