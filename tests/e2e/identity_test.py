"""Who may call a server that asks for keys: by key, and by certificate."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import receivers
from programs import BIN, ROOT, Pistis, Server

SCRIPT = os.path.join(ROOT, "deploy/make_certificates.sh")
RULEBOOK = """program: {program}
currency: EUR
time_zone: Europe/Athens
rules:
  - {{id: base, earn: {{points: 1, per: "1.00"}}}}
"""


class KeyedServer(Server):
    mode = ()

    def out(self):
        with open(self.path("out"), encoding="utf-8") as out:
            return out.read()

    def printed_keys(self):
        return [word for word in self.out().split() if word[:7] == "pistis_"]


def certificates(folder, *arguments):
    subprocess.run(["sh", SCRIPT, folder, *arguments], check=True,
                   stdout=subprocess.DEVNULL)


def sale(order, store, terminal=""):
    return json.dumps({
        "order_id": order, "channel": "pos", "store_id": store,
        "terminal_id": terminal,
        "lines": [{"line_id": "l1", "sku": "tea", "quantity": 1,
                   "amount_minor": 1000}],
    })


# A record of TLS that says a ClientHello of 512 bytes comes, and a part of it.
HALF_A_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 20


def await_true(holds):
    """Within a minute, however slow the machine."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False


