#!/usr/bin/env python3
"""One shop's day on the command line: every command, and how each refuses."""

import datetime
import json
import unittest

import programs

RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
points: {value: "0.01"}
rules:
  - id: base
    earn: {points: 1, per: "1.00"}
  - id: tenth
    discount: {percent: "10%"}
  - id: thank-you-first
    when: member.orders == 1
    note: thank-you
notes:
  - id: thank-you
    channel: email
    text: {en: "Thank you, {{name}}!"}
codes:
  - {id: spring, discount: {amount: "1.00"}}
"""
OPEN = ("program", "create", "corner-shop", "--time-zone", "Europe/Athens")


def order(order_id, **more):
    line = {"line_id": "1", "sku": "tea", "quantity": 2, "amount_minor": 1000}
    return json.dumps(
        {"order_id": order_id, "member_id": "bo", "lines": [line], **more}
    )


class CommandsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = programs.Server()
        cls.addClassCleanup(cls.server.close)
        cls.pistis = programs.Pistis(cls.server, "corner-shop")
        cls.pistis.text(*OPEN, "--currency", "EUR")
        cls.pistis.text("rulebook", "publish", "-", stdin=RULEBOOK)
        cls.pistis.text(
            *("member", "create", "--id", "bo", "--name", "Bo Li"),
            *("--card", "4711", "--email", "Bo@example.org"),
        )

    def assert_refused(self, done, reason):
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"refused: {reason}: ", done.stderr)

    def test_a_margin_report_has_the_sale_of_a_moment_ago(self):
        day = datetime.date.today()
        period = (
            *("report", "margin", "--from", str(day - datetime.timedelta(1))),
            *("--to", str(day + datetime.timedelta(1))),
        )
        before = self.pistis.json(*period)[0]
        sale = order("margin", store_id="harbour", channel="pos")
        self.pistis.text("order", "commit", "-", stdin=sale)
        after = self.pistis.json(*period, "--by", "store")[0]
        self.assertEqual(
            int(after["sums"]["sales_minor"])
            - int(before["sums"].get("sales_minor", 0)),
            1000,
        )
        self.assertNotIn("cost_minor", after["sums"])
        stores = [row["store_id"] for row in after["stores"]]
        self.assertIn("harbour", stores)
        self.assertEqual(after["days"], [])
        text = self.pistis.text(*period)
        self.assertIn("margin after discounts, EUR", text)
        self.assertIn("unknown", text)
        csv = self.pistis.text(*period, "--csv", "-")
        self.assertIn("\nstore,harbour,1,", csv)
        backwards = self.pistis.run(
            *("report", "margin", "--from", "2026-01-02", "--to", "2026-01-01")
        )
        self.assert_refused(backwards, "FIELD_INVALID")

    def test_a_program_is_opened_again_with_the_same_facts_alone(self):
        again = self.pistis.text(*OPEN, "--currency", "EUR")
        self.assertIn("exists already", again)
        other = self.pistis.run(*OPEN, "--currency", "USD")
        self.assert_refused(other, "ALREADY_EXISTS")

    def test_a_sale_is_quoted_committed_shown_and_taken_back(self):
        quote = self.pistis.json("order", "quote", "-", stdin=order("a"))[0]
        self.assertEqual(quote["total_minor"], "900")
        self.pistis.text("order", "commit", "-", stdin=order("a"))
        receipt = self.pistis.text("order", "show", "a", "--receipt")
        self.assertRegex(receipt, r"TO PAY EUR +9\.00\n")
        self.assertRegex(receipt, r"Points earned: base +9\n")
        half = self.pistis.json("order", "refund", "a", "--line", "1=1")[0]
        self.assertEqual(half["refund_minor"], "450")
        rest = self.pistis.json("order", "refund", "a", "--amount", "1=500")[0]
        self.assertEqual((rest["refund_minor"], rest["whole"]), ("450", True))
        over = self.pistis.run("order", "refund", "a")
        self.assert_refused(over, "REFUND_EXCEEDS_ORDER")
        entries = self.pistis.json("account", "entries", "bo")
        of_sale = [entry for entry in entries if entry["order_id"] == "a"]
        self.assertEqual(
            [entry["kind"] for entry in of_sale],
            ["EARN", "CLAW_BACK", "CLAW_BACK"],
        )
        points = self.pistis.json("account", "show", "bo")[0]["available"]
        self.assertEqual(points, entries[-1]["available_after"])

    def test_a_quote_and_a_committed_order_tell_how_they_came_about(self):
        sale = order("explained", member_id="eva", lines=[
            {"line_id": "1", "quantity": 1, "amount_minor": 1000}])
        self.enrol("eva")
        quoted = self.pistis.text("order", "quote", "-", "--explain", stdin=sale)
        self.assertIn("\ntenth: 1.00 off on 1\n", quoted)
        self.assertIn(
            "thank-you-first: asks for note thank-you on 1; member.orders == 1 "
            "is true (member.orders is 1)\n",
            quoted,
        )
        self.pistis.text("order", "commit", "-", stdin=sale)
        self.assertEqual(self.pistis.text("order", "explain", "explained"), quoted)
        plain = self.pistis.json("order", "quote", "-", stdin=sale)[0]
        self.assertNotIn("trace", plain)
        self.assert_refused(
            self.pistis.run("order", "explain", "nothing"), "NOT_FOUND"
        )

    def enrol(self, *members):
        for member in members:
            self.pistis.text("member", "create", "--id", member)

    def available(self, member):
        return int(self.pistis.json("account", "show", member)[0]["available"])

    def kinds(self, *arguments):
        entries = self.pistis.json("account", "entries", *arguments)
        return [entry["kind"] for entry in entries]

    def test_points_are_given_spent_corrected_moved_and_undone(self):
        self.enrol("ann", "cleo")
        points = ("points", "earn", "ann", "100", "--reason", "welcome")
        earn = (*points, "--expires", "2099-01-31", "--request-id", "gift")
        earned = self.pistis.json(*earn)[0]
        self.assertEqual(earned["entry"]["reason"], "welcome")
        self.assertEqual(earned, self.pistis.json(*earn)[0])
        other = self.pistis.run(*points, "--request-id", "gift")
        self.assert_refused(other, "REQUEST_ID_REUSED")
        self.pistis.text("points", "redeem", "--member", "ann", "--points", "30")
        self.pistis.text("points", "adjust", "ann", "-5", "--reason", "miscounted")
        moved = self.pistis.json("points", "transfer", "ann", "cleo", "25")[0]
        self.assertEqual(moved["to_account"]["available"], "25")
        self.assertEqual(self.available("ann"), 40)
        reverse = ("points", "reverse", "ann", "--reason", "wrong till", "2")
        self.assertIn("undoes no 2", self.pistis.text(*reverse))
        self.assertEqual(self.available("ann"), 70)
        self.assert_refused(self.pistis.run(*reverse), "ENTRY_NOT_REVERSIBLE")
        over = self.pistis.run("points", "redeem", "ann", "71")
        self.assert_refused(over, "INSUFFICIENT_POINTS")
        kinds = ["EARN", "REDEEM", "ADJUST", "TRANSFER_OUT", "REVERSE"]
        self.assertEqual(self.kinds("ann"), kinds)
        owe = ("points", "adjust", "cleo", "-30", "--reason", "abuse")
        self.assert_refused(self.pistis.run(*owe), "INSUFFICIENT_POINTS")
        self.pistis.text(*owe, "--allow-negative")
        self.assertEqual(self.available("cleo"), -5)
        self.assertRegex(self.pistis.text("account", "lots", "cleo"), "-5  owed")

    def test_entries_are_found_by_time_kind_and_order(self):
        self.enrol("dora")
        self.pistis.text("points", "earn", "dora", "7", "--placed", "-2d")
        self.pistis.text("points", "redeem", "dora", "2")
        sale = order("d").replace('"bo"', '"dora"')
        self.pistis.text("order", "commit", "-", stdin=sale)
        self.assertEqual(self.kinds("dora"), ["EARN", "REDEEM", "EARN"])
        self.assertEqual(self.kinds("dora", "--until", "-1d"), ["EARN"])
        self.assertEqual(self.kinds("dora", "--from", "-1h"), ["REDEEM", "EARN"])
        self.assertEqual(self.kinds("dora", "--kind", "redeem"), ["REDEEM"])
        both = ("--kind", "redeem", "--kind", "earn", "--order", "d")
        self.assertEqual(self.kinds("dora", *both), ["EARN"])
        table = self.pistis.text("account", "entries", "dora", "--order", "d")
        self.assertRegex(table, r" earn +\+9 .* order d\n$")

    def test_points_are_set_aside_then_spent_or_given_back(self):
        self.enrol("eve")
        self.pistis.text("points", "earn", "eve", "50")
        week = datetime.date.today() + datetime.timedelta(days=7)
        create = ("hold", "create", "eve", "20", "--id", "till-1")
        create = (*create, "--expires", week.isoformat())
        hold = self.pistis.json(*create)[0]
        self.assertEqual(hold["account"]["held"], "20")
        self.assertEqual(hold, self.pistis.json(*create)[0])
        lots = self.pistis.text("account", "lots", "eve")
        self.assertRegex(lots, r" 30  available .*\n +20  held by till-1 ")
        self.pistis.text("hold", "capture", "till-1", "--points", "15")
        shown = self.pistis.json("hold", "show", "till-1")[0]
        spent = (shown["state"], shown["captured_points"])
        self.assertEqual(spent, ("CAPTURED", "15"))
        late = self.pistis.run("hold", "release", "till-1")
        self.assert_refused(late, "HOLD_NOT_OPEN")
        made = self.pistis.json("hold", "create", "eve", "35")[0]
        other = made["hold"]["hold_id"]
        released = self.pistis.text("hold", "release", other, "--reason", "left")
        self.assertRegex(released, r"state +released\n")
        self.assertEqual(self.available("eve"), 35)
        kinds = ["EARN", "HOLD", "CAPTURE", "HOLD_RELEASE"]
        kinds += ["HOLD", "HOLD_RELEASE"]
        self.assertEqual(self.kinds("eve"), kinds)

    def test_an_order_is_held_and_committed_or_given_back(self):
        hold = ("order", "hold", "-", "--reservation")
        soon = datetime.datetime.now(datetime.timezone.utc)
        until = (soon + datetime.timedelta(hours=1)).isoformat()
        text = self.pistis.text(*hold, "basket-1", "--until", until, stdin=order("h1"))
        self.assertIn("open", text)
        self.assertIn("9.00", text)
        committed = self.pistis.json(
            "order", "commit", "--reservation", "basket-1"
        )[0]
        self.assertEqual(committed["quote"]["total_minor"], "900")
        self.assertIn("basket-1", self.pistis.text("order", "show", "h1"))
        self.pistis.text(*hold, "basket-2", stdin=order("h2"))
        self.assertIn("cancelled", self.pistis.text("order", "cancel", "basket-2"))
        shown = self.pistis.json("order", "reservation", "basket-2")[0]
        self.assertEqual(shown["reservation"]["state"], "CANCELLED")
        late = self.pistis.run("order", "commit", "--reservation", "basket-2")
        self.assert_refused(late, "RESERVATION_NOT_OPEN")
        neither = self.pistis.run("order", "commit")
        self.assertEqual(neither.returncode, 2)

    def test_the_ledger_is_recounted_copied_and_restored(self):
        path = self.server.path
        self.pistis.text("checkpoint", "--out", path("checkpoint"))
        self.enrol("flo")
        self.pistis.text("points", "earn", "flo", "11")
        proof = ("verify", "--checkpoint", path("checkpoint"))
        self.pistis.text(*proof)
        backup = self.pistis.json("backup", "--id", "monday")[0]
        again = self.pistis.run("backup", "--id", "monday")
        self.assert_refused(again, "ALREADY_EXISTS")
        self.assertEqual(backup["path"], path("data-backups/monday"))
        self.pistis.text(*proof, "--backup", backup["path"])
        self.pistis.text("restore", backup["path"], path("restored"))
        self.pistis.text(*proof, "--data_dir", path("restored"))

    def test_a_member_is_found_by_each_identifier(self):
        for identifier in (("--card", "4711"), ("--email", "bo@EXAMPLE.org")):
            found = self.pistis.json("member", "lookup", *identifier)[0]
            self.assertEqual(found["member_id"], "bo")
        self.assertEqual(
            self.pistis.json("member", "show", "bo")[0]["display_name"], "Bo Li"
        )
        unknown = self.pistis.run("member", "lookup", "--phone", "1")
        self.assert_refused(unknown, "NOT_FOUND")

    def test_events_are_filtered_limited_and_continued(self):
        self.pistis.text("order", "commit", "-", stdin=order("e"))
        first = self.pistis.json("events", "--limit", "2")
        self.assertEqual(len(first), 2)
        self.assertIn("program_created", first[0])
        rest = self.pistis.json("events", "--cursor", first[1]["cursor"])
        everything = self.pistis.json("events")
        self.assertEqual(first + rest, everything)
        notes = self.pistis.text("events", "--kind", "note_requested")
        self.assertIn('text="Thank you, Bo Li!"', notes)

    def test_publishing_an_old_content_again_makes_a_new_version(self):
        other = RULEBOOK.replace("10%", "20%")
        versions = [
            self.pistis.json("rulebook", "publish", "-", stdin=yaml)[0]["version"]
            for yaml in (other, RULEBOOK)
        ]
        self.assertEqual(int(versions[1]), int(versions[0]) + 1)
        publish = ("rulebook", "publish", "-", "--request-id", "once")
        self.assertEqual(
            self.pistis.json(*publish, stdin=RULEBOOK),
            self.pistis.json(*publish, stdin=RULEBOOK),
        )
        shown = self.pistis.text("rulebook", "show", "--version", "1")
        self.assertTrue(shown.endswith(RULEBOOK))

    def test_what_is_asked_for_again_is_at_a_fixed_time(self):
        self.enrol("fay")
        issue = ("code", "issue", "spring", "--request-id", "c1", "--expires")
        earn = ("points", "earn", "fay", "9", "--request-id", "p1")
        adjust = ("points", "adjust", "fay", "9", "--reason", "a", "--request-id", "p2")
        stars = ("member", "activity", "fay", "review", "--request-id", "a1")
        hold = ("order", "hold", "-", "--reservation", "b1")
        for moving in (
            (*issue, "+30d"),
            (*earn, "--expires", "+30d"),
            (*earn, "--placed", "-1d"),
            (*adjust, "--expires", "+30d"),
            ("hold", "create", "fay", "1", "--id", "h1", "--expires", "+2h"),
            (*hold, "--for", "1h"),
            (*hold, "--until", "+1h"),
            (*stars, "--placed", "-1d"),
        ):
            run = self.pistis.run(*moving, stdin=order("b1"))
            self.assertEqual(run.returncode, 2, (moving, run.stderr))
            self.assertIn("give a fixed time", run.stderr)
        first = self.pistis.text(*issue, "2099-01-31")
        self.assertEqual(self.pistis.text(*issue, "2099-01-31"), first)
        self.pistis.text("code", "issue", "spring", "--expires", "+30d")
        self.pistis.text("order", "hold", "-", "--for", "1h", stdin=order("b2"))

    def test_a_refusal_names_the_field(self):
        bad = self.pistis.run(
            *("order", "commit", "-"), stdin=order("f", channel="x" * 65)
        )
        self.assert_refused(bad, "FIELD_INVALID")
        self.assertIn("\n  order.channel: ", bad.stderr)
        wrong = self.pistis.run(
            *("rulebook", "publish", "-"),
            stdin=RULEBOOK.replace("rules:", "ruels:"),
        )
        self.assert_refused(wrong, "RULEBOOK_INVALID")
        self.assertIn("rules", wrong.stderr)

    def test_exit_codes_tell_refusals_mistakes_and_silence_apart(self):
        def code(*arguments, stdin=""):
            return self.pistis.run(*arguments, stdin=stdin).returncode

        self.assertEqual(code("order", "show", "none"), 1)
        self.assertEqual(code("order", "quote", "/none"), 2)
        self.assertEqual(code("order", "quote", "-", stdin="{"), 2)
        self.assertEqual(code("order", "refund", "a", "--line", "1"), 2)
        self.assertEqual(code("account", "entries", "bo", "--from", "soon"), 2)
        self.assertEqual(code("account", "entries", "bo", "--kind", "no"), 2)
        self.assertEqual(code("points", "adjust", "bo", "5"), 2)
        self.assertEqual(code("hold", "show", "none"), 1)
        self.assertEqual(code("nonsense"), 2)
        self.assertEqual(code("--help"), 0)

        class Nowhere:
            address = "127.0.0.1:1"

        silent = programs.Pistis(Nowhere, "corner-shop").run("program", "stats")
        self.assertEqual(silent.returncode, 3)
        self.assertIn("could not be reached", silent.stderr)
        self.assertIn("pistis doctor", silent.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
