#!/usr/bin/env python3
"""How a subscription is changed on the command line, option by option."""

import tempfile
import unittest

import sinks_shop

MAIL = "smtps://127.0.0.1:9"
WEB = "http://127.0.0.1:9/hooks"


class SubscriptionCommandsTest(sinks_shop.SinksShop):
    def setUp(self):
        self.events = tempfile.TemporaryDirectory(prefix="pistis_")
        self.addCleanup(self.events.cleanup)
        self.serve(sinks_shop.ALLOWED, "--events_dir", self.events.name)

    def update(self, *arguments):
        return self.pistis.run("subscription", "update", *arguments)

    def test_another_mail_server_asks_for_the_password_again(self):
        self.subscribe(
            *("--id", "mail", "--smtp", MAIL, "--sender", "shop@mail.example"),
            *("--user", "shop", "--smtp-password", "secret"),
        )
        other = "smtps://127.0.0.1:19"
        refused = self.update("mail", "--smtp", other)
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertIn("subscription.smtp.password", refused.stderr)
        self.assertEqual(self.shown("mail")["smtp"]["url"], MAIL)
        moved = self.update("mail", "--smtp", other, "--smtp-password", "new")
        self.assertEqual(moved.returncode, 0, moved.stderr)
        mail = self.shown("mail")["smtp"]
        self.assertEqual((mail["url"], mail["user"]), (other, "shop"))

    def test_what_is_named_is_set_and_nothing_else(self):
        self.subscribe(
            *("--id", "lines", "--file", "lines", "--max-bytes", "100000000"),
            *("--keep", "3"),
        )
        done = self.update("lines", "--keep", "0")
        self.assertEqual(done.returncode, 0, done.stderr)
        file = self.shown("lines")["file"]
        self.assertNotEqual(file.get("keep"), 3)
        self.assertEqual((file["name"], file["max_bytes"]),
                         ("lines", "100000000"))
        self.subscribe("--id", "web", "--webhook", WEB, "--timeout", "500ms")
        self.assertEqual(self.shown("web")["webhook"]["timeout"], "0.500s")
        done = self.update("web", "--timeout", "2s")
        self.assertEqual(done.returncode, 0, done.stderr)
        web = self.shown("web")["webhook"]
        self.assertEqual((web["url"], web["timeout"]), (WEB, "2s"))

    def test_an_option_of_another_sink_is_refused(self):
        self.subscribe("--id", "lines", "--file", "lines")
        for option in (("--topic", "t"), ("--sender", "shop@mail.example"),
                       ("--timeout", "5s")):
            refused = self.update("lines", *option)
            self.assertEqual(refused.returncode, 2, option)
            self.assertIn(f"{option[0]} is of another sink", refused.stderr)
        created = self.pistis.run(
            *("subscription", "create", "--id", "web", "--webhook", WEB),
            *("--keep", "3"),
        )
        self.assertEqual(created.returncode, 2, created.stderr)
        odd = self.update("lines", "--timeout", "soon")
        self.assertEqual(odd.returncode, 2, odd.stderr)

    def test_one_request_creates_one_subscription(self):
        first, again = (
            self.subscribe("--file", "lines", "--request-id", "once")
            for _ in range(2)
        )
        self.assertEqual(first["subscription_id"], again["subscription_id"])
        self.assertEqual(len(self.pistis.json("subscription", "list")), 1)


if __name__ == "__main__":
    unittest.main()
