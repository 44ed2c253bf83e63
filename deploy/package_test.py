#!/usr/bin/env python3
"""The Debian package is built and unpacked, and a shop is run from it, in the
order of the runbook.

    package_test.py BUILD_DIR
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "e2e"))
import programs  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop()) if len(sys.argv) > 1 else ""
TOOLS = ("cpack", "dpkg-deb", "dpkg-shlibdeps", "file")


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


# What stands for systemd where there is none: it starts what the unit says, as
# whom the unit says.
SYSTEMCTL = """\
#!/bin/bash
set -eu
unit=/lib/systemd/system/pistisd.service
pid=/run/pistisd.pid
log=/run/pistisd.log
stop() {
  [ -e $pid ] || return 0
  kill "$(cat $pid)" 2> /dev/null || true
  while kill -0 "$(cat $pid)" 2> /dev/null; do sleep 0.05; done
  rm $pid
}
start() {
  begun=$(cat $log 2> /dev/null | wc -l)
  setpriv --reuid "$(sed -n s/^User=//p $unit)" --init-groups \\
    --regid "$(sed -n s/^Group=//p $unit)" --no-new-privs --bounding-set=-all \\
    env -i $(sed -n s/^ExecStart=//p $unit) >> $log 2>&1 < /dev/null &
  echo $! > $pid
  until tail -n +$((begun + 1)) $log | grep -q "pistisd listening"; do
    kill -0 "$(cat $pid)" || { cat $log >&2; exit 1; }
    sleep 0.05
  done
}
case $1 in
  enable | start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  *) echo "systemctl $1?" >&2; exit 1 ;;
esac
"""
JOURNALCTL = "#!/bin/sh\ncat /run/pistisd.log\n"

# A copy of this machine that is thrown away: an overlay, with processes and a
# loopback of its own.
APART = ("unshare", "--mount", "--pid", "--net", "--fork", "--kill-child")
COPY = """\
set -eu
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t tmpfs tmpfs "$1/root/run"
mount -t tmpfs tmpfs "$1/root/mnt"
mount --rbind /dev "$1/root/dev"
mount -t proc proc "$1/root/proc"
cp "$2"/* "$1/root/mnt"
exec chroot "$1/root" /bin/bash -c "$3"
"""
# dpkg is told nothing of services, and asks nobody.
WALK = """\
set -eu
python3 /mnt/raise_loopback.py
rm -rf /etc/pistis /var/lib/pistis
for name in systemctl journalctl; do
  install -m 0755 /mnt/$name /usr/local/sbin/$name
done
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
hash -r
dpkg -i /mnt/pistis.deb
bash /mnt/runbook_walk.sh /mnt/RUNBOOK.md /mnt/newer.deb
"""
RAISE_LOOPBACK = """\
import fcntl, socket, struct
# SIOCSIFFLAGS, IFF_UP
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))
"""


def can_copy_this_machine():
    with tempfile.TemporaryDirectory(prefix="pistis_copy_") as folder:
        done = subprocess.run(
            [*APART, "sh", "-c", COPY, "sh", folder, HERE + "/debian", "true"],
            capture_output=True, check=False,
        )
    return done.returncode == 0


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
        for name in ("libc6", "librdkafka1", "libssl3", "libyaml-cpp", "adduser"):
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

    def test_container_and_cluster_set_options_that_the_server_takes(self):
        told = {}
        for name in ("Containerfile", "kubernetes.yaml"):
            with open(os.path.join(HERE, name), encoding="utf-8") as file:
                told[name] = file.read()
        server = self.path("usr/bin/pistisd")
        known = set(re.findall(r"Env:(PISTIS_\w+)", run(server, "--help")))
        named = re.findall(r"-e (PISTIS_\w+)=[0-9/]", told["Containerfile"])
        self.assertEqual(set(named) - known, set())
        self.assertIn("PISTIS_TLS_CERT", named)
        cluster = dict(
            re.findall(r'name: (PISTIS_\w+), value: "?([^"}]+)', told["kubernetes.yaml"])
        )
        # The others are of the command line in the pod.
        client = set(re.findall(r"PISTIS_\w+", run(self.path("usr/bin/pistis"), "--help")))
        self.assertEqual(set(cluster) - known, {"PISTIS_CA"})
        self.assertIn("PISTIS_CA", client)
        script = self.path("usr/share/pistis/make_certificates.sh")
        with tempfile.TemporaryDirectory(prefix="pistis_tls_") as folder:
            run("sh", script, folder, "ca")
            names = re.search("FOLDER server (.*)", told["kubernetes.yaml"])[1]
            run("sh", script, folder, "server", *names.replace("NAMESPACE", "shop").split())
            # As the secret names them.
            files = re.findall(r"--from-file=(?:(\S+)=)?(\S+)", told["kubernetes.yaml"])
            self.assertEqual(len(files), 4)
            for name, made in files:
                os.rename(os.path.join(folder, made), os.path.join(folder, name or made))
            done = subprocess.run(
                [server, "--check_config", "--config", self.path("etc/pistis/pistisd.conf")],
                env={
                    name: value.replace("/etc/pistis-tls", folder)
                    for name, value in cluster.items() if name in known
                },
                capture_output=True, text=True, check=False,
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('grpc_address = "0.0.0.0:7600"  # environment\n', done.stdout)

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

    def make_newer_package(self, path):
        root = path + ".root"
        shutil.copytree(self.root, root, symlinks=True)
        control = os.path.join(root, "DEBIAN/control")
        with open(control, encoding="utf-8") as file:
            told = file.read()
        version = re.search("^Version: (.*)$", told, re.MULTILINE)[1]
        with open(control, "w", encoding="utf-8") as file:
            file.write(told.replace(f"Version: {version}", f"Version: {version}+1"))
        run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", root, path)
        shutil.rmtree(root)

    def test_who_follows_the_runbook_gets_there(self):
        if os.geteuid() != 0 or not can_copy_this_machine():
            self.skipTest("needs root, and leave to mount an overlay")
        with tempfile.TemporaryDirectory(prefix="pistis_walk_") as folder:
            brought, copy = os.path.join(folder, "brought"), os.path.join(folder, "copy")
            os.mkdir(brought)
            os.mkdir(copy)
            shutil.copy(self.package, os.path.join(brought, "pistis.deb"))
            self.make_newer_package(os.path.join(brought, "newer.deb"))
            for name in ("RUNBOOK.md", "runbook_walk.sh"):
                shutil.copy(os.path.join(HERE, name), brought)
            for name, text in (
                ("systemctl", SYSTEMCTL),
                ("journalctl", JOURNALCTL),
                ("raise_loopback.py", RAISE_LOOPBACK),
            ):
                with open(os.path.join(brought, name), "w", encoding="utf-8") as file:
                    file.write(text)
            done = subprocess.run(
                [*APART, "sh", "-c", COPY, "sh", copy, brought, WALK],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            )
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(done.stdout.endswith("the runbook holds\n"), done.stdout)

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
