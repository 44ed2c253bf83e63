#!/usr/bin/env python3
"""What members are told, on the command line, with the card for the parcel."""

import json
import os
import tempfile
import unittest

import programs

RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
rules:
  - {id: card, issue_code: ten, note: card}
  - {id: mail, note: mail}
codes:
  - {id: ten, discount: {percent: "10%"}, format: {prefix: TY}}
notes:
  - id: card
    channel: print
    subject: {en: "Thank you, {{name}}", ru: "Спасибо, {{name}}!"}
    text: {en: "Your code: {{code}}", ru: "Ваш код: {{code}}"}
  - id: mail
    channel: email
    kind: thank-you
    text: {en: "Dear {{name}}", el: "Αγαπητή {{name}}"}
contact: {max: 1, window: 7d}
"""


class NotesTest(unittest.TestCase):
    def setUp(self):
        self.server = programs.Server()
        self.addCleanup(self.server.close)
        self.pistis = programs.Pistis(self.server, "corner-shop")
        self.pistis.text("program", "create", "corner-shop", "--time-zone",
                         "Europe/Athens", "--currency", "EUR")
        self.pistis.text("rulebook", "publish", "-", stdin=RULEBOOK)
        self.pistis.text("member", "create", "--id", "ann", "--name", "Анна",
                         "--language", "ru", "--time-zone", "Europe/Athens",
                         "--send-email-to", "ann@example.org", "--agrees", "email")
        for order_id in ("o1", "o2"):
            order = {"order_id": order_id, "member_id": "ann",
                     "lines": [{"line_id": "l1", "quantity": 1, "amount_minor": 1000}]}
            self.pistis.text("order", "commit", "-", stdin=json.dumps(order))

    def notes(self, *arguments):
        return [(note["note_id"], note["state"], note["reason"])
                for note in self.pistis.json("note", "list", *arguments)]

    def test_what_was_sent_and_held_back_is_listed(self):
        self.assertEqual(self.notes("--member", "ann"), [
            ("o1/card", "REQUESTED", ""), ("o1/mail", "REQUESTED", ""),
            ("o2/card", "REQUESTED", ""), ("o2/mail", "HELD_BACK", "contact_cap")])
        self.assertEqual(self.notes("--state", "held-back"),
                         [("o2/mail", "HELD_BACK", "contact_cap")])
        self.assertIn("contact_cap", self.pistis.text("note", "list"))
        self.assertIn("nothing is wrong", self.pistis.text("verify"))

    def test_the_event_says_what_and_where_to(self):
        sent = [event["note_requested"] for event in self.pistis.json("events")
                if "note_requested" in event]
        mail = next(note for note in sent if note["note_id"] == "o1/mail")
        self.assertEqual(mail["address"], "ann@example.org")
        self.assertEqual(mail["text"], "Dear Анна")

    def test_a_preview_warns_of_a_missing_language(self):
        shown = self.pistis.text("note", "preview", "mail", "--language", "ru",
                                 "--value", "name=Иван")
        self.assertIn("Dear Иван", shown)
        self.assertIn("there is no text in ru", shown)
        refused = self.pistis.run("note", "preview", "mail", "--value", "nmae=x")
        self.assertEqual(refused.returncode, 1)
        self.assertIn('did you mean "name"?', refused.stderr)

    def test_the_card_is_the_same_pdf_each_time(self):
        cards = []
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a.pdf", "b.pdf"):
                path = os.path.join(folder, name)
                self.pistis.text("note", "card", "o1/card", path)
                with open(path, "rb") as file:
                    cards.append(file.read())
        self.assertTrue(cards[0].startswith(b"%PDF-"))
        self.assertEqual(cards[0], cards[1])

    def test_what_a_member_says_of_being_written_to_is_kept(self):
        shown = self.pistis.json("member", "update", "ann", "--declines", "email",
                                 "--agrees", "sms", "--send-sms-to", "+306900000000")[0]
        self.assertEqual(shown["consents"], {"email": False, "sms": True})
        self.assertEqual(shown["addresses"], {"sms": "+306900000000"})
        self.assertEqual(shown["time_zone"], "Europe/Athens")
        refused = self.pistis.run("member", "update", "ann", "--time-zone", "Atlantis")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("member.time_zone", refused.stderr)


if __name__ == "__main__":
    unittest.main()
