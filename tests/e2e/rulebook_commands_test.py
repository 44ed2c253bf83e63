#!/usr/bin/env python3
"""A rulebook's life on the command line."""

import pathlib
import tempfile
import unittest

import programs

RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
rules:
  - {id: tenth, discount: {percent: "10%"}}
examples:
  - id: ten-off-ten
    order: {lines: [{amount: "10.00"}]}
    gets: {discount: "1.00"}
"""
OPEN = ("program", "create", "corner-shop", "--time-zone", "Europe/Athens")


class RulebookCommandsTest(unittest.TestCase):
    def setUp(self):
        self.server = programs.Server()
        self.addCleanup(self.server.close)
        self.pistis = programs.Pistis(self.server, "corner-shop")
        self.pistis.text(*OPEN, "--currency", "EUR")

    def publish(self, yaml, *more):
        return self.pistis.text("rulebook", "publish", "-", *more, stdin=yaml)

    def test_validating_says_what_is_wrong_and_what_looks_odd(self):
        said = self.pistis.text("rulebook", "validate", "-", stdin=RULEBOOK)
        self.assertRegex(said, r"warning: line 5, column \d+: rules\[0\]")
        self.assertRegex(said, r"valid: 0 errors, \d warnings, 1 example run\n$")
        wrong = self.pistis.run(
            *("rulebook", "validate", "-"),
            stdin=RULEBOOK.replace('"1.00"', '"1.50"'),
        )
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("got 1.00, expected 1.50", wrong.stdout)
        self.assertIn("refused: RULEBOOK_INVALID: ", wrong.stderr)
        report = self.pistis.json("rulebook", "validate", "-", stdin=RULEBOOK)[0]
        self.assertTrue(report["valid"])
        self.assertIn("BELOW_COST", [each["kind"] for each in report["warnings"]])

    def test_a_failing_example_keeps_a_rulebook_from_being_published(self):
        refused = self.pistis.run(
            *("rulebook", "publish", "-"),
            stdin=RULEBOOK.replace("10%", "20%"),
        )
        self.assertEqual(refused.returncode, 1)
        self.assertIn('example "ten-off-ten"', refused.stderr)
        self.assertEqual(self.pistis.json("rulebook", "list"), [])

    def test_versions_start_are_listed_compared_and_taken_back(self):
        self.assertIn("version 1 is current", self.publish(RULEBOOK))
        dearer = RULEBOOK.replace("10%", "5%").replace('"1.00"', '"0.50"')
        later = self.publish(dearer, "--start", "+30d", "--comment", "too dear")
        self.assertRegex(later, r"version 2 starts \d{4}-\d\d-\d\d \d\d:\d\d, 1 rule,")
        listed = self.pistis.json("rulebook", "list")
        self.assertEqual(
            [(each["version"], each["state"]) for each in listed],
            [("2", "SCHEDULED"), ("1", "IN_FORCE")],
        )
        self.assertEqual(listed[0]["comment"], "too dear")
        self.assertIn("scheduled", self.pistis.text("rulebook", "list"))
        words = "rule tenth: discount percent 10% -> 5%\n"
        self.assertTrue(
            self.pistis.text("rulebook", "diff", "1", "2").startswith(words)
        )
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "candidate.yaml")
            file.write_text(dearer, encoding="utf-8")
            compared = self.pistis.text("rulebook", "diff", "0", str(file))
        self.assertTrue(compared.startswith(words))
        then = self.pistis.json("rulebook", "show", "--at", "+31d")[0]
        self.assertEqual(then["version"], "2")
        now = self.pistis.json("rulebook", "show")[0]
        self.assertEqual(now["version"], "1")
        back = ("rulebook", "rollback", "1", "--reason", "oops", "--request-id", "b")
        self.assertIn("version 3 is current", self.pistis.text(*back))
        self.assertIn("version 3 is current", self.pistis.text(*back))
        states = [each["state"] for each in self.pistis.json("rulebook", "list")]
        self.assertEqual(states, ["IN_FORCE", "SUPERSEDED", "SUPERSEDED"])

    def test_exit_codes_tell_refusals_and_mistakes_apart(self):
        def code(*arguments):
            return self.pistis.run("rulebook", *arguments).returncode

        self.assertEqual(code("rollback", "7", "--reason", "why"), 1)
        self.assertEqual(code("rollback", "7"), 2)
        self.assertEqual(code("show", "--at", "soon"), 2)
        self.assertEqual(code("show", "--version", "1", "--at", "+1d"), 2)
        self.assertEqual(code("validate", "/none"), 2)
        self.assertEqual(code("diff", "1", "/none"), 2)
        self.assertEqual(code("show", "--version", "9"), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
