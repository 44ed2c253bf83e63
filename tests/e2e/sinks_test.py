#!/usr/bin/env python3
"""Subscriptions: what is delivered where, and what becomes of what fails."""

import json
import os
import socket
import time
import unittest

import programs
import receivers
from sinks_shop import ALLOWED, ORDERS, SinksShop


class SinksTest(SinksShop):
    def test_a_webhook_is_signed_as_standard_webhooks_says(self):
        self.serve(ALLOWED)
        hooks = self.hooks()
        made = self.subscribe("--id", "hooks", *ORDERS, "--webhook", hooks.url)
        first = made["webhook"]["secret"]
        self.sell("o1", "ann")
        self.assert_becomes(lambda: len(hooks.events) == 1)
        headers, body = hooks.headers[0], hooks.bodies[0]
        event = self.pistis.json("events", *ORDERS)[0]
        self.assertEqual(headers["webhook-id"], event["event_id"])
        self.assertLess(abs(int(headers["webhook-timestamp"]) - time.time()), 60)
        self.assertEqual(
            headers["webhook-signature"],
            receivers.signature(first, headers, body),
        )
        rotated = self.pistis.json("subscription", "rotate", "hooks")[0]
        second = rotated["webhook"]["secret"]
        self.assertNotEqual(second, first)
        self.assert_signed_by(hooks, "o2", [second, first])
        self.pistis.text("subscription", "rotate", "hooks", "--retire")
        self.assert_signed_by(hooks, "o3", [second])
        for secret in (first, second):
            self.assertNotIn(secret, self.pistis.text("subscription", "list"))
            self.assertNotIn(secret, self.server.log())

    def assert_signed_by(self, hooks, order, secrets):
        before = len(hooks.events)
        # The relay with the former secret ends within a second.
        time.sleep(1.5)
        self.sell(order, "ann")
        self.assert_becomes(lambda: len(hooks.events) > before)
        headers, body = hooks.headers[-1], hooks.bodies[-1]
        self.assertEqual(
            headers["webhook-signature"].split(),
            [receivers.signature(each, headers, body) for each in secrets],
        )

    def test_nothing_is_lost_or_overtaken_while_the_receiver_fails(self):
        self.serve(ALLOWED)
        elsewhere = self.hooks()
        left = [500, "close", ("redirect", elsewhere.url), 503, 429, 200]
        hooks = self.hooks(lambda event: left.pop(0) if len(left) > 1 else 200)
        self.subscribe("--id", "hooks", *ORDERS, "--webhook", hooks.url)
        for i in range(4):
            self.sell(f"o{i}", ("ann", "ben")[i % 2])
        self.assert_becomes(lambda: len(hooks.events) == 4, 60)
        self.assertEqual(self.orders(hooks), ["o0", "o1", "o2", "o3"])
        self.assertEqual(elsewhere.tries, 0, "redirects are not followed")
        self.assert_becomes(lambda: self.shown("hooks")["delivered"] == "4")
        self.assertEqual(self.shown("hooks")["trouble"], "")

    def test_the_code_of_an_answer_counts_though_the_rest_does_not_come(self):
        self.serve(ALLOWED)
        hooks = self.hooks(lambda event: "open")
        self.subscribe("--id", "hooks", *ORDERS, "--webhook", hooks.url)
        self.sell("o1", "ann")
        self.assert_becomes(lambda: self.shown("hooks")["delivered"] == "1")
        self.assertEqual(hooks.tries, 1)

    def test_a_member_whose_events_are_refused_holds_up_nobody_else(self):
        self.serve(ALLOWED)
        refused = {"ann"}
        hooks = self.hooks(
            lambda event: 400 if event["member_id"] in refused else 200
        )
        self.subscribe("--id", "hooks", *ORDERS, "--webhook", hooks.url)
        for order, member in (
            *(("a1", "ann"), ("b1", "ben"), ("a2", "ann"), ("b2", "ben")),
        ):
            self.sell(order, member)
        self.assert_becomes(lambda: self.orders(hooks) == ["b1", "b2"])
        self.assert_becomes(lambda: self.shown("hooks")["waiting"] == "2")
        self.assertEqual(self.shown("hooks")["trouble"], "it answered 400")
        self.assertIn("nothing is wrong", self.pistis.text("verify"))
        self.server.kill()
        self.server.start()
        refused.clear()
        self.assert_becomes(lambda: len(hooks.events) == 4, 60)
        self.assertEqual(self.orders(hooks), ["b1", "b2", "a1", "a2"])

    def test_a_receiver_that_is_gone_is_told_no_more_until_asked(self):
        self.serve(ALLOWED)
        gone = [True]
        hooks = self.hooks(lambda event: 410 if gone else 200)
        self.subscribe("--id", "hooks", *ORDERS, "--webhook", hooks.url)
        self.sell("o1", "ann")
        self.assert_becomes(lambda: self.shown("hooks")["state"] == "DISABLED")
        self.sell("o2", "ann")
        time.sleep(1)
        self.assertEqual(hooks.tries, 1)
        gone.clear()
        self.pistis.text("subscription", "replay", "hooks")
        self.assert_becomes(lambda: self.orders(hooks) == ["o1", "o2"])

    def test_one_that_is_gone_goes_on_at_another_place(self):
        self.serve(ALLOWED)
        gone, hooks = self.hooks(lambda event: 410), self.hooks()
        made = self.subscribe("--id", "hooks", *ORDERS, "--webhook", gone.url)
        self.sell("o1", "ann")
        self.assert_becomes(lambda: self.shown("hooks")["state"] == "DISABLED")
        self.sell("o2", "ann")
        self.pistis.text("subscription", "update", "hooks",
                         "--webhook", hooks.url)
        self.assert_becomes(lambda: self.orders(hooks) == ["o1", "o2"])
        self.assertEqual(gone.tries, 1)
        self.assertEqual(
            hooks.headers[0]["webhook-signature"],
            receivers.signature(made["webhook"]["secret"], hooks.headers[0],
                                hooks.bodies[0]),
        )
        other = self.pistis.run("subscription", "update", "hooks",
                                "--kafka", "127.0.0.1:9092", "--topic", "t")
        self.assertIn("another kind", other.stderr)

    def test_a_sink_that_hangs_slows_no_other(self):
        self.serve(ALLOWED)
        slow, fast = self.hooks(lambda event: "hang"), self.hooks()
        for name, hooks in (("slow", slow), ("fast", fast)):
            self.subscribe("--id", name, *ORDERS, "--webhook", hooks.url)
        # Both relays run.
        self.sell("o0", "ann")
        self.assert_becomes(lambda: slow.tries == 1 and len(fast.events) == 1)
        begin = time.monotonic()
        for i in range(1, 20):
            self.sell(f"o{i}", "ann")
        self.assert_becomes(lambda: len(fast.events) == 20, 10)
        self.assertLess(time.monotonic() - begin, 9)
        self.assertEqual(slow.tries, 1)

    def test_private_targets_are_refused_by_address_and_by_name(self):
        self.serve()
        hooks = self.hooks()
        port = hooks.server.server_port
        for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]",
                     "169.254.169.254", "0x7f000001", "127.1", "10.0.0.1"):
            done = self.pistis.run(
                "subscription", "create", "--webhook", f"http://{host}:{port}/"
            )
            self.assertEqual(done.returncode, 1, host)
            self.assertIn("private", done.stderr)
        name = socket.gethostname()
        try:
            socket.getaddrinfo(name, port)
        except OSError:
            self.skipTest("this machine's name has no address")
        self.subscribe(
            *("--id", "by-name", *ORDERS),
            *("--webhook", f"http://{name}:{port}/hooks"),
        )
        self.sell("o1", "ann")
        self.assert_becomes(lambda: "private" in self.shown("by-name")["trouble"])
        self.assertEqual(hooks.tries, 0)

    def test_files_of_events_outlive_a_crash_in_the_middle_of_a_line(self):
        folder = programs.tempfile.TemporaryDirectory(prefix="pistis_events_")
        self.addCleanup(folder.cleanup)
        self.serve("--events_dir", folder.name)
        self.subscribe("--id", "files", "--file", "log", "--from", "-1d")
        path = os.path.join(folder.name, "shop", "log.jsonl")

        def ids():
            # A torn line is mended when the next one is written.
            with open(path, encoding="utf-8") as lines:
                whole = [line for line in lines if line.endswith("\n")]
            return [json.loads(line)["event_id"] for line in whole]

        def told():
            return [each["event_id"] for each in self.pistis.json("events")]

        self.sell("o1", "ann")
        self.assert_becomes(lambda: os.path.exists(path) and ids() == told())
        self.server.kill()
        with open(path, "a", encoding="utf-8") as file:
            file.write('{"event_id":"torn')
        self.server.start()
        self.sell("o2", "ann")
        self.assert_becomes(lambda: list(dict.fromkeys(ids())) == told())

    def test_a_reader_of_its_own_goes_on_where_it_acknowledged(self):
        self.serve()
        self.subscribe("--id", "reader", *ORDERS)
        self.sell("o1", "ann")
        self.sell("o2", "ann")
        read = ("events", "--subscription", "reader")
        events = self.pistis.json(*read)
        self.assertEqual(len(events), 2)
        self.pistis.text(
            "subscription", "ack", "reader", "--cursor", events[0]["cursor"]
        )
        self.assertEqual(self.pistis.json(*read), events[1:])
        self.pistis.text("subscription", "delete", "reader")
        self.assertEqual(self.pistis.run(*read).returncode, 1)

    def test_a_follower_hears_that_a_quiet_stream_is_alive(self):
        self.serve()
        quiet = ("--kind", "case_opened", "--follow", "--heartbeat", "5")
        begin = time.monotonic()
        beat = self.pistis.json("events", *quiet, "--limit", "1")[0]
        self.assertIn("heartbeat", beat)
        self.assertGreater(time.monotonic() - begin, 4)
        # It has come past all that it left out.
        self.assertEqual(beat["cursor"], self.pistis.last_cursor())

    def test_events_are_what_their_schemas_say(self):
        self.serve(ALLOWED)
        hooks = self.hooks()
        self.subscribe("--id", "hooks", "--from", "-1d", "--webhook", hooks.url)
        self.sell("o1", "ann")
        self.assert_becomes(
            lambda: any("note_requested" in each for each in hooks.events)
        )
        for event in list(hooks.events):
            self.assert_fits(event, "event.json")

    def assert_fits(self, value, file):
        path = os.path.join(programs.ROOT, "proto/events", file)
        with open(path, encoding="utf-8") as text:
            schema = json.load(text)
        for key in schema.get("required", ()):
            self.assertIn(key, value)
        for key, member in value.items():
            self.assertIn(key, schema["properties"], file)
            rule = schema["properties"][key]
            if rule.get("$ref", "").endswith(".json"):
                self.assert_fits(member, rule["$ref"])
            elif "type" in rule:
                kinds = {"string": str, "integer": int, "boolean": bool,
                         "array": list, "object": dict}
                self.assertIsInstance(member, kinds[rule["type"]], key)


if __name__ == "__main__":
    unittest.main()
