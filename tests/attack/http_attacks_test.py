"""Attacks on the HTTP port of a server that asks for keys, with TLS.

A good client from 127.0.0.1 gives points without a pause while attackers from
other addresses are at work: each of its calls must go through.
"""

import base64
import contextlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e")
)
import programs  # noqa: E402
import receivers  # noqa: E402

ATTACKER = "127.0.0.2"
# More than the 256 MiB that the server keeps for bodies: as large as it takes
# them, then smaller and smaller ones for what is left.
BODIES = [6 << 20] * 43 + [4 << 20 >> n for n in range(17) for _ in range(2)]
DEEP = b'{"order":' * 20000 + b"1" + b"}" * 20000
BAD_BODIES = (DEEP, b"[" * 100000, b'{"program_id":"\xff\xfe"}', b'{"x":1}', b"")


class KeyedServer(programs.Server):
    mode = ()


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
        + ["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", os.path.join(folder, "key.pem")]
        + ["-out", os.path.join(folder, "cert.pem")],
        check=True,
        capture_output=True,
    )


def key_of(server):
    """The owner's, which the first start prints."""
    with open(server.path("out"), encoding="utf-8") as out:
        words = out.read().split()
    return next(each for each in words if each.startswith("pistis_"))


def head_of(method, key, *headers):
    lines = [f"POST /pistis.v1.{method} HTTP/1.1", "host: a"]
    lines += ["content-type: application/json"]
    lines += [f"authorization: Bearer {key}"] if key else []
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def read_all(connection, seconds):
    """What comes until the other side hangs up; None where it does not."""
    end = time.monotonic() + seconds
    received = b""
    while time.monotonic() < end:
        connection.settimeout(max(0.01, end - time.monotonic()))
        try:
            more = connection.recv(65536)
        except socket.timeout:
            return None
        except OSError:
            return received
        if not more:
            return received
        received += more
    return None


