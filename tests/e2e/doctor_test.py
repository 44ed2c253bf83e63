#!/usr/bin/env python3
"""`pistis doctor` tells what is well and what is not."""

import os
import subprocess
import unittest

import programs

OPEN = ("program", "create", "corner-shop", "--time-zone", "Europe/Athens")


class DoctorTest(unittest.TestCase):
    def setUp(self):
        self.server = programs.Server()
        self.addCleanup(self.server.folder.cleanup)
        self.addCleanup(self.server.kill)
        self.pistis = programs.Pistis(self.server, "corner-shop")
        self.pistis.text(*OPEN, "--currency", "EUR")

    def examine(self, *more):
        """The exit code, and the verdict and words of each finding."""
        done = self.pistis.run("doctor", *more)
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
        for what in ("server", "key", "clock", "backup"):
            self.assertEqual(found[what][0], "ok", found)
        # The disk of who runs the test may be what it likes.
        self.assertIn("MiB free", found["disk"][1])
        self.assertIn("synced files took", found["sync"][1])
        self.assertIn(f"process {self.server.process.pid} may open", found["files"][1])
        self.assertEqual(code, int(found["disk"][0] == "bad"))
        self.assertEqual(
            [name for name in os.listdir(self.server.folder.name) if "doctor" in name],
            [],
        )

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
