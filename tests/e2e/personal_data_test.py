#!/usr/bin/env python3
"""A member who asks for everything, and then to be forgotten."""

import json
import os
import resource
import shutil
import signal
import subprocess
import time
import unittest

import programs

RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
rules:
  - {id: base, earn: {points: 10, per: "1.00"}}
  - {id: shoes, when: 'member.attributes["shoes"] == "wears-size-43"', earn: {points: 5}}
"""
OPEN = ("program", "create", "corner-shop", "--time-zone", "Europe/Athens")
PERSONAL = [
    "Annoula Testaki",
    "annoula@example.org",
    "+306912345678",
    "1987-03-21",
    "wears-size-43",
    "The parcel was wet.",
    "gift for Eleni",
]
ANN = (
    *("member", "create", "--id", "ann", "--name", "Annoula Testaki"),
    *("--birthday", "1987-03-21", "--phone", "+306912345678"),
    *("--email", "annoula@example.org"),
    *("--send-email-to", "annoula@example.org", "--agrees", "email"),
)


def order(order_id, member):
    return json.dumps(
        {
            "order_id": order_id,
            "member_id": member,
            "attributes": {"note": "gift for Eleni"},
            "lines": [{"line_id": "1", "sku": "tea", "quantity": 1,
                       "amount_minor": 1000}],
        }
    )


class PersonalDataTest(unittest.TestCase):
    def setUp(self):
        self.server = programs.Server()
        self.addCleanup(self.server.close)
        self.pistis = programs.Pistis(self.server, "corner-shop")
        self.pistis.text(*OPEN, "--currency", "EUR")
        self.pistis.text("rulebook", "publish", "-", stdin=RULEBOOK)
        self.pistis.text(*ANN)
        self.pistis.text("member", "update", "ann", "--set", "shoes=wears-size-43")
        self.sell("o1", "ann")

    def sell(self, order_id, member):
        return self.pistis.run(
            "order", "commit", "-", stdin=order(order_id, member))

    def export(self, member):
        path = self.server.path("export.jsonl")
        self.pistis.text("member", "export", member, "--out", path)
        with open(path, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def await_that(self, holds):
        end = time.monotonic() + 120
        while not holds():
            self.assertLess(time.monotonic(), end, self.server.log())
            time.sleep(0.1)

    def await_line(self, folder):
        """Until the erasure is noted there; its records may wait longer."""
        path = os.path.join(self.server.path(folder), "erasures.jsonl")
        self.await_that(lambda: os.path.exists(path))
        with open(path, encoding="utf-8") as lines:
            return [json.loads(line)["member"] for line in lines]

    def await_clean(self):
        self.await_that(
            lambda: "erased members were cleaned" in self.server.log())

    def knows(self, member):
        return self.pistis.run("member", "show", member).returncode == 0

    def test_an_export_tells_of_orders_and_of_when_consent_was_given(self):
        parts = self.export("ann")
        kinds = [part["kind"] for part in parts]
        self.assertEqual(kinds[:2], ["member", "account"])
        self.assertIn("order", kinds)
        consent = parts[0]["json"]["consent_changes"][0]
        self.assertEqual(consent["channel"], "email")
        self.assertEqual(consent["answer"], "AGREED")

    def test_nobody_is_erased_who_is_not_named_twice(self):
        done = self.pistis.run("member", "erase", "ann", stdin="ben\n")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertTrue(self.knows("ann"))
        done = self.pistis.run("member", "erase", "ann", stdin="ann\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(self.knows("ann"))

    def test_an_erased_member_is_unknown_and_the_ledger_whole(self):
        self.pistis.text("member", "erase", "ann", "--yes")
        self.assertFalse(self.knows("ann"))
        self.assertEqual(self.sell("o2", "ann").returncode, 1)
        self.assertEqual(self.pistis.run(*ANN).returncode, 1)
        self.assertEqual(self.await_line("data-backups"), ["ann"])
        self.await_clean()
        self.pistis.text("verify")
        shown = self.pistis.text("order", "show", "o1", "--json")
        for personal in PERSONAL:
            self.assertNotIn(personal, shown)
            self.assertNotIn(personal, self.server.log())
        done = self.pistis.run("order", "refund", "o1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.pistis.text("verify")

    def test_a_kill_in_the_middle_loses_nothing_of_it(self):
        for number in range(40):
            sold = self.sell(f"more-{number}", "ann")
            self.assertEqual(sold.returncode, 0, sold.stderr)
        self.pistis.text("member", "erase", "ann", "--yes")
        self.server.kill()
        self.server.start()
        self.assertFalse(self.knows("ann"))
        self.assertEqual(self.await_line("data"), ["ann"])
        self.await_clean()
        self.pistis.text("verify")
        for number in range(40):
            self.assertNotIn(
                "Eleni",
                self.pistis.text("order", "show", f"more-{number}", "--json"))

    def test_a_server_that_stops_has_noted_whom_it_erased(self):
        self.pistis.text("member", "erase", "ann", "--yes")
        self.server.process.terminate()
        self.assertEqual(self.server.process.wait(timeout=60), 0)
        self.assertTrue(os.path.exists(
            os.path.join(self.server.path("data-backups"), "erasures.jsonl")))
        self.server.start()
        self.assertEqual(self.await_line("data"), ["ann"])

    def test_who_is_in_an_old_backup_is_erased_when_it_is_restored(self):
        self.pistis.text("backup", "--id", "old")
        self.pistis.text("member", "erase", "ann", "--yes")
        self.await_line("data-backups")
        self.server.kill()
        os.rename(self.server.path("data"), self.server.path("lost"))
        subprocess.run(
            [os.path.join(programs.BIN, "pistis"), "restore",
             self.server.path("data-backups/old"), self.server.path("data")],
            check=True, capture_output=True)
        self.assertEqual(self.await_line("data"), ["ann"])
        os.remove(os.path.join(
            self.server.path("data-backups"), "erasures.jsonl"))
        self.server.start()
        self.assertFalse(self.knows("ann"))
        # Once for each time that she was erased.
        self.assertEqual(set(self.await_line("data-backups")), {"ann"})
        self.pistis.text("verify")

    def test_a_list_that_one_folder_lost_comes_back_from_the_other(self):
        self.pistis.text("member", "erase", "ann", "--yes")
        self.await_line("data-backups")
        self.await_clean()
        for folder in ("data-backups", "data"):
            self.server.process.terminate()
            self.assertEqual(self.server.process.wait(timeout=60), 0)
            os.remove(os.path.join(self.server.path(folder), "erasures.jsonl"))
            self.server.start()
            self.assertEqual(self.await_line(folder), ["ann"])

    def files_with(self, text, folder):
        """Which files below the folder have these bytes."""
        found = []
        for base, _, names in os.walk(self.server.path(folder)):
            for name in names:
                path = os.path.join(base, name)
                with open(path, "rb") as file:
                    if text.encode() in file.read():
                        found.append(path)
        return found

    def assert_whole(self, backup):
        done = subprocess.run(
            [os.path.join(programs.BIN, "pistis"), "verify", "--backup",
             self.server.path(f"data-backups/{backup}")],
            check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_backups_are_cleaned_of_who_was_erased_while_the_server_runs(self):
        self.pistis.text("member", "create", "--id", "ben", "--name", "Benos")
        self.pistis.text("backup", "--id", "old")
        self.pistis.text("member", "erase", "ann", "--yes")
        self.await_line("data-backups")
        self.await_clean()
        self.pistis.text("backup", "--id", "new")
        folder = self.server.path("data-backups")
        # In tables that are older than the erasure, in the newer one, too.
        for backup in ("old", "new"):
            self.assertTrue(
                self.files_with("Annoula", f"data-backups/{backup}"), backup)
        cleaned = self.pistis.json("backup", "clean", folder)
        self.assertEqual(
            {one["backup"]: (one["outcome"], one["members"])
             for one in cleaned},
            {"old": ("cleaned", 1), "new": ("cleaned", 0)})
        # The rulebook has a word of hers, too.
        for personal in set(PERSONAL) - {"wears-size-43"}:
            self.assertEqual(self.files_with(personal, "data-backups"), [])
        for backup in ("old", "new"):
            self.assertTrue(
                self.files_with("Benos", f"data-backups/{backup}"), backup)
            self.assert_whole(backup)
        again = self.pistis.text("backup", "clean", folder)
        self.assertEqual(again.count("was clean"), 2, again)
        self.server.kill()
        os.rename(self.server.path("data"), self.server.path("lost"))
        subprocess.run(
            [os.path.join(programs.BIN, "pistis"), "restore",
             self.server.path("data-backups/old"), self.server.path("data")],
            check=True, capture_output=True)
        self.server.start()
        self.assertFalse(self.knows("ann"))
        self.assertTrue(self.knows("ben"))
        self.pistis.text("verify")

    def test_a_full_disk_ends_the_cleaning_and_gets_back_what_it_took(self):
        """A limit to the size of files stands for the disk."""
        lines = [{"line_id": str(number), "sku": "tea", "quantity": 1,
                  "amount_minor": 1000} for number in range(400)]
        # Each in a table of its own, and all in one log when they are cleaned.
        for number in range(3):
            self.pistis.text(
                "order", "commit", "-",
                stdin=json.dumps({"order_id": f"large-{number}",
                                  "member_id": "ann", "lines": lines}))
            self.pistis.text("backup", "--id", f"b{number}")
        folder = self.server.path("data-backups")
        for number in range(2):
            shutil.rmtree(os.path.join(folder, f"b{number}"))
        self.pistis.text("member", "erase", "ann", "--yes")
        self.await_line("data-backups")
        most = 3 * max(os.path.getsize(os.path.join(folder, "b2", name))
                       for name in os.listdir(os.path.join(folder, "b2"))) // 2

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        done = subprocess.run(
            self.pistis.arguments("backup", "clean", folder), check=False,
            preexec_fn=limit, restore_signals=False, capture_output=True,
            text=True)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("a write failed", done.stderr)
        left = ["b2", "erasures.jsonl", "server.lock"]
        self.assertEqual(sorted(os.listdir(folder)), left)
        self.assert_whole("b2")

    def test_a_kill_while_backups_are_cleaned_leaves_each_whole(self):
        self.pistis.text("backup", "--id", "old")
        self.pistis.text("member", "erase", "ann", "--yes")
        self.await_line("data-backups")
        folder = self.server.path("data-backups")
        command = self.pistis.arguments("backup", "clean", folder)
        begin = time.monotonic()
        copy = self.server.path("copy")
        subprocess.run(["cp", "-a", folder, copy], check=True)
        subprocess.run(self.pistis.arguments("backup", "clean", copy),
                       check=True, capture_output=True)
        whole = time.monotonic() - begin
        for tenths in range(1, 11):
            cleaning = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(whole * tenths / 10)
            cleaning.kill()
            cleaning.wait()
            self.assert_whole("old")
        self.pistis.text("backup", "clean", folder)
        self.assertEqual(self.files_with("Annoula", "data-backups"), [])
        self.assert_whole("old")


if __name__ == "__main__":
    unittest.main()
