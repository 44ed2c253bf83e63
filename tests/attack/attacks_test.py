"""Attacks on the running server while a good client sells.

Attackers come from 127.0.0.2, the good client from 127.0.0.1: limits are per
address. During each attack every sale must go through; afterwards the server
answers, has not grown beyond reason, and ends well.
"""

import http.client
import json
import os
import random
import socket
import struct
import sys
import threading
import time
import unittest
import zlib

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e")
)
import programs  # noqa: E402

RULEBOOK = """\
program: shop
currency: EUR
time_zone: Europe/Athens
rules:
  - id: base
    earn: {points: 1, per: "1.00"}
"""
ATTACKER = "127.0.0.2"
PER_ADDRESS = 32
MOST_GROWTH_KIB = 300 * 1024
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, HEADERS, RST_STREAM, CONTINUATION = 4, 1, 3, 9
DATA, WINDOW_UPDATE = 0, 8
END_HEADERS, END_STREAM = 4, 1


def frame(kind, flags, stream, payload=b""):
    head = struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
    return head + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header that no table remembers; each below 127 bytes."""
    name, value = name.encode(), value.encode()
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def head_of(method, *more):
    return b"".join(
        literal(name, value)
        for name, value in (
            (":method", "POST"),
            (":scheme", "http"),
            (":path", f"/pistis.v1.{method}"),
            (":authority", "shop"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            *more,
        )
    )


def message(request, compressed=0):
    return struct.pack(">BI", compressed, len(request)) + request


CALL = head_of("EventService/StreamEvents")

# Windows for all that the server could send.
READS_ALL = frame(SETTINGS, 0, 0, b"\0\4\x7f\xff\xff\xff") + frame(
    WINDOW_UPDATE, 0, 0, b"\x7f\xff\0\0"
)
# A StreamEventsRequest that follows the shop.
FOLLOW_SHOP = b"\x0a\x04shop\x18\x01"
FOLLOW_SHOP_MESSAGE = message(FOLLOW_SHOP)
# A client that takes heads alone.
READS_NOTHING = frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0")
SHOP = b"\x0a\x04shop"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_closed(connection, seconds):
    """True once the other side hung up, whatever it said before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        connection.settimeout(max(0.01, end - time.monotonic()))
        try:
            if not connection.recv(65536):
                return True
        except socket.timeout:
            return False
        except OSError:
            return True
    return False


def kinds_of_frames(connection, seconds):
    """Of what the other side sends until it is quiet or hangs up."""
    received = b""
    connection.settimeout(seconds)
    try:
        while more := connection.recv(65536):
            received += more
    except OSError:
        pass
    kinds = []
    while len(received) >= 9:
        kinds.append(received[3])
        received = received[9 + int.from_bytes(received[:3], "big") :]
    return kinds


