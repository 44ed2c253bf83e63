#!/usr/bin/env python3
"""What an operator sees of a running server: metrics, readiness, the log."""

import json
import os
import re
import time
import unittest
import urllib.error
import urllib.request

import programs
import receivers
import sinks_shop

METRICS = ("--metrics_address", "127.0.0.1:0")
JSON_LOG = ("--log_format", "json")
SAMPLE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
# Half of a sale is asked for, and a tenth allowed.
BUDGETED = """\
program: shop
currency: EUR
time_zone: Europe/Athens
margin:
  unknown_cost: {assume: "10%"}
  order: {max_discount: "10%"}
budgets:
  - {id: month, per: program, window: month, max_discount: "20.00"}
rules:
  - {id: half, discount: {percent: "50%"}}
"""
DEPLOY = os.path.join(programs.ROOT, "deploy")


class Scrape:
    """The metrics of one moment: (name, labels) -> number."""

    def __init__(self, server):
        # The address of the process that was started last.
        address = re.findall(r"metrics at ([0-9.:]+)", server.log())[-1]
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as page:
            self.text = page.read().decode()
        self.samples = {}
        for line in self.text.splitlines():
            if not line.startswith("#"):
                name, labels, number = SAMPLE.match(line).groups()
                key = (name, frozenset(LABEL.findall(labels or "")))
                self.samples[key] = float(number)
        self.names = set(re.findall(r"^# TYPE (\S+)", self.text, re.MULTILINE))

    def get(self, name, **labels):
        """The sum of what has these labels."""
        wanted = set(labels.items())
        return sum(
            number
            for (each, has), number in self.samples.items()
            if each == name and wanted <= has
        )