class HttpAttacksTest(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        folder = made.name
        make_certificate(folder)
        cert = os.path.join(folder, "cert.pem")
        self.tls = ssl.create_default_context(cafile=cert)
        self.port = receivers.free_port()
        self.server = KeyedServer(
            *("--http_address", f"127.0.0.1:{self.port}", "--tls_cert", cert),
            *("--tls_key", os.path.join(folder, "key.pem")),
        )
        self.addCleanup(self.server.close)
        self.key = key_of(self.server)
        self.given = 0
        self.open = []
        self.addCleanup(lambda: [each.close() for each in self.open])
        program = {"program_id": "shop", "currency": "EUR"}
        program["time_zone"] = "Europe/Athens"
        self.good("AdminService/CreateProgram", program=program)
        member = {"member_id": "ann"}
        self.good("MemberService/CreateMember", program_id="shop", member=member)

    def call(self, method, body, key):
        """The status and the document of the answer."""
        at = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=60, context=self.tls
        )
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        with contextlib.closing(at):
            at.request("POST", f"/pistis.v1.{method}", body, headers)
            reply = at.getresponse()
            return reply.status, json.loads(reply.read())

    def good(self, method, **request):
        self.given += 1
        request["request_id"] = f"r{self.given}"
        status, reply = self.call(method, json.dumps(request), self.key)
        self.assertEqual(status, 200, reply)
        return reply

    def give_points(self):
        self.good(
            "LedgerService/EarnPoints",
            **{"program_id": "shop", "member_id": "ann"},
            **{"points": "1", "reason": "visit"},
        )

    @contextlib.contextmanager
    def good_client(self):
        """Gives points all the while, and once more at the end."""
        failed = []
        over = threading.Event()

        def work():
            while not over.is_set():
                try:
                    self.give_points()
                except (AssertionError, OSError, ValueError) as why:
                    failed.append(why)
                time.sleep(0.05)

        client = threading.Thread(target=work)
        client.start()
        try:
            yield
        finally:
            over.set()
            client.join()
        self.give_points()
        self.assertEqual(failed, [])

    def connect(self, address=ATTACKER):
        connection = socket.create_connection(
            ("127.0.0.1", self.port), timeout=30, source_address=(address, 0)
        )
        self.open.append(connection)
        return connection

    def secure(self, first):
        """A connection that said this, as far as it was listened to."""
        connection = self.tls.wrap_socket(
            self.connect(), server_hostname="127.0.0.1"
        )
        self.open.append(connection)
        with contextlib.suppress(OSError):
            connection.sendall(first)
        return connection

    def hold_bodies_back(self, key):
        with self.good_client():
            for size in BODIES:
                head = head_of(
                    "RulebookService/ValidateRulebook",
                    key,
                    f"content-length: {size}",
                )
                self.secure(head + b" " * (size - 1))

    def test_bodies_held_back_without_a_key_shut_out_nobody(self):
        self.hold_bodies_back("")

    def test_bodies_held_back_with_a_key_shut_out_no_other_address(self):
        self.hold_bodies_back(self.key)

    def test_handshakes_that_stop_half_way_end_and_shut_out_nobody(self):
        with self.good_client():
            half = [
                self.connect(f"127.0.1.{number % 4 + 1}") for number in range(400)
            ]
            for each in half:
                each.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            for each in half:
                self.assertIsNotNone(read_all(each, 60))

    def test_heads_that_never_end_are_given_up_and_shut_out_nobody(self):
        with self.good_client():
            slow = [self.secure(head_of("X", "")[:-3]) for _ in range(100)]
            for each in slow:
                self.assertIsNotNone(read_all(each, 60))

    def reason_of(self, body, key):
        status, reply = self.call("AdminService/ListApiKeys", body, key)
        info = next(
            each["value"]
            for each in reply["details"]
            if each["type"] == "google.rpc.ErrorInfo"
        )
        # Its first field, after the tag and the length.
        text = base64.b64decode(info + "==")
        return status, text[2 : 2 + text[1]].decode()

    def test_who_calls_is_asked_before_the_body_is_looked_at(self):
        till = self.good(
            "AdminService/CreateApiKey",
            api_key={
                "role": "ROLE_TERMINAL",
                "program_ids": ["shop"],
                "store_id": "athens",
            },
        )["secret"]
        with self.good_client():
            for body in BAD_BODIES:
                for key, refused in (
                    ("", (401, "UNAUTHENTICATED")),
                    (till, (403, "PERMISSION_DENIED")),
                    (self.key, (400, "FIELD_INVALID")),
                ):
                    self.assertEqual(self.reason_of(body, key), refused)

    def test_bodies_that_are_no_json_count_as_calls(self):
        port = receivers.free_port()
        limited = KeyedServer(
            *("--http_address", f"127.0.0.1:{port}"),
            *("--rate", "1", "--rate_burst", "20"),
        )
        self.addCleanup(limited.close)
        headers = {"Authorization": f"Bearer {key_of(limited)}"}
        headers["Content-Type"] = "application/json"
        at = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        answers = []
        with contextlib.closing(at):
            for _ in range(60):
                path = "/pistis.v1.LedgerService/GetAccount"
                at.request("POST", path, "{", headers)
                reply = at.getresponse()
                reply.read()
                answers.append(reply.status)
        self.assertEqual(answers[:20], 20 * [400])
        self.assertIn(429, answers[20:])

    def test_threads_that_take_calls_in_give_way_to_those_that_do_the_work(self):
        for _ in range(20):
            self.give_points()
        tasks = f"/proc/{self.server.process.pid}/task"
        nice = {}
        for thread in os.listdir(tasks):
            # It may have ended meanwhile.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                with open(f"{tasks}/{thread}/stat", encoding="utf-8") as stat:
                    fields = stat.read().rpartition(")")[2].split()
                nice[int(thread)] = int(fields[16])
        self.assertEqual(nice[self.server.process.pid], 0)
        # The two of HTTP and at least one of gRPC.
        self.assertGreater(list(nice.values()).count(5), 2, nice)
        # The writer, its syncs and replies among them.
        self.assertGreater(list(nice.values()).count(0), 2, nice)

    def test_nothing_is_smuggled_behind_an_encoding_that_is_unknown(self):
        for encoding in ("xchunked", "identity", "gzip, chunked"):
            head = head_of(
                "AdminService/ListPrograms",
                self.key,
                f"transfer-encoding: {encoding}",
            )
            behind = b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n"
            reply = read_all(self.secure(head + behind), 60)
            self.assertTrue(reply.startswith(b"HTTP/1.1 400 "), reply)
            self.assertNotIn(b"HTTP/1.1 200 ", reply)
        self.give_points()


if __name__ == "__main__":
    unittest.main()
