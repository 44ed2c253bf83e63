#!/usr/bin/env python3
"""The API by HTTP, of a server that runs: TLS, abuse, and the end."""

import contextlib
import http.client
import json
import os
import socket
import ssl
import struct
import subprocess
import tempfile
import unittest

import programs
import receivers

JSON = {"Content-Type": "application/json"}
PROGRAM = {"program_id": "shop", "currency": "EUR", "time_zone": "Europe/Athens"}


def envelope(message):
    body = json.dumps(message).encode()
    return struct.pack(">BI", 0, len(body)) + body


class HttpTest(unittest.TestCase):
    def serve(self, *flags):
        self.port = receivers.free_port()
        server = programs.Server(
            "--http_address", f"127.0.0.1:{self.port}", *flags
        )
        self.addCleanup(server.close)
        return server

    def post(self, method, body, connection=None):
        """The status and body of the answer."""
        at = connection or http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60
        )
        if isinstance(body, dict):
            body = json.dumps(body)
        with contextlib.closing(at):
            at.request("POST", f"/pistis.v1.{method}", body, JSON)
            reply = at.getresponse()
            return reply.status, reply.read()

    def create_shop(self):
        status, body = self.post(
            "AdminService/CreateProgram",
            {"request_id": "r1", "program": PROGRAM},
        )
        self.assertEqual(status, 200, body)

    def test_half_open_connections_hold_up_no_good_client(self):
        self.serve()
        half = []
        for i in range(600):
            attacker = socket.create_connection(
                ("127.0.0.1", self.port),
                source_address=(f"127.0.1.{i // 100 + 1}", 0),
            )
            attacker.sendall(b"POST /pistis.v1.AdminService/Create")
            half.append(attacker)
        self.create_shop()
        for each in half:
            each.close()

    def test_bodies_made_to_break_the_parser_are_refused_by_name(self):
        self.serve()
        for bad in (
            b"{" * 100_000,
            b'{"program":' * 50_000,
            b"[" * 1_000_000,
            b'{"request_id": "\xff\xfe"}',
            b'{"request_id": "\\ud800"}',
            b"\x00",
            b"",
        ):
            status, body = self.post("AdminService/CreateProgram", bad)
            self.assertEqual(status, 400, body[:200])
            refused = json.loads(body)
            self.assertEqual(refused["code"], "invalid_argument")
            types = [detail["type"] for detail in refused["details"]]
            self.assertIn("google.rpc.ErrorInfo", types)
        self.create_shop()

    def test_a_server_that_stops_ends_its_streams_well(self):
        server = self.serve()
        self.create_shop()
        follower = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        follower.request(
            "POST",
            "/pistis.v1.EventService/StreamEvents",
            envelope({"program_id": "shop", "follow": True}),
            {"Content-Type": "application/connect+json"},
        )
        reply = follower.getresponse()
        self.assertEqual(reply.status, 200)
        self.assertIn(b"program_created", reply.read1())
        server.process.terminate()
        last = reply.read()
        self.assertEqual(last[0], 2, "an end of stream")
        self.assertEqual(json.loads(last[5:])["error"]["code"], "unavailable")
        self.assertEqual(server.process.wait(timeout=60), 0)

    def test_the_document_of_the_api_is_served(self):
        self.serve()
        at = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.addCleanup(at.close)
        at.request("GET", "/openapi.json")
        document = json.loads(at.getresponse().read())
        self.assertEqual(document["openapi"], "3.1.0")
        self.assertIn(
            "/pistis.v1.CheckoutService/CommitOrder", document["paths"]
        )

    def folder(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        return made.name

    def certify(self, folder):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
            + ["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=localhost"]
            + ["-addext", "subjectAltName=IP:127.0.0.1"]
            + ["-keyout", os.path.join(folder, "key.new")]
            + ["-out", os.path.join(folder, "cert.new")],
            check=True,
            capture_output=True,
        )
        for name in ("key", "cert"):
            os.replace(
                os.path.join(folder, f"{name}.new"),
                os.path.join(folder, f"{name}.pem"),
            )

    def secure(self, trusted):
        context = ssl.create_default_context(cafile=trusted)
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=60, context=context
        )

    def test_tls_is_spoken_and_its_files_are_read_again(self):
        folder = self.folder()
        self.certify(folder)
        cert = os.path.join(folder, "cert.pem")
        self.serve("--tls_cert", cert, "--tls_key", os.path.join(folder, "key.pem"))
        self.assertEqual(
            self.post("AdminService/ListPrograms", {}, self.secure(cert))[0], 200
        )
        former = os.path.join(folder, "former.pem")
        os.link(cert, former)
        self.certify(folder)
        self.assertEqual(
            self.post("AdminService/ListPrograms", {}, self.secure(cert))[0], 200
        )
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.post("AdminService/ListPrograms", {}, self.secure(former))
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            self.post("AdminService/ListPrograms", {})


if __name__ == "__main__":
    unittest.main()
