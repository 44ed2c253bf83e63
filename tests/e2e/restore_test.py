#!/usr/bin/env python3
"""The disk is lost while tills sell, and the shop goes on from its backup."""

import glob
import json
import os
import shutil
import subprocess
import threading
import time
import unittest

import programs

RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
points: {value: "0.01"}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: tenth, discount: {percent: "10%"}}
"""
OPEN = ("program", "create", "corner-shop", "--time-zone", "Europe/Athens")


class Till(threading.Thread):
    """Sells until it is told to stop; knows which sales were acknowledged."""

    def __init__(self, pistis, name):
        super().__init__()
        self.pistis, self.name = pistis, name
        self.sold, self.refused, self.over = [], [], threading.Event()

    def run(self):
        number = 0
        while not self.over.is_set():
            order_id = f"{self.name}-{number}"
            done = sell(self.pistis, order_id)
            if done.returncode == 0:
                self.sold.append(order_id)
            elif done.returncode == 1:
                self.refused.append(done.stderr)
            number += 1


def sell(pistis, order_id):
    line = {"line_id": "1", "sku": "tea", "quantity": 1, "amount_minor": 1000}
    order = {"order_id": order_id, "member_id": "bo", "lines": [line]}
    return pistis.run("order", "commit", "-", stdin=json.dumps(order))


def wait_for(condition):
    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("it did not come to that")
        time.sleep(0.02)


class RestoreTest(unittest.TestCase):
    def open_shop(self, *flags):
        self.server = programs.Server(*flags)
        self.addCleanup(self.server.folder.cleanup)
        self.pistis = programs.Pistis(self.server, "corner-shop")
        self.pistis.text(*OPEN, "--currency", "EUR")
        self.pistis.text("rulebook", "publish", "-", stdin=RULEBOOK)
        self.pistis.text("member", "create", "--id", "bo")

    def lose_all_but(self, backup):
        """The data are gone; the backup was taken elsewhere before."""
        self.server.kill()
        kept = self.server.path("elsewhere")
        shutil.copytree(backup, kept)
        for folder in ("data", "data-backups"):
            shutil.rmtree(self.server.path(folder))
        return kept

    def expect_private(self, *names):
        for name in names:
            mode = os.stat(self.server.path(name)).st_mode
            self.assertEqual(mode & 0o077, 0, f"{name} is {mode:o}")

    def restore(self, backup):
        done = subprocess.run(
            [os.path.join(programs.BIN, "pistis"), "restore", backup]
            + [self.server.path("data")],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.server.start()

    def test_two_servers_make_no_backups_in_one_folder(self):
        self.open_shop()
        self.pistis.text("backup", "--id", "mine")
        backups = self.server.path("data-backups")
        with self.assertRaisesRegex(RuntimeError, "another server makes its"):
            programs.Server("--backup_dir", backups)
        self.pistis.text("backup", "--id", "mine-too")
        self.server.kill()
        other = programs.Server("--backup_dir", backups)
        other.close()

    def test_every_sale_before_the_backup_is_there_and_the_shop_goes_on(self):
        self.open_shop()
        tills = [Till(self.pistis, name) for name in ("a", "b")]
        for till in tills:
            till.start()
        wait_for(lambda: all(len(till.sold) >= 5 for till in tills))
        before = [order_id for till in tills for order_id in list(till.sold)]
        backup = self.pistis.json("backup", "--id", "noon")[0]
        self.expect_private("data", "data-backups", backup["path"])
        counts = [len(till.sold) for till in tills]
        wait_for(
            lambda: all(
                len(till.sold) > count for till, count in zip(tills, counts)
            )
        )
        kept = self.lose_all_but(backup["path"])
        for till in tills:
            till.over.set()
        for till in tills:
            till.join()
            self.assertEqual(till.refused, [])
        self.restore(kept)
        self.expect_private("data")
        self.pistis.text("verify")
        for order_id in before:
            shown = self.pistis.json("order", "show", order_id)[0]
            self.assertEqual(shown["order"]["order_id"], order_id)
        # Tills send again what they are not sure of: each counts once.
        everything = [order_id for till in tills for order_id in till.sold]
        for order_id in [*everything, "new"]:
            self.assertEqual(sell(self.pistis, order_id).returncode, 0)
        account = self.pistis.json("account", "show", "bo")[0]
        available = account.get("account", account)["available"]
        # A sale that broke off may have been in the backup, too.
        self.assertGreaterEqual(int(available), 9 * (len(everything) + 1))
        self.assertLessEqual(int(available), 9 * (len(everything) + 3))
        self.pistis.text("verify")
        self.server.kill()

    def test_backups_by_the_clock_are_whole_and_only_so_many(self):
        self.open_shop("--backup_every", "1s", "--backup_keep", "2")
        folder = self.server.path("data-backups")

        def finished():
            names = os.path.join(folder, "scheduled-*", "pistis-backup.json")
            return sorted(map(os.path.dirname, glob.glob(names)))

        wait_for(finished)
        first = finished()[0]
        self.pistis.text("backup", "--id", "mine")
        wait_for(lambda: not os.path.exists(first) and len(finished()) >= 2)
        self.server.process.terminate()
        self.assertEqual(self.server.process.wait(timeout=60), 0)
        self.assertLessEqual(len(finished()), 3)
        self.assertTrue(os.path.exists(os.path.join(folder, "mine")))
        kept = self.lose_all_but(finished()[-1])
        self.restore(kept)
        self.pistis.text("verify")
        self.assertEqual(sell(self.pistis, "new").returncode, 0)
        self.server.kill()

    def test_names_of_backups_by_the_clock_are_not_for_others(self):
        self.open_shop()
        done = self.pistis.run("backup", "--id", "scheduled-1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("must not begin with scheduled-", done.stderr)
        self.server.kill()


if __name__ == "__main__":
    unittest.main()
