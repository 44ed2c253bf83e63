#!/usr/bin/env python3
"""Data folders of every format version, opened by the present programs."""

import glob
import json
import os
import subprocess
import tarfile
import tempfile
import unittest

import shop
from shop import programs

VERSIONS = sorted(glob.glob(os.path.join(shop.HERE, "version_*.tar.gz")))


def holds(known, found):
    """Whether `found` says all that `known` says; it may say more."""
    if isinstance(known, dict):
        return isinstance(found, dict) and all(
            name in found and holds(value, found[name])
            for name, value in known.items()
        )
    if isinstance(known, list):
        return (
            isinstance(found, list)
            and len(found) == len(known)
            and all(holds(one, other) for one, other in zip(known, found))
        )
    return known == found


class Golden(programs.Server):
    """A server on what an archive holds."""

    def __init__(self, archive):
        self.archive = archive
        # Its sales are as old as it is.
        super().__init__("--accept_clock")

    def start(self):
        if not os.path.exists(self.path("data")):
            with tarfile.open(self.archive) as archive:
                archive.extractall(self.path("data"))
        super().start()


def recount(folder):
    return subprocess.run(
        [os.path.join(programs.BIN, "pistis"), "verify", "--data_dir", folder],
        capture_output=True,
        text=True,
        check=False,
    )


class FormatTest(unittest.TestCase):
    def test_every_version_says_what_it_said_and_sells_on(self):
        self.assertTrue(VERSIONS)
        for archive in VERSIONS:
            with self.subTest(os.path.basename(archive)):
                self.check(archive)

    def check(self, archive):
        known = archive.replace(".tar.gz", ".json")
        with open(known, encoding="utf-8") as file:
            answers = json.load(file)
        server = Golden(archive)
        self.addCleanup(server.folder.cleanup)
        try:
            pistis = programs.Pistis(server, "corner-shop")
            for words, answer in answers.items():
                found = pistis.json(*words.split())
                self.assertTrue(holds(answer, found), (words, answer, found))
            # What was done is not done again.
            for amount, code in ((1000, 0), (1001, 1)):
                again = shop.order("o0", "ann", amount)
                done = pistis.run("order", "commit", "-", stdin=again)
                self.assertEqual(done.returncode, code, done.stderr)
            sale = shop.order("new", "ann", 5000)
            sold = pistis.json("order", "commit", "-", stdin=sale)[0]
            self.assertEqual(sold["quote"]["total_minor"], "4500")
            self.assertEqual(sold["quote"]["points_earned"], "45")
            pistis.text("order", "refund", "o4", "--refund-id", "r4")
            pistis.text("verify")
        finally:
            server.process.terminate()
            self.assertEqual(server.process.wait(timeout=60), 0)
        done = recount(server.path("data"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_folder_is_whole_before_it_is_opened(self):
        for archive in VERSIONS:
            with self.subTest(os.path.basename(archive)):
                folder = tempfile.TemporaryDirectory(prefix="pistis_")
                self.addCleanup(folder.cleanup)
                with tarfile.open(archive) as files:
                    files.extractall(folder.name)
                done = recount(folder.name)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
