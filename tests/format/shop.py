"""One shop's calls, which leave something of every kind in a data folder, and
what is then known of it.

`python3 shop.py NAME` keeps the folder as NAME.tar.gz and what is known as
NAME.json. PISTIS_BIN_DIR says which programs write it: those of the format
version that it is to show.
"""

import json
import os
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import programs  # noqa: E402

RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
points:
  value: "0.01"
  redeem: {minimum: 5, step: 5}
margin:
  unknown_cost: {assume: "50%"}
  order: {max_discount: "50%"}
budgets:
  - {id: all, per: program, window: year, max_discount: "500.00"}
tiers:
  - {id: silver, qualify: {spend: "30.00"}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: tenth, discount: {percent: "10%"}, budget: all}
  - {id: first, when: member.orders == 1, note: thank-you, issue_code: again}
codes:
  - {id: again, discount: {amount: "1.00"}, uses: 1, bound_to_member: true}
notes:
  - id: thank-you
    channel: email
    text: {en: "Thank you, {{name}}! {{code}}"}
care:
  roles:
    - {id: till, grant_up_to: "5.00"}
  remedies:
    - {id: sorry, points: 20}
"""
FIRST_RULEBOOK = RULEBOOK.replace("10%", "5%")
OPEN = ("program", "create", "corner-shop", "--time-zone", "Europe/Athens")


def order(order_id, member, amount, **more):
    line = {
        "line_id": "1",
        "sku": "tea",
        "category": "drinks/tea",
        "quantity": 2,
        "amount_minor": amount,
    }
    return json.dumps(
        {"order_id": order_id, "member_id": member, "lines": [line], **more}
    )


def trade(pistis):
    """The calls."""
    pistis.text(*OPEN, "--currency", "EUR")
    pistis.text("rulebook", "publish", "-", stdin=FIRST_RULEBOOK)
    pistis.text("rulebook", "publish", "-", stdin=RULEBOOK)
    pistis.text("costs", "import", "-", stdin="sku,cost\ntea,1.5\n")
    for member in ("ann", "bo", "cy"):
        pistis.text(
            *("member", "create", "--id", member, "--name", f"{member} Li"),
            *("--card", f"4711-{member}", "--email", f"{member}@example.org"),
            *("--birthday", "1990-02-03", "--agrees", "email"),
        )
    for number in range(12):
        member = ("ann", "bo", "cy")[number % 3]
        sale = order(f"o{number}", member, 1000 + 100 * number)
        pistis.text("order", "commit", "-", stdin=sale)
    pistis.text("order", "refund", "o3", "--refund-id", "r3")
    pistis.text("order", "refund", "o6", "--refund-id", "r6", "--line", "1=1")
    held = order("o90", "bo", 2000)
    pistis.text("order", "hold", "-", "--reservation", "v1", stdin=held)
    pistis.text("order", "commit", "--reservation", "v1")
    paid = order("o91", "bo", 2000, redeem={"points": 10})
    pistis.text("order", "commit", "-", stdin=paid)
    pistis.text("points", "earn", "cy", "500", "--request-id", "e1")
    pistis.text("points", "redeem", "cy", "40", "--request-id", "e2")
    pistis.text(
        *("points", "adjust", "ann", "+7", "--reason", "a mistake"),
        *("--request-id", "e3"),
    )
    pistis.text("points", "transfer", "cy", "ann", "15", "--request-id", "e4")
    pistis.text("hold", "create", "cy", "30", "--id", "h1")
    pistis.text("hold", "capture", "h1", "--points", "10")
    pistis.text("code", "issue", "again", "--member", "cy", "--request-id", "c1")
    pistis.text(
        *("case", "open", "bo", "--category", "late", "--severity", "low"),
        *("--id", "k1", "--words", "It came late."),
    )
    pistis.text("case", "grant", "k1", "sorry", "--by", "kim", "--role", "till")
    pistis.text("subscription", "create", "--id", "s1", "--kind", "order_committed")
    pistis.text("member", "activity", "ann", "visited", "--request-id", "a1")
    # Since version 2.
    pistis.text("key", "create", "checkout", "--for", "corner-shop")
    pistis.text("member", "create", "--id", "dee", "--name", "Dee", "--card", "4")
    pistis.text("order", "commit", "-", stdin=order("o92", "dee", 3000))
    pistis.text("member", "erase", "dee", stdin="dee\n")


def known(pistis):
    """Answers that no later program may change."""
    answers = {}
    for words in (
        *(f"account show {member}" for member in ("ann", "bo", "cy")),
        *(f"account lots {member}" for member in ("ann", "bo", "cy")),
        *(f"account entries {member}" for member in ("ann", "bo", "cy")),
        *(f"order show {order_id}" for order_id in ("o0", "o3", "o6", "o91")),
        *("hold show h1", "case show k1", "rulebook list", "code list --member cy"),
        *("member lookup --card 4711-ann", "subscription list", "costs list"),
    ):
        answers[words] = pistis.json(*words.split())
    return answers


def make(name):
    server = programs.Server()
    pistis = programs.Pistis(server, "corner-shop")
    try:
        trade(pistis)
        time.sleep(6)  # A round of the jobs.
        answers = known(pistis)
    finally:
        server.process.terminate()
        server.process.wait(timeout=60)
    with tarfile.open(os.path.join(HERE, f"{name}.tar.gz"), "w:gz") as archive:
        for entry in sorted(os.listdir(server.path("data"))):
            # Its log, and what it locks itself with, are nobody's data.
            if entry.startswith("LOG") or entry in ("LOCK", "scratch"):
                continue
            archive.add(os.path.join(server.path("data"), entry), entry)
    with open(os.path.join(HERE, f"{name}.json"), "w", encoding="utf-8") as file:
        json.dump(answers, file, indent=1, sort_keys=True)
        file.write("\n")
    server.folder.cleanup()


if __name__ == "__main__":
    make(sys.argv[1])
