"""The built programs, as a user starts them.

PISTIS_BIN_DIR and PISTIS_TEST_DIR say where they are; build/release else.
"""

import json
import os
import subprocess
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BIN = os.environ.get("PISTIS_BIN_DIR", os.path.join(ROOT, "build/release/bin"))
TESTS = os.environ.get(
    "PISTIS_TEST_DIR", os.path.join(ROOT, "build/release/tests")
)
SAMPLE = os.path.join(ROOT, "deploy/sample")
READY = "pistisd listening on "


class Server:
    """A pistisd on a folder of its own, which outlives the process."""

    # Who may call; without it keys are asked for.
    mode = ("--dev",)

    def __init__(self, *flags):
        self.flags = flags
        self.folder = tempfile.TemporaryDirectory(prefix="pistis_")
        self.start()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self):
        seen = len(self.log())
        with open(self.path("log"), "ab") as log, open(
            self.path("out"), "ab"
        ) as out:
            self.process = subprocess.Popen(
                [os.path.join(BIN, "pistisd"), *self.mode]
                + ["--data_dir", self.path("data")]
                + ["--grpc_address", "127.0.0.1:0", *self.flags],
                stdout=out,
                stderr=log,
            )
        self.address = self._await_address(seen)

    def log(self):
        if not os.path.exists(self.path("log")):
            return ""
        with open(self.path("log"), encoding="utf-8") as log:
            return log.read()

    def _await_address(self, seen):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            for line in self.log()[seen:].split("\n")[:-1]:
                if READY in line:
                    # It may be the message of a line of JSON.
                    return line.split(READY)[1].split('"')[0].split()[0]
            time.sleep(0.02)
        self.process.kill()
        raise RuntimeError(f"pistisd does not listen: {self.log()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        """Stops the server, which must end well, and removes its data."""
        self.process.terminate()
        code = self.process.wait(timeout=60)
        log = self.log()
        self.folder.cleanup()
        if code != 0:
            raise RuntimeError(f"pistisd ended with {code}: {log}")


class Pistis:
    """The command line, against one server and one program."""

    def __init__(self, server, program):
        self.server, self.program = server, program

    def arguments(self, *arguments):
        return [
            *(os.path.join(BIN, "pistis"), *arguments),
            *("--server", self.server.address, "--program", self.program),
        ]

    def run(self, *arguments, stdin=""):
        """Exit code, output and errors, whatever they are."""
        return subprocess.run(
            self.arguments(*arguments),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def text(self, *arguments, stdin=""):
        done = self.run(*arguments, stdin=stdin)
        if done.returncode != 0:
            raise RuntimeError(f"pistis {arguments}: {done.stderr}")
        return done.stdout

    def json(self, *arguments, stdin=""):
        """Every document that the command writes."""
        text = self.text(*arguments, "--json", stdin=stdin)
        return [json.loads(line) for line in text.splitlines()]

    def last_cursor(self):
        return self.json("events")[-1]["cursor"]
