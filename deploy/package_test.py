#!/usr/bin/env python3
"""The Debian package is built and unpacked, and a shop is run from it, in the
order of the runbook.

    package_test.py BUILD_DIR
"""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "e2e"))
import programs  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop()) if len(sys.argv) > 1 else ""
TOOLS = ("cpack", "dpkg-deb", "dpkg-shlibdeps")


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
"""


class Unpacked(programs.Server):
    """The package's pistisd with the package's options, asking for keys."""

    mode = ()


class Shop:
    """What an operator and a till do, with the unpacked programs at `root`."""

    def __init__(self, root):
        programs.BIN = os.path.join(root, "usr/bin")
        self.folder = tempfile.TemporaryDirectory(prefix="pistis_shop_")
        script = os.path.join(root, "usr/share/pistis/make_certificates.sh")
        for words in (
            ("ca",),
            ("server", "localhost", "127.0.0.1"),
            ("till", "corner-shop", "harbour", "1"),
        ):
            run("sh", script, self.folder.name, *words)
        self.server = Unpacked(
            *("--config", os.path.join(root, "etc/pistis/pistisd.conf")),
            *("--http_address", "127.0.0.1:0", "--backup_dir", self.path("backups")),
            *("--tls_cert", self.path("server.pem")),
            *("--tls_key", self.path("server.key")),
            *("--tls_client_ca", self.path("ca.pem")),
        )
        self.till = self.caller(
            *("--cert", self.path("corner-shop-harbour-1.pem")),
            *("--cert-key", self.path("corner-shop-harbour-1.key")),
        )
        self.owner = None

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def close(self):
        self.server.kill()
        self.server.folder.cleanup()
        self.folder.cleanup()

    def caller(self, *shown):
        """The command line, showing a key or a certificate."""
        pistis = programs.Pistis(self.server, "corner-shop")
        plain = pistis.arguments
        pistis.arguments = lambda *words: plain(
            *words, "--ca", self.path("ca.pem"), *shown
        )
        return pistis

    def open_with_own_owner_key(self):
        with open(self.server.path("out"), encoding="utf-8") as out:
            first = out.read().split("The owner's key, shown this once: ")[1].strip()
        printed = self.caller("--key", first)
        made = printed.json("key", "create", "owner", "--name", "me")[0]
        self.owner = self.caller("--key", made["secret"])
        for key in self.owner.json("key", "list"):
            if key["key_id"] != made["api_key"]["key_id"]:
                self.owner.text("key", "revoke", key["key_id"])
        if printed.run("key", "list").returncode == 0:
            raise RuntimeError("the revoked key is still good")
        self.owner.text(
            *("program", "create", "corner-shop", "--currency", "EUR"),
            *("--time-zone", "Europe/Athens"),
        )
        self.owner.text("rulebook", "publish", "-", stdin=RULEBOOK)
        self.till.text("member", "create", "--id", "bo")

    def sell(self, order_id):
        line = {"line_id": "1", "sku": "tea", "quantity": 1, "amount_minor": 1000}
        order = {
            "order_id": order_id,
            "member_id": "bo",
            "store_id": "harbour",
            "terminal_id": "1",
            "lines": [line],
        }
        self.till.text("order", "commit", "-", stdin=json.dumps(order))

    def back_up(self):
        backup = self.owner.json("backup", "--id", "noon")[0]["path"]
        self.owner.text("verify", "--backup", backup)
        return shutil.copytree(backup, self.path("elsewhere/noon"))

    def lose_disk_and_restore(self, backup):
        self.server.kill()
        shutil.rmtree(self.server.path("data"))
        shutil.rmtree(self.path("backups"))
        self.owner.text("restore", backup, self.server.path("data"))
        self.owner.text("verify", "--data_dir", self.server.path("data"))
        self.server.start()


@unittest.skipUnless(all(map(shutil.which, TOOLS)), "needs " + ", ".join(TOOLS))
class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pistis_package_")
        cls.addClassCleanup(folder.cleanup)
        config = os.path.join(BUILD, "CPackConfig.cmake")
        run("cpack", "-G", "DEB", "--config", config, "-B", folder.name)
        (cls.package,) = glob.glob(os.path.join(folder.name, "*.deb"))
        cls.root = os.path.join(folder.name, "root")
        run("dpkg-deb", "-R", cls.package, cls.root)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def test_it_needs_the_libraries_that_its_programs_load(self):
        depends = run("dpkg-deb", "-f", self.package, "Depends")
        for name in ("libc6", "libgrpc++", "librocksdb", "libssl3", "adduser"):
            self.assertIn(name, depends)

    def test_its_programs_run(self):
        version = run("dpkg-deb", "-f", self.package, "Version").split("-")[0]
        said = run(self.path("usr/bin/pistisd"), "--version")
        self.assertEqual(said.strip(), f"pistisd {version.strip()}")
        self.assertIn("order", run(self.path("usr/bin/pistis"), "--help"))

    def test_its_configuration_is_one_that_the_server_takes(self):
        said = run(
            self.path("usr/bin/pistisd"), "--check_config",
            "--config", self.path("etc/pistis/pistisd.conf"),
        )
        self.assertIn('data_dir = "/var/lib/pistis/data"  # file\n', said)
        self.assertIn('backup_every = "1d"  # file\n', said)

    def test_the_configuration_is_the_operators(self):
        with open(self.path("DEBIAN/conffiles"), encoding="utf-8") as file:
            self.assertEqual(file.read().split(), ["/etc/pistis/pistisd.conf"])

    def test_the_maintainer_scripts_are_shell(self):
        for name in ("postinst", "prerm", "postrm"):
            script = self.path("DEBIAN", name)
            self.assertTrue(os.access(script, os.X_OK), name)
            run("sh", "-n", script)

    def test_a_shop_runs_from_it_loses_its_disk_and_goes_on(self):
        shop = Shop(self.path())
        self.addCleanup(shop.close)
        shop.open_with_own_owner_key()
        shop.sell("o1")
        said = shop.owner.text("doctor")
        for what in ("server", "key", "certificate", "clock"):
            self.assertRegex(said, f"(?m)^ok +{what} ")
        backup = shop.back_up()
        shop.sell("o2")
        shop.lose_disk_and_restore(backup)
        shop.owner.text("verify")
        # The till sends again what it is not sure of.
        for order_id in ("o1", "o2", "o3"):
            shop.sell(order_id)
        account = shop.owner.json("account", "show", "bo")[0]
        self.assertEqual(account["available"], "30")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd-analyze")
    def test_the_unit_is_sound_and_closed(self):
        unit = self.path("lib/systemd/system/pistisd.service")
        said = subprocess.run(
            ["systemd-analyze", "verify", "--recursive-errors=no", unit],
            capture_output=True, text=True, check=False,
        ).stderr
        ours = [
            line for line in said.splitlines()
            if "pistisd" in line and "not executable" not in line
        ]
        self.assertEqual(ours, [])
        run("systemd-analyze", "security", "--offline=yes", "--threshold=20", unit)


if __name__ == "__main__":
    unittest.main()
