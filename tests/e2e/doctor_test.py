#!/usr/bin/env python3
"""`pistis doctor` tells what is well and what is not."""

import os
import re
import subprocess
import unittest

import programs

OPEN = ("program", "create", "corner-shop", "--time-zone", "Europe/Athens")


class KeyedServer(programs.Server):
    """Asks for keys."""

    mode = ()

    def owner_key(self):
        with open(self.path("out"), encoding="utf-8") as out:
            return out.read().split("The owner's key, shown this once: ")[1].strip()


class DoctorTest(unittest.TestCase):
    def setUp(self):
        self.server = programs.Server()
        self.addCleanup(self.server.folder.cleanup)
        self.addCleanup(self.server.kill)
        self.pistis = programs.Pistis(self.server, "corner-shop")
        self.pistis.text(*OPEN, "--currency", "EUR")

    def examine(self, *more, pistis=None):
        """The exit code, and the verdict and words of each finding."""
        done = (pistis or self.pistis).run("doctor", *more)
        found = {}
        for line in done.stdout.splitlines():
            verdict, what, words = line.split(None, 2)
            found[what] = (verdict, words)
        return done.returncode, found

    def test_a_sound_server_is_well(self):
        self.pistis.text("backup", "--id", "now")
        code, found = self.examine(
            *("--data_dir", self.server.path("data")),
            *("--backup_dir", self.server.path("data-backups")),
        )
        for what in ("server", "key", "role", "clock", "format", "backup"):
            self.assertEqual(found[what][0], "ok", found)
        self.assertEqual(found["key"][1], "it may call 1 program")
        self.assertEqual(found["role"][1], "owner")
        # The disk of who runs the test may be what it likes.
        self.assertIn("MiB free", found["disk"][1])
        self.assertIn("synced files took", found["sync"][1])
        self.assertIn(f"process {self.server.process.pid} may open", found["files"][1])
        self.assertEqual(code, int(found["disk"][0] == "bad"))
        self.assertEqual(
            [name for name in os.listdir(self.server.folder.name) if "doctor" in name],
            [],
        )

    def test_the_role_is_that_of_the_key(self):
        server = KeyedServer()
        self.addCleanup(server.folder.cleanup)
        self.addCleanup(server.kill)
        pistis = programs.Pistis(server, "corner-shop")
        owner = ("--key", server.owner_key())
        pistis.text(*OPEN, "--currency", "EUR", *owner)
        bound = ("--for", "corner-shop", "--store", "harbour", "--terminal", "1")
        for role, more in (("terminal", bound), ("analyst", ())):
            key = pistis.json("key", "create", role, *more, *owner)[0]["secret"]
            _, found = self.examine("--key", key, pistis=pistis)
            self.assertEqual(
                found["role"], ("ok", f"{role}; an owner's key sees more")
            )
        code, found = self.examine("--key", "pistis_none", pistis=pistis)
        self.assertEqual((code, found["key"][0]), (1, "bad"))
        self.assertNotIn("role", found)

    def test_the_format_is_that_of_the_data_or_of_the_latest_backup(self):
        data = ("--data_dir", self.server.path("data"))
        backups = ("--backup_dir", self.server.path("data-backups"))
        # A server keeps the data to itself.
        self.assertNotIn("format", self.examine(*data)[1])
        self.pistis.text("backup", "--id", "first")
        self.pistis.text("backup", "--id", "last")
        verdict, words = self.examine(*data, *backups)[1]["format"]
        self.assertEqual(verdict, "ok")
        version = re.fullmatch(
            r"version (\d+) in (\S+); this program reads (\d+) to (\d+)", words
        )
        self.assertEqual(version[2], self.server.path("data-backups/last"))
        self.assertEqual(version[1], version[4])
        self.server.kill()
        verdict, words = self.examine(*data, *backups)[1]["format"]
        self.assertEqual(verdict, "ok")
        self.assertIn(f"version {version[1]} in {self.server.path('data')};", words)
        with open(self.server.path("data/CURRENT"), "w", encoding="utf-8") as file:
            file.write("MANIFEST-none\n")
        code, found = self.examine(*data)
        self.assertEqual((code, found["format"][0]), (1, "bad"))
        self.assertIn("Restore", found["format"][1])

    def test_what_is_missing_is_bad_and_says_what_to_do(self):
        code, found = self.examine("--backup_dir", self.server.path("none"))
        self.assertEqual(code, 1)
        self.assertEqual(found["backup"][0], "bad")
        self.assertIn("--backup_every", found["backup"][1])
        code, found = self.examine("--data_dir", self.server.path("none"))
        self.assertEqual((code, found["disk"][0]), (1, "bad"))

    def test_a_server_that_does_not_answer_is_bad(self):
        self.server.kill()
        code, found = self.examine()
        self.assertEqual(code, 1)
        self.assertEqual(found["server"][0], "bad")
        self.assertNotIn("clock", found)

    def test_a_server_without_tls_has_no_certificate(self):
        ca, key = self.server.path("ca.crt"), self.server.path("ca.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-nodes"]
            + ["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=ca"]
            + ["-keyout", key, "-out", ca],
            check=True,
            capture_output=True,
        )
        code, found = self.examine("--ca", ca)
        self.assertEqual(code, 1)
        self.assertEqual(found["certificate"][0], "bad")


if __name__ == "__main__":
    unittest.main()