class AttacksTest(unittest.TestCase):
    def setUp(self):
        self.http_port = free_port()
        self.server = programs.Server(
            *("--http_address", f"127.0.0.1:{self.http_port}"),
            *("--grpc_connections_per_address", str(PER_ADDRESS)),
            *("--http_connections_per_address", str(PER_ADDRESS)),
            # The good client makes a connection for each call.
            *("--http_new_connections", "2000"),
        )
        self.addCleanup(self.server.close)
        self.grpc_port = int(self.server.address.rsplit(":", 1)[1])
        self.pistis = programs.Pistis(self.server, "shop")
        self.pistis.text(
            *("program", "create", "shop", "--time-zone", "Europe/Athens"),
            *("--currency", "EUR"),
        )
        self.pistis.text("rulebook", "publish", "-", stdin=RULEBOOK)
        self.pistis.text("member", "create", "--id", "ann")
        self.sales = 0
        self.memory_before = self.memory_kib()
        self.open = []
        self.addCleanup(lambda: [each.close() for each in self.open])

    def tearDown(self):
        self.sell()
        growth = self.memory_kib() - self.memory_before
        self.assertLess(growth, MOST_GROWTH_KIB)

    def memory_kib(self, which="VmRSS"):
        with open(
            f"/proc/{self.server.process.pid}/status", encoding="utf-8"
        ) as about:
            line = next(each for each in about if each.startswith(which))
        return int(line.split()[1])

    def order(self, order_id):
        line = {"line_id": "1", "sku": "t", "quantity": 1, "amount_minor": 500}
        return {"order_id": order_id, "member_id": "ann", "lines": [line]}

    def sell(self):
        """By gRPC, on a connection of its own, and by HTTP."""
        self.sales += 1
        order = self.order(f"g{self.sales}")
        self.commit_as_a_till(json.dumps(order))
        status, reply = self.post(
            "CheckoutService/CommitOrder",
            {"program_id": "shop", "order": self.order(f"h{self.sales}")},
        )
        self.assertEqual(status, 200, reply)

    def commit_as_a_till(self, order):
        """Tries again where no connection came about within the client's 50 ms."""
        for _ in range(5):
            done = self.pistis.run("order", "commit", "-", stdin=order)
            if "could not be reached" not in done.stderr:
                break
        self.assertEqual(done.returncode, 0, done.stderr)

    def post(self, method, request):
        """A call by HTTP of bytes, or of what becomes JSON."""
        if not isinstance(request, bytes):
            request = json.dumps(request).encode()
        call = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=30)
        try:
            call.request(
                "POST",
                f"/pistis.v1.{method}",
                request,
                {"content-type": "application/json"},
            )
            reply = call.getresponse()
            return reply.status, reply.read()
        finally:
            call.close()

    def attack(self, port, first=b""):
        connection = socket.create_connection(
            ("127.0.0.1", port), timeout=10, source_address=(ATTACKER, 0)
        )
        self.open.append(connection)
        if first:
            try:
                connection.sendall(first)
            except OSError:
                pass  # Closed at once, as it may be.
        return connection

    def attack_unread(self, port, first):
        """Asks, and leaves no room for more than a little of the answer."""
        connection = socket.socket()
        self.open.append(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.bind((ATTACKER, 0))
        connection.connect(("127.0.0.1", port))
        connection.sendall(first)

    def test_clients_that_read_nothing_do_not_hold_up_the_end(self):
        for n in range(600):
            status, reply = self.post(
                "MemberService/CreateMember",
                {
                    "program_id": "shop",
                    "request_id": f"m{n}",
                    "member": {"member_id": f"m{n}"},
                },
            )
            self.assertEqual(status, 200, reply)
        streams = b"".join(
            frame(HEADERS, END_HEADERS, stream, CALL)
            + frame(DATA, END_STREAM, stream, FOLLOW_SHOP_MESSAGE)
            for stream in range(1, 32, 2)
        )
        self.attack_unread(self.grpc_port, PREFACE + READS_ALL + streams)
        page = b"GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n"
        self.attack_unread(self.http_port, 40 * page)
        self.sell()
        time.sleep(2)
        self.server.process.terminate()
        # Calls by HTTP have ten seconds, then those by gRPC.
        self.assertEqual(self.server.process.wait(timeout=30), 0)
        self.server.start()

    def test_a_flood_of_connections_is_cut_off_at_the_limit_of_its_address(self):
        flood = [self.attack(self.grpc_port) for _ in range(3 * PER_ADDRESS)]
        self.sell()
        closed = sum(is_closed(each, 0.05) for each in flood)
        self.assertGreaterEqual(closed, 2 * PER_ADDRESS)

    def test_connections_that_say_nothing_are_closed(self):
        silent = [self.attack(self.grpc_port) for _ in range(8)]
        half = [self.attack(self.grpc_port, PREFACE[:9]) for _ in range(8)]
        self.sell()
        for each in silent + half:
            self.assertTrue(is_closed(each, 60))

    def test_headers_by_http_that_never_end_are_given_up(self):
        slow = [
            self.attack(self.http_port, b"POST / HTTP/1.1\r\nhost: a\r\nx")
            for _ in range(PER_ADDRESS - 2)
        ]
        self.sell()
        for each in slow:
            self.assertTrue(is_closed(each, 60))

    def test_bodies_by_http_that_never_end_are_given_up(self):
        head = (
            b"POST /pistis.v1.CheckoutService/CommitOrder HTTP/1.1\r\n"
            b"host: a\r\ncontent-type: application/json\r\n"
            b"content-length: 1000\r\n\r\n{"
        )
        slow = [
            self.attack(self.http_port, head) for _ in range(PER_ADDRESS - 2)
        ]
        self.sell()
        for each in slow:
            self.assertTrue(is_closed(each, 60))

    def test_sales_go_on_while_streams_are_opened_and_reset(self):
        def reset_many():
            connection = self.attack(
                self.grpc_port, PREFACE + frame(SETTINGS, 0, 0)
            )
            for number in range(1500):
                stream = 2 * number + 1
                try:
                    connection.sendall(
                        frame(HEADERS, END_HEADERS, stream, CALL)
                        + frame(RST_STREAM, 0, stream, b"\0\0\0\x08")
                    )
                except OSError:
                    return

        flood = [threading.Thread(target=reset_many) for _ in range(3)]
        for each in flood:
            each.start()
        while any(each.is_alive() for each in flood):
            self.sell()
        for each in flood:
            each.join()

    def test_a_mebibyte_of_metadata_is_no_call(self):
        connection = self.attack(
            self.grpc_port,
            PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, 0, 1, CALL),
        )
        more = b"".join(literal(f"x-{n}", "v" * 100) for n in range(140))
        for _ in range(70):
            try:
                connection.sendall(frame(CONTINUATION, 0, 1, more))
            except OSError:
                break
        self.sell()
        try:
            connection.sendall(frame(CONTINUATION, END_HEADERS, 1))
        except OSError:
            pass
        # Reset or hung up: no headers of a reply.
        self.assertNotIn(HEADERS, kinds_of_frames(connection, 1))

    def test_compressed_messages_are_refused_before_they_grow(self):
        packed = zlib.compressobj(9, zlib.DEFLATED, 31)
        zeros = packed.compress(bytes(60 << 20)) + packed.flush()
        for encoding in ((), (("grpc-encoding", "gzip"),)):
            for _ in range(6):
                connection = self.attack(self.grpc_port, PREFACE + READS_ALL)
                head = head_of("LedgerService/GetAccount", *encoding)
                body = message(zeros, compressed=1)
                for at in range(0, len(body), 16384):
                    part = body[at : at + 16384]
                    ends = END_STREAM if at + len(part) == len(body) else 0
                    first = b"" if at else frame(HEADERS, END_HEADERS, 1, head)
                    connection.sendall(first + frame(DATA, ends, 1, part))
                self.assertIn(HEADERS, kinds_of_frames(connection, 1))
        self.sell()
        # One of them alone would be more.
        grown = self.memory_kib("VmHWM") - self.memory_before
        self.assertLess(grown, 50 * 1024)

    def test_replies_that_nobody_reads_are_bounded(self):
        self.pistis.text(
            *("rulebook", "publish", "-"), stdin=RULEBOOK + "# long\n" * 130000
        )
        head = head_of("RulebookService/GetRulebook")
        calls = b"".join(
            frame(HEADERS, END_HEADERS, stream, head)
            + frame(DATA, END_STREAM, stream, message(SHOP))
            for stream in range(1, 2000, 2)
        )
        unread = self.attack(self.grpc_port, PREFACE + READS_NOTHING + calls)
        # Of nearly a MiB each: most are refused. tearDown looks at the memory.
        self.assertGreater(kinds_of_frames(unread, 2).count(HEADERS), 800)
        self.sell()

    def test_nesting_and_broken_text_are_refused_by_name(self):
        deep = b'{"order":' * 20000 + b"1" + b"}" * 20000
        broken = b'{"program_id":"shop","order":{"order_id":"\xff\xfe"}}'
        for body in (deep, broken, b"", b"[" * 100000, b'{"a":'):
            status, reply = self.post("CheckoutService/CommitOrder", body)
            self.assertEqual(status, 400, reply[:200])

    def test_recorded_sales_sent_again_in_any_order_have_one_effect(self):
        requests = [
            {"program_id": "shop", "order": self.order(f"r{n}")}
            for n in range(20)
        ]
        first = [
            self.post("CheckoutService/CommitOrder", each) for each in requests
        ]
        account = {"program_id": "shop", "member_id": "ann"}
        before = self.post("LedgerService/GetAccount", account)
        again = list(zip(requests, first)) * 3
        random.Random(7).shuffle(again)
        for request, reply in again:
            self.assertEqual(
                self.post("CheckoutService/CommitOrder", request), reply
            )
        self.assertEqual(
            self.post("LedgerService/GetAccount", account), before
        )

    def test_a_request_id_of_one_program_means_nothing_in_another(self):
        self.pistis.text(
            *("program", "create", "other", "--time-zone", "Europe/Athens"),
            *("--currency", "EUR"),
        )
        for program in ("shop", "other"):
            status, reply = self.post(
                "MemberService/CreateMember",
                {
                    "program_id": program,
                    "request_id": "one",
                    "member": {"member_id": "ben"},
                },
            )
            self.assertEqual(status, 200, reply)
        status, reply = self.post(
            "MemberService/CreateMember",
            {
                "program_id": "shop",
                "request_id": "one",
                "member": {"member_id": "eve"},
            },
        )
        self.assertEqual(status, 409, reply)
        self.assertIn(b"this request_id was used before", reply)


if __name__ == "__main__":
    unittest.main()
