#!/usr/bin/env python3
"""The API by HTTP, called by the client of connectrpc.com."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

import programs
import receivers

HERE = pathlib.Path(__file__).resolve().parent
PROTO = HERE.parent.parent / "proto"
FILES = ("package.json", "package-lock.json", "client.mjs")


def missing():
    return [name for name in ("node", "npm", "protoc") if not shutil.which(name)]


class ConnectTest(unittest.TestCase):
    def setUp(self):
        if missing():
            self.skipTest(f"not installed: {', '.join(missing())}")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in FILES:
            shutil.copy(HERE / "connect" / name, self.folder)
        self.install()

    def install(self):
        try:
            subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=self.folder,
                check=True,
                capture_output=True,
                timeout=120,
            )
        except subprocess.SubprocessError as error:
            self.skipTest(f"npm cannot fetch the client: {error}")

    def test_the_client_calls_streams_and_reads_refusals(self):
        descriptors = self.folder / "api.descriptors"
        services = sorted(
            str(path.relative_to(PROTO))
            for path in (PROTO / "pistis/v1").glob("*_service.proto")
        )
        subprocess.run(
            ["protoc", f"--proto_path={PROTO}", "--include_imports"]
            + [f"--descriptor_set_out={descriptors}", *services]
            + ["google/rpc/error_details.proto"],
            check=True,
        )
        address = f"127.0.0.1:{receivers.free_port()}"
        server = programs.Server("--http_address", address)
        self.addCleanup(server.close)
        done = subprocess.run(
            ["node", "client.mjs", f"http://{address}", str(descriptors)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("all as promised", done.stdout)


if __name__ == "__main__":
    unittest.main()
