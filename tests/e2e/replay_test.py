#!/usr/bin/env python3
"""Replays real sales and holds every sum against retail.py.

The whole UCI Online Retail file where the shared data is at hand
(PISTIS_SHARED_DATA, or ../shared/data beside the checkout), else the slice in
deploy/sample.
"""

import json
import os
import subprocess
import time
import unittest

import programs
import retail

SLICE = os.path.join(programs.SAMPLE, "online_retail_slice.csv.gz")


def sales_file():
    shared = os.environ.get(
        "PISTIS_SHARED_DATA", os.path.join(programs.ROOT, "../shared/data")
    )
    whole = os.path.join(
        shared, "uci_online_retail", "online_retail_dev.csv.gz"
    )
    return whole if os.path.exists(whole) else SLICE


def without_timing(report):
    timing = ("elapsed_ms", "orders_per_second")
    return {key: report[key] for key in report if key not in timing}


def event_ids(pistis):
    return [event["event_id"] for event in pistis.json("events")]


def check_ledger(pistis):
    """The sums of all entries, each of which keeps the ledger's promises."""
    done = subprocess.run(
        [os.path.join(programs.TESTS, "ledger_check")]
        + [pistis.server.address, pistis.program],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class ReplayTest(unittest.TestCase):
    """One server and one replay for all tests; each only looks."""

    @classmethod
    def setUpClass(cls):
        cls.server = programs.Server()
        cls.addClassCleanup(cls.server.close)
        cls.pistis = programs.Pistis(cls.server, retail.PROGRAM)
        cls.pistis.text(
            *("program", "create", retail.PROGRAM, "--currency", "GBP"),
            *("--time-zone", "Europe/London"),
        )
        cls.pistis.text("rulebook", "publish", "-", stdin=retail.RULEBOOK)
        cls.report = cls.replay()
        cls.expected = retail.expect(sales_file())

    @classmethod
    def replay(cls):
        return cls.pistis.json("replay", sales_file(), "--plain")[0]

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
        for event in self.pistis.json("events"):
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
        sums = check_ledger(self.pistis)
        gross = self.expected.gross()
        self.assertEqual(sums["members"], self.report["members"])
        self.assertEqual(sums["EARN"], gross["points_earned"])
        self.assertEqual(sums["CLAW_BACK"], -gross["points_clawed_back"])
        self.assertEqual(sums["available"], self.report["points_outstanding"])

    def test_a_second_replay_changes_nothing(self):
        stats = self.pistis.json("program", "stats")
        cursor = self.pistis.last_cursor()
        again = self.replay()
        self.assertEqual(self.pistis.json("program", "stats"), stats)
        self.assertEqual(self.pistis.last_cursor(), cursor)
        self.assertEqual(without_timing(again), without_timing(self.report))


class SampleReplayTest(unittest.TestCase):
    """The sample as the quickstart replays it: codes, points, caps, expiry."""

    def open(self):
        server = programs.Server()
        self.addCleanup(server.close)
        pistis = programs.Pistis(server, "gift-shop")
        pistis.text(
            *("program", "create", "gift-shop", "--currency", "GBP"),
            *("--time-zone", "Europe/London"),
        )
        rulebook = os.path.join(programs.SAMPLE, "rulebook.yaml")
        pistis.text("rulebook", "publish", rulebook)
        return pistis

    def stats(self, pistis):
        return pistis.json("program", "stats")[0]

    def settled(self, pistis):
        """The sums when what fell due by the last sale is posted.

        The server does that every five seconds.
        """
        deadline = time.monotonic() + 120
        seen, since = self.stats(pistis), time.monotonic()
        while time.monotonic() < since + 7:
            self.assertLess(time.monotonic(), deadline, "it never rests")
            time.sleep(0.5)
            now = self.stats(pistis)
            if now != seen:
                seen, since = now, time.monotonic()
        return seen

    def start_and_kill_server(self, pistis, orders):
        """Kills the server once it has so many orders; the replay's end."""
        replay = subprocess.Popen(
            pistis.arguments("replay", SLICE),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while int(self.stats(pistis)["orders"]) < orders:
            self.assertIsNone(replay.poll(), "the replay was too fast to stop")
        pistis.server.kill()
        _, errors = replay.communicate(timeout=60)
        return replay.returncode, errors

    def test_a_replay_that_a_crash_cut_short_goes_on_to_the_same_end(self):
        whole = self.open()
        report = whole.json("replay", SLICE)[0]
        self.assertEqual(report["refused_orders"], {})
        self.assertGreater(report["codes_used"], 0)
        self.assertGreater(report["points_redeemed"], 0)
        cut = self.open()
        code, errors = self.start_and_kill_server(cut, 60)
        self.assertEqual(code, 3, errors)
        self.assertIn("run the same command again", errors)
        cut.server.start()
        self.assertLess(int(self.stats(cut)["orders"]), report["orders"])
        cut.json("replay", SLICE)
        self.assertEqual(self.settled(cut), self.settled(whole))
        check_ledger(cut)

        events = event_ids(cut)
        again = without_timing(cut.json("replay", SLICE)[0])
        expected = without_timing(whole.json("replay", SLICE)[0])
        self.assertEqual(again, expected)
        self.assertEqual(self.stats(cut), self.stats(whole))
        self.assertEqual(event_ids(cut), events)

    def test_the_example_is_an_order_with_a_discount_points_and_a_code(self):
        pistis = self.open()
        path = pistis.server.path("example")
        pistis.text("replay", SLICE, "--example-file", path)
        with open(path, encoding="utf-8") as file:
            order_id = file.read().strip()
        order = pistis.json("order", "show", order_id)[0]
        quote = order["committed"]["quote"]
        self.assertGreater(int(quote["points_earned"]), 0)
        self.assertTrue(any(d["code"] for d in quote["discounts"]))
        self.assertLessEqual(len(order["order"]["lines"]), 12)
        receipt = pistis.text("order", "show", order_id, "--receipt")
        self.assertIn(f"Order {order_id}", receipt)
        self.assertIn("Points after this order", receipt)


if __name__ == "__main__":
    unittest.main(verbosity=2)
