"""What events are delivered to, as strangers would write it."""

import base64
import hashlib
import hmac
import http.server
import json
import socket
import threading
import time


def signature(secret, headers, body):
    """What Standard Webhooks wants in `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode()
    digest = hmac.new(key, signed + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that was killed is no error here."""


class Hooks:
    """A web server that takes webhooks.

    `answer(event)` says what becomes of one: a status, "close", "hang", "open"
    (200, and an answer that does not end), or ("redirect", address). What was
    answered with 200 is in `events`.
    """

    def __init__(self, answer=lambda event: 200):
        self.answer = answer
        self.events, self.headers, self.bodies = [], [], []
        self.tries = 0
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.server = QuietServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def first_ids(self):
        """Each id once, in the order in which it came first."""
        with self.lock:
            return list(dict.fromkeys(e["event_id"] for e in self.events))

    def _handler(self):
        hooks = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                hooks.take(self, body)

            def log_message(self, *_):
                pass

        return Handler

    def take(self, call, body):
        event = json.loads(body)
        with self.lock:
            self.tries += 1
            answer = self.answer(event)
            if answer == 200:
                self.events.append(event)
                self.headers.append(dict(call.headers))
                self.bodies.append(body)
        if answer == "close":
            call.close_connection = True
            return
        if answer == "hang":
            self.ended.wait(60)
            return
        if answer == "open":
            call.send_response(200)
            call.end_headers()
            call.wfile.flush()
            self.ended.wait(60)
            return
        if isinstance(answer, tuple):
            call.send_response(307)
            call.send_header("location", answer[1])
        else:
            call.send_response(answer)
        call.send_header("content-length", "0")
        call.end_headers()


def becomes(what, seconds=30):
    """Waits until `what()` holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return bool(what())