class WatchTest(sinks_shop.SinksShop):
    def scrape(self):
        return Scrape(self.server)

    def commit(self, order_id, **more):
        line = {"line_id": "1", "sku": "t", "quantity": 1, "amount_minor": 500}
        order = {"order_id": order_id, "member_id": "ann", "lines": [line]}
        return self.pistis.run(
            "order", "commit", "-", stdin=json.dumps({**order, **more})
        )

    def test_calls_are_counted_by_what_came_of_them(self):
        self.serve(*METRICS)
        before = self.scrape()
        for i in range(7):
            self.sell(f"o{i}", "ann")
        for _ in range(3):
            self.assertEqual(self.commit("bad", lines=[]).returncode, 1)
        self.assertEqual(self.commit("lost", member_id="nobody").returncode, 1)
        after = self.scrape()

        def more(name, **labels):
            method = {"service": "CheckoutService", "method": "CommitOrder"}
            return after.get(name, **method, **labels) - before.get(
                name, **method, **labels
            )

        self.assertEqual(more("pistis_calls_total", outcome="OK"), 7)
        self.assertEqual(more("pistis_calls_total", outcome="FIELD_INVALID"), 3)
        self.assertEqual(more("pistis_calls_total", outcome="NOT_FOUND"), 1)
        self.assertEqual(more("pistis_call_seconds_count"), 11)
        self.assertEqual(more("pistis_call_seconds_bucket", le="+Inf"), 11)
        self.assertGreater(more("pistis_call_seconds_sum"), 0)
        self.assertGreaterEqual(
            after.get("pistis_commits_total") - before.get("pistis_commits_total"),
            7,
        )
        self.assertGreaterEqual(
            after.get("pistis_batch_commands_sum")
            - before.get("pistis_batch_commands_sum"),
            7,
        )

    def test_a_histogram_grows_towards_its_count(self):
        self.serve(*METRICS)
        self.sell("o1", "ann")
        seen = self.scrape()
        for name in ("pistis_decide_seconds", "pistis_sync_seconds"):
            buckets = sorted(
                (float(dict(labels)["le"]), number)
                for (each, labels), number in seen.samples.items()
                if each == name + "_bucket"
            )
            counts = [number for _, number in buckets]
            self.assertEqual(counts, sorted(counts), name)
            self.assertEqual(counts[-1], seen.get(name + "_count"), name)
            self.assertGreater(counts[-1], 0, name)
            self.assertGreater(seen.get(name + "_sum"), 0, name)

    def test_a_program_has_the_points_that_its_stats_tell(self):
        self.serve(*METRICS)
        self.sell("o1", "ann")
        self.sell("o2", "ben")
        seen = self.scrape()
        self.assertEqual(seen.get("pistis_points", program="shop"), 10)
        self.assertEqual(seen.get("pistis_members", program="shop"), 2)
        self.assertEqual(seen.get("pistis_orders_total", program="shop"), 2)
        for member in ("ann", "ben"):
            self.assertNotIn(f'"{member}"', seen.text)

    def test_a_cap_that_binds_and_what_a_budget_has_left_show(self):
        self.serve(*METRICS)
        self.pistis.text("rulebook", "publish", "-", stdin=BUDGETED)
        self.sell("o1", "ann")
        seen = self.scrape()
        of = {"program": "shop", "budget": "month", "measure": "discount"}
        self.assertEqual(seen.get("pistis_budget_limit", **of), 2000)
        self.assertEqual(seen.get("pistis_budget_left", **of), 1950)
        bound = [
            (dict(labels)["cap"], number)
            for (name, labels), number in seen.samples.items()
            if name == "pistis_cap_bound_total"
        ]
        self.assertEqual([number for _, number in bound], [1], bound)

    def test_a_sink_that_fails_lags_until_it_is_well(self):
        self.serve(*METRICS, sinks_shop.ALLOWED)
        hooks = self.hooks(lambda event: 503)
        self.subscribe("--id", "hooks", "--webhook", hooks.url, *sinks_shop.ORDERS)
        of = {"program": "shop", "subscription": "hooks", "sink": "webhook"}
        self.sell("o1", "ann")
        self.sell("o2", "ben")
        self.assert_becomes(
            lambda: self.scrape().get("pistis_subscription_lag_seconds", **of) > 0
        )
        seen = self.scrape()
        self.assertEqual(
            seen.get("pistis_subscription_events_behind", **of)
            + seen.get("pistis_subscription_waiting", **of),
            2,
        )
        hooks.answer = lambda event: 200
        self.assert_becomes(
            lambda: self.scrape().get("pistis_subscription_delivered_total", **of)
            == 2,
            seconds=120,
        )
        seen = self.scrape()
        self.assertEqual(seen.get("pistis_subscription_events_behind", **of), 0)
        self.assertEqual(seen.get("pistis_subscription_lag_seconds", **of), 0)
        self.assertEqual(seen.get("pistis_subscription_active", **of), 1)

    def test_what_the_dashboard_and_the_alerts_name_is_there(self):
        self.serve(*METRICS)
        self.sell("o1", "ann")
        names = self.scrape().names
        with open(os.path.join(DEPLOY, "alerts/pistis.yaml"), encoding="utf-8") as file:
            alerts = file.read()
        with open(
            os.path.join(DEPLOY, "dashboard/pistis.json"), encoding="utf-8"
        ) as file:
            panels = json.load(file)["panels"]
        asked = [each["expr"] for panel in panels for each in panel["targets"]]
        used = {
            re.sub(r"_(bucket|sum|count)$", "", name)
            for text in [alerts, *asked]
            for name in re.findall(r"\b(?:pistis|process)_[a-z_]+", text)
        }
        self.assertGreater(len(used), 40)
        self.assertEqual(used - names, set())
        shown = " ".join(asked)
        self.assertEqual(
            {name for name in names if name not in shown and name.startswith("pistis")},
            set(),
            "metrics that no panel shows",
        )

    def test_every_alert_is_in_the_runbook(self):
        with open(os.path.join(DEPLOY, "alerts/pistis.yaml"), encoding="utf-8") as file:
            alerts = re.findall(r"alert: (\w+)", file.read())
        self.assertEqual(len(set(alerts)), 12)
        with open(os.path.join(DEPLOY, "RUNBOOK.md"), encoding="utf-8") as file:
            explained = re.findall(r"^\| (Pistis\w+) \|", file.read(), re.MULTILINE)
        self.assertEqual(sorted(explained), sorted(alerts))

    def test_a_disk_that_is_nearly_full_is_read_and_not_written(self):
        self.serve(*METRICS)
        self.sell("o1", "ann")
        self.server.process.terminate()
        self.assertEqual(self.server.process.wait(timeout=60), 0)
        http = f"127.0.0.1:{receivers.free_port()}"
        self.server.flags = (
            *(*METRICS, "--http_address", http),
            *("--min_free_disk", "1000000TiB"),
        )
        self.server.start()
        refused = self.commit("o2")
        self.assertIn("OVERLOADED", refused.stderr)
        self.assertIn("disk is nearly full", refused.stderr)
        self.assertIn("o1", self.pistis.text("order", "show", "o1"))
        with self.assertRaises(urllib.error.HTTPError) as not_ready:
            urllib.request.urlopen(f"http://{http}/readyz", timeout=10)
        self.assertEqual(not_ready.exception.code, 503)
        seen = self.scrape()
        self.assertEqual(seen.get("pistis_ready"), 0)
        self.assertGreater(seen.get("pistis_executor_overloaded_total"), 0)
        self.server.process.terminate()
        self.assertEqual(self.server.process.wait(timeout=60), 0)
        self.server.flags = METRICS
        self.server.start()
        self.assertEqual(self.commit("o2").returncode, 0)
        self.assertEqual(self.scrape().get("pistis_ready"), 1)

    def test_slow_calls_are_told_with_where_their_time_went(self):
        self.serve(*METRICS, *JSON_LOG, "--slow_request", "1ns")
        # Not more are told in a second.
        time.sleep(2)
        self.sell("o1", "ann")
        slow = [
            line
            for line in map(json.loads, self.server.log().splitlines())
            if line["message"] == "a slow call"
        ]
        sold = [each for each in slow if each["method"].endswith(".CommitOrder")]
        self.assertEqual(len(sold), 1, slow)
        for line in slow:
            self.assertIn("caller", line)
            self.assertGreaterEqual(int(line["took_ms"]), 0)
        for line in sold:
            self.assertEqual(line["program"], "shop")
            self.assertLessEqual({"queued_ms", "decided_ms", "synced_ms"}, set(line))
        seen = self.scrape()
        self.assertEqual(
            seen.get("pistis_slow_calls_total"), seen.get("pistis_call_seconds_count")
        )

    def test_a_quick_server_tells_of_no_slow_call(self):
        self.serve(*METRICS, "--slow_request", "1h")
        self.sell("o1", "ann")
        self.assertNotIn("slow call", self.server.log())
        self.assertEqual(self.scrape().get("pistis_slow_calls_total"), 0)


