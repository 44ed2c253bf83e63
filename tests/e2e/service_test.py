#!/usr/bin/env python3
"""pistisd as a service: what the service manager hears, and how it ends."""

import os
import signal
import socket
import tempfile
import unittest

import programs


class ServiceTest(unittest.TestCase):
    def test_the_manager_hears_when_it_listens_and_when_it_drains(self):
        with tempfile.TemporaryDirectory(prefix="pistis_") as folder:
            path = os.path.join(folder, "notify")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(path)
                manager.settimeout(60)
                os.environ["NOTIFY_SOCKET"] = path
                self.addCleanup(os.environ.pop, "NOTIFY_SOCKET", None)
                server = programs.Server()
                self.addCleanup(server.folder.cleanup)
                self.assertEqual(manager.recv(100), b"READY=1")
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(manager.recv(100), b"STOPPING=1")
                self.assertEqual(server.process.wait(timeout=60), 0)


if __name__ == "__main__":
    unittest.main()
