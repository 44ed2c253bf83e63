"""A shop whose events are delivered, and what its tests share."""

import json
import unittest
import urllib.request

import programs
import receivers

RULEBOOK = """\
program: shop
currency: EUR
time_zone: Europe/Athens
rules:
  - id: base
    earn: {points: 1, per: "1.00"}
  - id: thanks
    when: member.orders == 1
    note: thank-you
notes:
  - id: thank-you
    channel: email
    text: {en: "Thank you, {{name}}!", el: "Ευχαριστούμε, {{name}}!"}
"""
OPEN = ("program", "create", "shop", "--time-zone", "Europe/Athens")
ALLOWED = "--allow_private_targets"
ORDERS = ("--kind", "order_committed")


def post(address, method, request):
    """A call of the API as HTTP/JSON; an OSError where it is refused."""
    call = urllib.request.Request(
        f"http://{address}/pistis.v1.{method}",
        data=json.dumps(request).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(call, timeout=5) as reply:
        return json.load(reply)


class SinksShop(unittest.TestCase):
    def serve(self, *flags):
        self.server = programs.Server(*flags)
        self.addCleanup(self.server.close)
        self.pistis = programs.Pistis(self.server, "shop")
        self.pistis.text(*OPEN, "--currency", "EUR")
        self.pistis.text("rulebook", "publish", "-", stdin=RULEBOOK)
        for member in ("ann", "ben"):
            self.pistis.text("member", "create", "--id", member)

    def hooks(self, *answer):
        hooks = receivers.Hooks(*answer)
        self.addCleanup(hooks.close)
        return hooks

    def subscribe(self, *arguments):
        return self.pistis.json("subscription", "create", *arguments)[0]

    def shown(self, name):
        return next(
            each
            for each in self.pistis.json("subscription", "list")
            if each["subscription_id"] == name
        )

    def sell(self, order_id, member):
        line = {"line_id": "1", "sku": "t", "quantity": 1, "amount_minor": 500}
        order = {"order_id": order_id, "member_id": member, "lines": [line]}
        self.pistis.text("order", "commit", "-", stdin=json.dumps(order))

    def assert_becomes(self, what, seconds=30):
        self.assertTrue(
            receivers.becomes(what, seconds),
            lambda: self.pistis.text("subscription", "list") + self.server.log(),
        )

    @staticmethod
    def orders(hooks):
        return [
            each["order_committed"]["order_id"] for each in list(hooks.events)
        ]
