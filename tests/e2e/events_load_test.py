#!/usr/bin/env python3
"""Events equal changes: under load, kill -9 and a failing receiver.

PISTIS_SINK_CRASHES and PISTIS_SINK_SECONDS make it longer, PISTIS_TEST_SEED
repeats its draws.
"""

import http.client
import os
import random
import threading
import time
import unittest

import receivers
from sinks_shop import ALLOWED, SinksShop, post

CRASHES = int(os.environ.get("PISTIS_SINK_CRASHES", "2"))
SECONDS = float(os.environ.get("PISTIS_SINK_SECONDS", "1.5"))
SEED = int(os.environ.get("PISTIS_TEST_SEED", time.time_ns() % 10**9))
MEMBERS = 8
TILLS = 6


class Till(threading.Thread):
    """Sells until it is told to stop; remembers what was acknowledged."""

    def __init__(self, address, number, stop):
        super().__init__(daemon=True)
        self.address, self.number, self.stop = address, number, stop
        self.sold, self.sent = set(), 0

    def run(self):
        while not self.stop.is_set():
            self.sent += 1
            order_id = f"t{self.number}-{self.sent}"
            member = f"m{(self.number * 7 + self.sent) % MEMBERS}"
            line = {"line_id": "1", "sku": "t", "quantity": 1,
                    "amount_minor": 1000}
            order = {"order_id": order_id, "member_id": member,
                     "lines": [line]}
            # The same sale until somebody answers.
            while not self.stop.is_set():
                if self.commit({"program_id": "shop", "order": order}):
                    self.sold.add(order_id)
                    break
                time.sleep(0.05)

    def commit(self, request):
        try:
            post(self.address, "CheckoutService/CommitOrder", request)
        except (OSError, http.client.HTTPException):
            return False
        return True


class EventsLoadTest(SinksShop):
    def test_a_consumer_that_keeps_ids_sees_each_change_once_in_order(self):
        print(f"PISTIS_TEST_SEED={SEED}", flush=True)
        chance = random.Random(SEED)
        calm = threading.Event()

        def answer(_event):
            if calm.is_set() or chance.random() < 0.99:
                return 200
            return chance.choice([500, 400, 429, "close"])

        address = f"127.0.0.1:{receivers.free_port()}"
        self.serve(ALLOWED, "--http_address", address)
        for i in range(MEMBERS):
            self.pistis.text("member", "create", "--id", f"m{i}")
        hooks = self.hooks(answer)
        self.subscribe("--id", "hooks", "--from", "-1d", "--webhook", hooks.url)
        stop = threading.Event()
        tills = [Till(address, number, stop) for number in range(TILLS)]
        for till in tills:
            till.start()
        for _ in range(CRASHES):
            time.sleep(SECONDS * chance.uniform(0.3, 1))
            self.server.kill()
            self.server.start()
        time.sleep(SECONDS)
        stop.set()
        for till in tills:
            till.join()
        calm.set()
        self.check(hooks, set().union(*(till.sold for till in tills)))

    def check(self, hooks, sold):
        events = self.pistis.json("events")
        self.assertEqual(
            len({each["event_id"] for each in events}), len(events)
        )
        wanted = {each["event_id"]: each for each in events}
        self.assert_becomes(lambda: len(hooks.first_ids()) >= len(wanted), 120)
        first = hooks.first_ids()
        self.assertEqual(set(first), set(wanted), "no more and no fewer")
        orders = [
            each["order_committed"]["order_id"]
            for each in events if "order_committed" in each
        ]
        self.assertEqual(len(set(orders)), len(orders), "one event a change")
        self.assertLessEqual(sold, set(orders), "what was acknowledged is told")
        self.assertGreater(len(sold), 50)
        place = {each: i for i, each in enumerate(wanted)}
        for member in {each.get("member_id", "") for each in events}:
            seen = [
                place[each] for each in first
                if wanted[each].get("member_id", "") == member
            ]
            self.assertEqual(seen, sorted(seen), f"in order for {member!r}")
        repeated = len(hooks.events) - len(first)
        print(f"{len(first)} events, {repeated} told again, {CRASHES} crashes")
        self.assert_becomes(lambda: self.shown("hooks")["waiting"] == "0")
        self.assertIn("nothing is wrong", self.pistis.text("verify"))


if __name__ == "__main__":
    unittest.main()
