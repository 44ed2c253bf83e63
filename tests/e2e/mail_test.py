#!/usr/bin/env python3
"""Notes as mail, against aiosmtpd, which is not ours."""

import asyncio
import email
import email.policy
import shutil
import ssl
import subprocess
import tempfile
import time
import unittest

import receivers
from sinks_shop import SinksShop, post

try:
    from aiosmtpd.controller import Controller
except ImportError:
    Controller = None

FROM = "Γωνιά <shop@mail.example>"


class Mailbox:
    """What the mail server took; `answers` come before 250.

    It takes `pause` seconds for each, hangs up on mails to `closes_on`, and
    thinks about a recipient as long as `thinks` says.
    """

    def __init__(self):
        self.mails, self.answers, self.was_encrypted = [], [], False
        self.pause, self.closes_on, self.thinks = 0, (), {}

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        await asyncio.sleep(self.thinks.get(address, 0))
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.was_encrypted = session.ssl is not None
        await asyncio.sleep(self.pause)
        if envelope.rcpt_tos[0] in self.closes_on:
            server.transport.close()
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.mails.append(envelope)
        return answer


@unittest.skipIf(Controller is None, "python3-aiosmtpd is not installed")
class MailTest(SinksShop):
    def setUp(self):
        self.box = Mailbox()
        self.port = receivers.free_port()
        self.start_mail_server()
        self.addCleanup(lambda: self.mail_server.stop())
        self.http = f"127.0.0.1:{receivers.free_port()}"
        self.serve("--http_address", self.http)
        self.subscribe(
            *("--id", "mail", "--sender", FROM),
            *("--smtp", f"smtp://127.0.0.1:{self.port}"),
        )

    def start_mail_server(self, **options):
        self.mail_server = Controller(
            self.box, hostname="127.0.0.1", port=self.port, **options
        )
        self.mail_server.start()

    def own_certificate(self):
        folder = tempfile.TemporaryDirectory(prefix="pistis_mail_")
        self.addCleanup(folder.cleanup)
        key, certificate = f"{folder.name}/key", f"{folder.name}/certificate"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-subj", "/CN=mail", "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def enrol(self, member, name, language):
        person = {
            "member_id": member, "display_name": name, "language": language,
            "addresses": {"email": f"{member}@mail.example"},
            "consents": {"email": True},
        }
        post(self.http, "MemberService/CreateMember",
             {"program_id": "shop", "request_id": member, "member": person})

    def update(self, member, field, value):
        post(self.http, "MemberService/UpdateMember",
             {"program_id": "shop", "request_id": f"{member}-{field}",
              "member": {"member_id": member, field: value},
              "update_fields": [field]})

    def mails(self):
        return [
            email.message_from_bytes(each.content, policy=email.policy.default)
            for each in self.box.mails
        ]

    def test_a_note_is_a_mail_in_the_language_of_the_member(self):
        self.enrol("nikos", "Νίκος", "el")
        self.sell("o1", "nikos")
        self.assert_becomes(lambda: self.box.mails)
        mail = self.mails()[0]
        note = self.pistis.json("events", "--kind", "note_requested")[0]
        self.assertEqual(str(mail["from"]), FROM)
        self.assertEqual(mail["to"].addresses[0].addr_spec, "nikos@mail.example")
        self.assertEqual(self.box.mails[0].rcpt_tos, ["nikos@mail.example"])
        self.assertEqual(self.box.mails[0].mail_from, "shop@mail.example")
        self.assertIn(note["event_id"], mail["message-id"])
        self.assertIn("thank-you", mail["message-id"])
        self.assertEqual(mail["date"].datetime.year,
                         int(note["effective_time"][:4]))
        text = mail.get_body(("plain",)).get_content()
        self.assertEqual(text.strip(), note["note_requested"]["text"].strip())
        self.assertIn("Νίκος", text)

    def test_a_server_that_is_busy_gets_the_mail_once_later(self):
        self.box.answers = ["451 busy", "452 full"]
        self.enrol("nia", "Nia", "en")
        self.sell("o1", "nia")
        self.assert_becomes(lambda: self.box.mails, 60)
        self.assert_becomes(lambda: self.shown("mail")["delivered"] == "1")
        self.assertEqual(len(self.box.mails), 1)

    def test_a_mail_that_is_rejected_is_given_up_at_once(self):
        self.box.answers = ["550 no"]
        self.enrol("nia", "Nia", "en")
        self.sell("o1", "nia")
        self.assert_becomes(lambda: self.shown("mail")["dead_letters"] == "1")
        self.assertEqual(self.shown("mail")["trouble"], "it answered 550")
        self.pistis.text("subscription", "replay", "mail")
        self.assert_becomes(lambda: self.box.mails)

    def test_a_mail_server_that_is_away_is_waited_for(self):
        self.mail_server.stop()
        self.enrol("nia", "Nia", "en")
        self.sell("o1", "nia")
        self.assert_becomes(lambda: self.shown("mail")["trouble"])
        self.start_mail_server()
        self.assert_becomes(lambda: self.box.mails, 60)

    def test_a_sink_that_fails_is_moved_to_a_server_that_works(self):
        self.box.closes_on = ("nia@mail.example",)
        self.enrol("nia", "Nia", "en")
        self.sell("o-nia", "nia")
        self.assert_becomes(lambda: self.shown("mail")["waiting"] == "1")
        self.mail_server.stop()
        others = ("max", "bea", "leo")
        for member in others:
            self.enrol(member, member, "en")
            self.sell(f"o-{member}", member)
        self.box, self.port = Mailbox(), receivers.free_port()
        self.start_mail_server()
        self.pistis.text("subscription", "update", "mail", "--smtp",
                         f"smtp://127.0.0.1:{self.port}")
        self.assert_becomes(lambda: self.shown("mail")["delivered"] == "4", 60)
        self.assertEqual(
            [each.rcpt_tos[0] for each in self.box.mails],
            [f"{member}@mail.example" for member in ("nia", *others)],
        )
        shown = self.shown("mail")
        self.assertEqual((shown["waiting"], shown["trouble"]), ("0", ""))
        self.assertEqual(str(self.mails()[0]["from"]), FROM)

    def test_nobody_gets_a_mail_who_no_longer_wants_it(self):
        self.mail_server.stop()
        for member in ("nia", "bea", "max"):
            self.enrol(member, member, "en")
            self.sell(f"o-{member}", member)
        self.assert_becomes(lambda: self.shown("mail")["trouble"])
        self.update("nia", "consents", {"email": False})
        self.update("bea", "state", "SUSPENDED")
        self.start_mail_server()
        self.assert_becomes(lambda: self.box.mails, 60)
        self.assertEqual(
            [each.rcpt_tos for each in self.box.mails], [["max@mail.example"]]
        )

    def test_any_answer_that_takes_a_mail_counts(self):
        self.box.answers = ["251 taken for another"]
        self.enrol("nia", "Nia", "en")
        self.sell("o1", "nia")
        self.assert_becomes(lambda: self.shown("mail")["delivered"] == "1")
        self.assertEqual(self.box.mails, [], "it was sent again")

    def test_a_mail_without_an_answer_holds_up_no_other(self):
        self.box.closes_on = ("nia@mail.example",)
        for member in ("nia", "max"):
            self.enrol(member, member, "en")
            self.sell(f"o-{member}", member)
        self.assert_becomes(lambda: self.shown("mail")["delivered"] == "1")
        self.assertEqual(self.shown("mail")["waiting"], "1")

    def test_a_server_that_takes_its_time_gets_the_mail_once(self):
        self.box.pause = 33
        self.enrol("nia", "Nia", "en")
        self.sell("o1", "nia")
        self.assert_becomes(lambda: self.shown("mail")["delivered"] == "1", 60)
        time.sleep(1)
        self.assertEqual(len(self.box.mails), 1)

    def test_a_server_may_think_about_a_recipient(self):
        self.box.thinks = {"nia@mail.example": 33}
        for member in ("nia", "max"):
            self.enrol(member, member, "en")
            self.sell(f"o-{member}", member)
        self.assert_becomes(lambda: self.shown("mail")["delivered"] == "2", 90)
        self.assertEqual(len(self.box.mails), 2)

    @unittest.skipIf(not shutil.which("openssl"), "openssl is not installed")
    def test_a_certificate_that_a_server_made_itself_is_better_than_none(self):
        self.mail_server.stop()
        self.start_mail_server(tls_context=self.own_certificate())
        self.enrol("nia", "Nia", "en")
        self.sell("o1", "nia")
        self.assert_becomes(lambda: self.box.mails)
        self.assertTrue(self.box.was_encrypted)

    @unittest.skipIf(not shutil.which("openssl"), "openssl is not installed")
    def test_a_password_is_told_to_nobody_without_a_good_certificate(self):
        self.pistis.text("subscription", "delete", "mail")
        self.mail_server.stop()
        self.start_mail_server(tls_context=self.own_certificate())
        self.subscribe(
            *("--id", "secret", "--sender", FROM, "--user", "shop"),
            *("--smtp-password", "secret"),
            *("--smtp", f"smtp://127.0.0.1:{self.port}"),
        )
        self.enrol("nia", "Nia", "en")
        self.sell("o1", "nia")
        self.assert_becomes(lambda: self.shown("secret")["trouble"])
        self.assertIn("certificate", self.shown("secret")["trouble"])
        self.assertEqual(self.box.mails, [])


if __name__ == "__main__":
    unittest.main()