class Asked(unittest.TestCase):
    def setUp(self):
        self.server = KeyedServer(*self.flags())
        self.owner = self.server.printed_keys()[0]
        for program in ("shop", "other"):
            self.text(self.owner, program, "program", "create", program,
                      "--currency", "EUR", "--time-zone", "Europe/Athens")
            self.text(self.owner, program, "rulebook", "publish", "-",
                      stdin=RULEBOOK.format(program=program))

    def tearDown(self):
        self.server.close()

    def flags(self):
        return ()

    def tls(self):
        return ()

    def sell_as(self, key, order, store):
        path = self.server.path("order.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(sale(order, store, "till-1"))
        return self.run_as(key, "shop", "order", "commit", path)

    def run_as(self, key, program, *arguments, stdin=""):
        shown = ("--key", key) if key else ()
        return Pistis(self.server, program).run(
            *arguments, *self.tls(), *shown, stdin=stdin)

    def text(self, key, program, *arguments, stdin=""):
        done = self.run_as(key, program, *arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, reason, key, program, *arguments, stdin=""):
        done = self.run_as(key, program, *arguments, stdin=stdin)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(f"refused: {reason}", done.stderr)
        if key:
            self.assertNotIn(key, done.stderr + done.stdout)
        return done.stderr

    def follow_as(self, key):
        """A process that follows the events of the shop."""
        process = subprocess.Popen(
            Pistis(self.server, "shop").arguments(
                "events", "--follow", *self.tls(), "--key", key),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def end_of(self, process):
        """What a process that ends by itself says."""
        errors = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 1, errors)
        return errors

    def make(self, *arguments, by=None):
        done = self.text(by or self.owner, "shop", "key", "create", *arguments,
                         "--json")
        made = json.loads(done)
        return made["api_key"]["key_id"], made["secret"]


class KeysTest(Asked):
    def test_the_owners_key_is_printed_at_the_first_start_alone(self):
        self.assertEqual(len(self.server.printed_keys()), 1)
        self.server.kill()
        self.server.start()
        self.assertEqual(len(self.server.printed_keys()), 1)
        self.assertIn("shop", self.text(self.owner, "", "program", "list"))
        self.assertNotIn(self.owner, self.server.log())

    def test_without_a_good_key_nothing_is_answered(self):
        self.refused("UNAUTHENTICATED", "", "shop", "program", "stats")
        self.refused("UNAUTHENTICATED", "pistis_guess", "shop", "program",
                     "stats")
        mistyped = self.owner[:-2] + ("A" if self.owner[-2] != "A" else "B")
        self.assertIn("mistyped", self.refused(
            "UNAUTHENTICATED", mistyped + self.owner[-1], "shop", "program",
            "stats"))

    def test_a_key_reaches_its_programs_alone(self):
        _, admin = self.make("admin", "--for", "shop")
        self.text(admin, "shop", "program", "stats")
        known = self.refused("NOT_FOUND", admin, "other", "program", "stats")
        unknown = self.refused("NOT_FOUND", admin, "nowhere", "program",
                               "stats")
        self.assertEqual(known.replace("other", "nowhere"), unknown)
        self.assertNotIn("other", self.text(admin, "", "program", "list"))
        self.refused("PERMISSION_DENIED", admin, "shop", "backup")
        self.refused("PERMISSION_DENIED", admin, "shop", "key", "list")
        self.refused("PERMISSION_DENIED", admin, "", "audit", "list")

    def test_an_owner_of_one_program_does_not_reach_the_server(self):
        _, owner = self.make("owner", "--for", "shop")
        self.refused("PERMISSION_DENIED", owner, "shop", "backup")
        self.refused("PERMISSION_DENIED", owner, "shop", "key", "create",
                     "admin")
        self.refused("NOT_FOUND", owner, "shop", "key", "create", "admin",
                     "--for", "other")
        self.make("admin", "--for", "shop", by=owner)

    def test_a_till_sells_in_its_store_and_does_nothing_else(self):
        _, till = self.make("terminal", "--for", "shop", "--store", "athens")
        self.assertEqual(self.sell_as(till, "o1", "athens").returncode, 0)
        for store in ("piraeus", ""):
            self.assertIn("refused: PERMISSION_DENIED",
                          self.sell_as(till, "o2", store).stderr)
        self.refused("PERMISSION_DENIED", till, "shop", "rulebook", "publish",
                     "-", stdin=RULEBOOK.format(program="shop"))
        self.refused("PERMISSION_DENIED", till, "shop", "key", "list")

    def test_a_key_ends_when_it_is_revoked_or_its_time_is_over(self):
        name, admin = self.make("admin", "--for", "shop")
        self.text(admin, "shop", "program", "stats")
        self.text(self.owner, "shop", "key", "revoke", name)
        self.assertIn("revoked", self.refused(
            "UNAUTHENTICATED", admin, "shop", "program", "stats"))
        _, brief = self.make("admin", "--for", "shop", "--expires", "+3s")
        self.assertTrue(await_true(
            lambda: "expired" in self.run_as(
                brief, "shop", "program", "stats").stderr))

    def test_an_open_stream_of_events_ends_with_its_key(self):
        name, admin = self.make("admin", "--for", "shop")
        stream = self.follow_as(admin)
        self.assertNotEqual(stream.stdout.readline(), "")
        self.text(self.owner, "shop", "key", "revoke", name)
        self.assertIn("refused: UNAUTHENTICATED", self.end_of(stream))
        _, brief = self.make("admin", "--for", "shop", "--expires", "+5s")
        self.assertIn("expired", self.end_of(self.follow_as(brief)))

    def test_a_call_replayed_by_another_caller_shows_nothing(self):
        keys = {program: self.make("owner", "--for", program)[1]
                for program in ("shop", "other")}
        made = ("key", "create", "admin", "--request-id", "k1", "--for")
        first = self.text(keys["shop"], "shop", *made, "shop", "--json")
        secret = json.loads(first)["secret"]
        done = self.run_as(keys["other"], "shop", *made, "shop", "--json")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertNotIn(secret, done.stdout + done.stderr)
        # Request ids are each caller's own.
        own = json.loads(self.text(self.owner, "shop", *made, "shop", "--json"))
        self.assertNotEqual(own["secret"], secret)
        again = self.text(keys["shop"], "shop", *made, "shop", "--json")
        self.assertEqual(again, first)
        grant = ("points", "earn", "ann", "7", "--request-id", "e1")
        for program, key in keys.items():
            self.text(key, program, "member", "create", "--id", "ann")
            reply = self.text(key, program, *grant, "--json")
            self.assertEqual(reply, self.text(key, program, *grant, "--json"))
        self.refused("NOT_FOUND", keys["other"], "shop", *grant)

    def test_a_retry_gets_the_same_key_until_a_restart(self):
        arguments = ("admin", "--for", "shop", "--request-id", "k1")
        first, again = self.make(*arguments), self.make(*arguments)
        self.assertEqual(first, again)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.make(*arguments), (first[0], ""))
        self.text(first[1], "shop", "program", "stats")

    def test_the_audit_log_tells_who_did_what(self):
        name, admin = self.make("admin", "--for", "shop")
        self.text(admin, "shop", "rulebook", "publish", "-",
                  stdin=RULEBOOK.format(program="shop") + "\n")
        self.text(self.owner, "shop", "backup")
        acts = [json.loads(line) for line in self.text(
            admin, "shop", "audit", "list", "--json").splitlines()]
        self.assertEqual(
            (acts[0]["caller"], acts[0]["method"], acts[0]["subject"]),
            (f"key {name}", "RulebookService/PublishRulebook", "2"))
        self.text(admin, "shop", "member", "create", "--id", "ann")
        self.text(admin, "shop", "points", "earn", "ann", "7")
        _, till = self.make("checkout", "--for", "shop")
        self.text(till, "shop", "points", "earn", "ann", "8")
        granted = [line for line in self.text(
            admin, "shop", "audit", "list", "--json").splitlines()
            if "EarnPoints" in line]
        self.assertEqual(len(granted), 1, granted)
        self.assertIn(name, granted[0])
        server = self.text(self.owner, "", "audit", "list")
        for method in ("CreateBackup", "CreateApiKey", "CreateProgram"):
            self.assertIn(f"AdminService/{method}", server)
        verified = self.text(self.owner, "shop", "verify")
        self.assertNotIn("audit:", verified)