class LogTest(unittest.TestCase):
    def test_json_lines_hold_nothing_of_members(self):
        server = programs.Server(
            *METRICS, *JSON_LOG, "--slow_request", "1ns", "--log_level", "debug"
        )
        self.addCleanup(server.close)
        pistis = programs.Pistis(server, "shop")
        pistis.text(*sinks_shop.OPEN, "--currency", "EUR")
        pistis.text("rulebook", "publish", "-", stdin=sinks_shop.RULEBOOK)
        pistis.text(
            *("member", "create", "--id", "ann", "--name", "Annoula Testaki"),
            *("--card", "CARD-4711-8822", "--email", "Annoula@example.org"),
            *("--phone", "+306912345678", "--birthday", "1990-02-28"),
        )
        pistis.text("member", "lookup", "--card", "CARD-4711-8822")
        line = {"line_id": "1", "sku": "t", "quantity": 1, "amount_minor": 500}
        for order in (
            {"order_id": "o1", "member_id": "ann", "lines": [line]},
            {"order_id": "o2", "lines": [line], "codes": ["SECRETCODE77"]},
            {"order_id": "o3", "lines": [line],
             "identifier": {"kind": "EMAIL", "value": "nobody@example.org"}},
        ):
            pistis.run("order", "commit", "-", stdin=json.dumps(order))
        log = server.log()
        lines = [json.loads(each) for each in log.splitlines()]
        self.assertGreater(len(lines), 3)
        for each in lines:
            self.assertLessEqual({"time", "level", "message"}, set(each))
            self.assertIsNone(re.search(r"[\n\r]", each["message"]))
        for secret in ("Annoula", "annoula", "Testaki", "4711-8822", "CARD-", "example.org",
                       "306912345678", "1990-02-28", "SECRETCODE77"):
            self.assertNotIn(secret, log)

    def test_an_option_that_cannot_be_is_refused(self):
        for flags in (("--log_format", "xml"), ("--log_level", "loud"),
                      ("--metrics_address", "here"), ("--min_free_disk", "some")):
            done = programs.subprocess.run(
                [os.path.join(programs.BIN, "pistisd"), "--dev", "--data_dir",
                 "/nonexistent/pistis", *flags],
                capture_output=True, text=True, check=False, timeout=60,
            )
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(flags[0], done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
