#!/usr/bin/env python3
"""Codes in bulk on the command line, and what becomes of one of them."""

import os
import re
import unittest

import programs

RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
points: {value: "0.01"}
codes:
  - {id: spring, discount: {amount: "1.00"}}
"""
MANY = 20000
# Far more than so many codes take up, and less than 2 KiB for each of them.
MOST_BYTES = 40 << 20


class CodesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Else AddressSanitizer keeps 256 MiB of what the server freed.
        os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=4")
        cls.server = programs.Server()
        cls.addClassCleanup(cls.server.close)
        cls.pistis = programs.Pistis(cls.server, "corner-shop")
        cls.pistis.text(
            *("program", "create", "corner-shop", "--currency", "EUR"),
            *("--time-zone", "Europe/Athens"),
        )
        cls.pistis.text("rulebook", "publish", "-", stdin=RULEBOOK)

    def path(self, name):
        return self.server.path(name)

    def bulk(self, count, name, *more, template="spring"):
        return self.pistis.run(
            *("code", "bulk", template, str(count)),
            *("--file", self.path(name), *more),
        )

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def memory(self, field):
        """In bytes."""
        status = f"/proc/{self.server.process.pid}/status"
        with open(status, encoding="ascii") as file:
            return int(re.search(rf"{field}:\s+(\d+) kB", file.read())[1]) << 10

    def test_a_bulk_that_breaks_off_goes_on_to_the_same_bytes(self):
        done = self.bulk(3000, "whole.csv", "--request-id", "broken")
        self.assertEqual(done.returncode, 0, done.stderr)
        whole = self.read("whole.csv")
        lines = whole.decode().splitlines()
        self.assertEqual((lines[0], len(set(lines))), ("code", 3001))
        self.assertTrue(whole.endswith(b"\n"))
        for kept in (2, len(whole) // 2 + 3, len(whole) - 1, len(whole)):
            with open(self.path("part.csv"), "wb") as part:
                part.write(whole[:kept])
            done = self.bulk(3000, "part.csv", "--request-id", "broken")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.read("part.csv"), whole, kept)
        piped = self.pistis.text(
            *("code", "bulk", "spring", "3000", "--file", "-"),
            *("--request-id", "broken"),
        )
        self.assertEqual(piped.encode(), whole)
        self.assertEqual(self.bulk(3000, "part.csv").returncode, 2)
        self.assertEqual(self.read("part.csv"), whole)

    def test_what_cannot_be_written_is_said_and_leaves_no_file(self):
        directory = self.bulk(10, "")
        self.assertEqual(directory.returncode, 2)
        self.assertIn("is a directory", directory.stderr)
        nowhere = self.bulk(10, "none/codes.csv")
        self.assertEqual(nowhere.returncode, 2)
        self.assertIn("cannot be written", nowhere.stderr)
        # Neither has begun anything that goes on.
        self.assertNotIn("--request-id", directory.stderr + nowhere.stderr)
        refused = self.bulk(10, "refused.csv", template="autumn")
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertFalse(os.path.exists(self.path("refused.csv")))

    def test_many_codes_take_little_of_the_servers_memory(self):
        before = self.memory("VmHWM")
        done = self.bulk(MANY, "many.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.read("many.csv").count(b"\n"), MANY + 1)
        self.assertLess(self.memory("VmHWM") - before, MOST_BYTES)

    def test_one_of_many_is_checked_shown_voided_and_listed(self):
        self.assertEqual(self.bulk(3, "few.csv").returncode, 0)
        code = self.read("few.csv").decode().splitlines()[2]
        checked = self.pistis.run("code", "check", code)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertIn("yes: it may be used now", checked.stdout)
        shown = self.pistis.json("code", "show", code)[0]
        self.assertEqual(
            (shown["template_id"], shown["state"]), ("spring", "USABLE")
        )
        self.assertNotIn(code, str(shown))
        named = ("code", "void", "--id", shown["code_id"])
        voided = self.pistis.text(*named, "--reason", "printed twice")
        self.assertRegex(voided, r"\nstate +void\n")
        self.assertRegex(voided, r"\nvoid +printed twice\n")
        checked = self.pistis.run("code", "check", code)
        self.assertEqual(checked.returncode, 1, checked.stderr)
        self.assertTrue(checked.stdout.startswith("no: CODE_"), checked.stdout)
        listed = self.pistis.json(
            *("code", "list", "--template", "spring", "--state", "void")
        )
        self.assertEqual(
            [each["code_id"] for each in listed], [shown["code_id"]]
        )
        unknown = self.pistis.run("code", "show", "--id", "none")
        self.assertEqual(unknown.returncode, 1, unknown.stderr)
        wrong = self.pistis.run("code", "list", "--state", "lost")
        self.assertEqual(wrong.returncode, 2, wrong.stderr)


if __name__ == "__main__":
    unittest.main()