class CertificatesTest(Asked):
    def flags(self):
        self.folder = tempfile.TemporaryDirectory(prefix="pistis_ca_")
        self.ca = self.folder.name
        certificates(self.ca, "ca")
        certificates(self.ca, "server", "localhost", "127.0.0.1")
        certificates(self.ca, "till", "shop", "athens", "till-7")
        self.http_port = receivers.free_port()
        return (
            *("--http_address", f"127.0.0.1:{self.http_port}"),
            *("--tls_cert", self.file("server.pem")),
            *("--tls_key", self.file("server.key")),
            *("--tls_client_ca", self.file("ca.pem")),
            *("--tls_crl", self.file("crl.pem")),
        )

    def tearDown(self):
        super().tearDown()
        self.folder.cleanup()

    def file(self, name):
        return os.path.join(self.ca, name)

    def tls(self):
        return ("--ca", self.file("ca.pem"))

    def till(self, *arguments, name="shop-athens-till-7", stdin=""):
        shown = ("--cert", self.file(name + ".pem"),
                 "--cert-key", self.file(name + ".key"))
        return self.run_as("", "shop", *arguments, *shown, stdin=stdin)

    def sell(self, order, store="athens", terminal="till-7",
             name="shop-athens-till-7"):
        path = self.server.path("order.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(sale(order, store, terminal))
        return self.till("order", "commit", path, name=name)

    def read(self, name):
        with open(self.file(name), encoding="utf-8") as file:
            return file.read()

    def put(self, name, text):
        with open(self.file("next"), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.file("next"), self.file(name))

    def put_crl(self, lists):
        self.put("crl.pem", lists)

    def connect(self):
        """A connection by HTTP that shows the till's certificate."""
        name = "shop-athens-till-7"
        context = ssl.create_default_context(cafile=self.file("ca.pem"))
        context.load_cert_chain(
            self.file(f"{name}.pem"), self.file(f"{name}.key"))
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.http_port, timeout=60, context=context)
        self.addCleanup(connection.close)
        connection.connect()
        # One that is closed is not opened anew.
        connection.auto_open = 0
        return connection

    def commit_on(self, connection, order):
        """The status and reply of a sale."""
        request = {"program_id": "shop",
                   "order": json.loads(sale(order, "athens", "till-7"))}
        connection.request(
            "POST", "/pistis.v1.CheckoutService/CommitOrder",
            json.dumps(request), {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read().decode()

    def await_revoked(self):
        self.assertTrue(await_true(
            lambda: "was revoked" in self.sell("o1").stderr))

    def sign_again(self, begin, end):
        """The till's certificate, valid from one day to another."""
        name = "shop-athens-till-7"
        for command in (
            ("req", "-new", "-key", f"{name}.key", "-out", "again.csr",
             "-subj", f"/CN={name}"),
            ("ca", "-batch", "-notext", "-config", "ca.cnf", "-in",
             "again.csr", "-out", "again.pem", "-extfile", "again.ext",
             "-startdate", f"{begin}000000Z", "-enddate", f"{end}000000Z"),
        ):
            with open(self.file("again.ext"), "w", encoding="utf-8") as file:
                file.write("extendedKeyUsage=clientAuth\n"
                           "subjectAltName=URI:pistis://shop/athens/till-7\n")
            subprocess.run(["openssl", *command], cwd=self.ca, check=True,
                           capture_output=True)
        shutil.move(self.file("again.pem"), self.file(f"{name}.pem"))

    def test_a_certificate_names_its_till(self):
        done = self.sell("o1")
        self.assertEqual(done.returncode, 0, done.stderr)
        for store, terminal in (("piraeus", "till-7"), ("athens", "till-8")):
            self.assertIn("refused: PERMISSION_DENIED",
                          self.sell("o2", store, terminal).stderr)
        self.assertIn("refused: PERMISSION_DENIED",
                      self.till("rulebook", "show").stderr
                      + self.till("key", "list").stderr)
        self.refused("UNAUTHENTICATED", "", "shop", "program", "stats")

    def test_a_revoked_certificate_is_refused_without_a_restart(self):
        self.assertEqual(self.sell("o1").returncode, 0)
        before = self.read("crl.pem")
        certificates(self.ca, "revoke", os.path.relpath(
            self.file("shop-athens-till-7.pem")))
        self.await_revoked()
        # Two lists, the second one cut: neither of them counts.
        self.put_crl(before + self.read("crl.pem")[:-40])
        self.assertTrue(await_true(
            lambda: "stays revoked" in self.server.log()))
        self.await_revoked()
        self.server.kill()
        with self.assertRaisesRegex(RuntimeError, "crl.pem"):
            self.server.start()
        self.put_crl(before)
        self.server.start()

    def test_a_certificate_is_good_in_its_time_alone(self):
        for begin, end in (("20200101", "20200201"), ("20990101", "20990201")):
            self.sign_again(begin, end)
            done = self.sell("o1")
            self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.sign_again("20200101", "20990101")
        self.assertEqual(self.sell("o1").returncode, 0)

    def test_half_open_handshakes_keep_nobody_out(self):
        host, port = self.server.address.split(":")
        with contextlib.ExitStack() as open_now:
            for size in range(100):
                half = open_now.enter_context(
                    socket.create_connection((host, int(port)), timeout=60))
                half.sendall(HALF_A_HELLO[:size % len(HALF_A_HELLO)])
            done = self.sell("o1")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.sell("o2").returncode, 0)

    def test_a_certificate_of_another_ca_gets_no_connection(self):
        with tempfile.TemporaryDirectory(prefix="pistis_ca_") as other:
            certificates(other, "ca")
            certificates(other, "till", "shop", "athens", "till-7")
            done = self.sell(
                "o1", name=os.path.join(other, "shop-athens-till-7"))
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)

    def test_an_open_connection_does_not_outlive_its_ca(self):
        before = self.connect()
        self.assertEqual(self.commit_on(before, "o1")[0], 200)
        own = self.read("ca.pem")
        with tempfile.TemporaryDirectory(prefix="pistis_ca_") as other:
            certificates(other, "ca")
            with open(os.path.join(other, "ca.pem"), encoding="utf-8") as file:
                new = file.read()
        # Both, while tills get new certificates; then the new one alone.
        self.put("ca.pem", own + new)
        time.sleep(2)
        self.assertEqual(self.commit_on(before, "o2")[0], 200)
        self.put("ca.pem", new)
        replies = []

        def is_refused():
            replies.append(self.commit_on(before, "o3"))
            return replies[-1][0] != 200

        self.assertTrue(await_true(is_refused))
        self.assertEqual(replies[-1][0], 401, replies[-1])
        self.assertIn("signed by an authority", replies[-1][1])

    def test_a_new_server_certificate_is_shown_without_a_restart(self):
        def serial():
            shown = subprocess.run(
                ["openssl", "s_client", "-connect", self.server.address,
                 "-alpn", "h2"],
                input=b"", capture_output=True, check=False).stdout
            return subprocess.run(
                ["openssl", "x509", "-noout", "-serial"], input=shown,
                capture_output=True, check=False).stdout
        before = serial()
        self.assertIn(b"serial=", before)
        certificates(self.ca, "server", "localhost", "127.0.0.1")
        self.assertTrue(await_true(lambda: serial() not in (b"", before)))
        self.assertEqual(self.sell("o1").returncode, 0)


class OptionsTest(unittest.TestCase):
    def test_keys_and_calls_without_keys_do_not_cross_a_wire_in_plain_text(self):
        for flags, problem in (
            (("--dev",), "--dev asks for no keys"),
            ((), "--insecure_plaintext"),
            (("--tls_cert", "x"), "--tls_cert and --tls_key go together"),
        ):
            with tempfile.TemporaryDirectory(prefix="pistis_") as folder:
                done = subprocess.run(
                    [os.path.join(BIN, "pistisd"), "--data_dir", folder,
                     "--grpc_address", "0.0.0.0:0", *flags],
                    capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(problem, done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
