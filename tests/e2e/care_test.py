#!/usr/bin/env python3
"""A complaint from its opening to its end, on the command line."""

import unittest

import programs

RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
points: {value: "0.01"}
codes:
  - {id: next-10, discount: {amount: "10.00"}, bound_to_member: true}
notes:
  - {id: sorry, kind: apology, channel: print, text: {en: "Sorry. {{code}}"}}
  - {id: how-is-it, kind: follow-up, channel: print, text: {en: "How is it?"}}
care:
  roles:
    - {id: till, grant_up_to: "5.00"}
    - {id: manager, approve_up_to: "50.00"}
  remedies:
    - {id: points, points: 300}
    - {id: parcel, issue_code: next-10, note: sorry, worth: "10.00"}
  cap: {worth: "20.00", window: 90d}
  follow_up: {note: how-is-it, after: 5d}
"""
OPEN = ("program", "create", "corner-shop", "--time-zone", "Europe/Athens")


class CareTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = programs.Server()
        cls.addClassCleanup(cls.server.close)
        cls.pistis = programs.Pistis(cls.server, "corner-shop")
        cls.pistis.text(*OPEN, "--currency", "EUR")
        cls.pistis.text("rulebook", "publish", "-", stdin=RULEBOOK)
        for member in ("bo", "di", "eve"):
            cls.pistis.text("member", "create", "--id", member)

    def open(self, case_id, member, *more):
        return self.pistis.json(
            *("case", "open", member, "--category", "delivery/late"),
            *("--severity", "high", "--id", case_id, *more),
        )[0]

    def assert_refused(self, done, reason):
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"refused: {reason}: ", done.stderr)

    def test_a_complaint_is_made_good_and_followed_up(self):
        opened = self.open("c1", "bo", "--words", "It came late.")
        self.assertEqual(opened["state"], "OPEN")
        offers = self.pistis.text("case", "remedies", "c1", "--role", "till")
        self.assertIn("once approved", offers)
        self.assertIn("given 0.00 EUR of 20.00 EUR", offers)
        by_kim = ("--by", "kim", "--role", "till")
        granted = self.pistis.json("case", "grant", "c1", "points", *by_kim)[0]
        self.assertEqual(granted["account"]["available"], "300")
        again = self.pistis.run("case", "grant", "c1", "points", *by_kim)
        self.assert_refused(again, "REMEDY_REFUSED")
        waits = self.pistis.text("case", "grant", "c1", "parcel", *by_kim)
        self.assertIn("waits for approval", waits)
        unresolved = self.pistis.run("case", "resolve", "c1", "--by", "kim")
        self.assert_refused(unresolved, "CASE_NOT_OPEN")
        for name, refusal in (
            *(("kim", "PERMISSION_DENIED"), (" Kim", "PERMISSION_DENIED")),
            (" ", "FIELD_INVALID"),
        ):
            own = self.pistis.run(
                *("case", "approve", "c1", "2", "--role", "manager"),
                *("--by", name),
            )
            self.assert_refused(own, refusal)
        approved = self.pistis.json(
            *("case", "approve", "c1", "2", "--by", "mia", "--role", "manager")
        )[0]
        self.assertTrue(approved["code"]["code"])
        resolved = self.pistis.json("case", "resolve", "c1", "--by", "kim")[0]
        self.assertEqual(resolved["state"], "RESOLVED")
        self.assertIn("follow_up_time", resolved)
        answered = self.pistis.json(
            *("case", "follow-up", "c1", "--not-content", "--words", "Broken.")
        )[0]
        self.assertEqual(answered["state"], "OPEN")
        shown = self.pistis.text("case", "show", "c1")
        self.assertIn("It came late.", shown)
        self.assertIn("granted by mia: a code that ends with", shown)
        self.assertIn("not content: Broken.", shown)

    def test_a_declined_remedy_gives_nothing(self):
        self.open("c2", "di")
        self.pistis.text(
            *("case", "grant", "c2", "parcel", "--by", "kim", "--role", "till")
        )
        declined = self.pistis.json(
            *("case", "decline", "c2", "1", "--by", "mia", "--role", "manager")
        )[0]
        self.assertEqual(declined["remedy"]["state"], "DECLINED")
        self.assertNotIn("account", declined)

    def test_cases_are_listed_by_member_and_state(self):
        self.open("c3", "eve")
        self.pistis.text("case", "resolve", "c3", "--by", "kim")
        listed = self.pistis.json(
            "case", "list", "--member", "eve", "--state", "resolved"
        )
        self.assertEqual([one["case_id"] for one in listed], ["c3"])
        self.assertIn("delivery/late", self.pistis.text("case", "list"))

    def test_a_mistyped_severity_is_a_usage_error(self):
        done = self.pistis.run(
            *("case", "open", "bo", "--category", "a", "--severity", "bad")
        )
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("low, medium, high or critical", done.stderr)

    def test_without_weeks_before_there_is_no_pattern(self):
        text = self.pistis.text("case", "patterns")
        self.assertIn("Nothing is complained about more than usual", text)
        refused = self.pistis.run("case", "patterns", "--weeks", "99")
        self.assert_refused(refused, "FIELD_INVALID")

    def test_the_recount_agrees(self):
        self.open("c4", "eve")
        self.pistis.text("verify")


if __name__ == "__main__":
    unittest.main()
