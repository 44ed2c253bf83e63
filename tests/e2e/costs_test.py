#!/usr/bin/env python3
"""What articles cost, on the command line, and what sales see of it."""

import json
import unittest

import programs

RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
margin:
  unknown_cost: {refuse_discounts: true}
  order: {max_discount: "40%"}
  line: {never_below_cost: true}
rules:
  - {id: half, discount: {percent: "50%"}}
"""
OPEN = ("program", "create", "corner-shop", "--time-zone", "Europe/Athens")


def order(order_id, *skus):
    lines = [
        {"line_id": sku, "sku": sku, "quantity": 3, "amount_minor": 1000}
        for sku in skus
    ]
    return json.dumps({"order_id": order_id, "lines": lines})


class CostsTest(unittest.TestCase):
    def setUp(self):
        self.server = programs.Server()
        self.addCleanup(self.server.close)
        self.pistis = programs.Pistis(self.server, "corner-shop")
        self.pistis.text(*OPEN, "--currency", "EUR")

    def publish(self):
        self.pistis.text("rulebook", "publish", "-", stdin=RULEBOOK)

    def import_costs(self, *rows, head="sku,cost,valid_from"):
        text = "\n".join([head, *rows]) + "\n"
        return self.pistis.run("costs", "import", "-", stdin=text)

    def costs(self, *arguments):
        return [
            (each["sku"], each["cost"], each.get("valid_from", ""))
            for each in self.pistis.json("costs", "list", *arguments)
        ]

    def test_a_sale_sees_the_costs_of_its_time_and_keeps_them(self):
        self.publish()
        done = self.import_costs("tea,2.00,", "tea,2.60,2020-01-01", "mug,0.3334,")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(
            done.stdout, "3 costs added, 0 replaced; the catalogue has 3\n"
        )
        sold = self.pistis.json(
            "order", "commit", "-", stdin=order("a", "tea", "mug", "hat"))[0]
        quote = sold["quote"]
        self.assertEqual(quote["margin"]["cost_minor"], str(780 + 101 + 1000))
        self.assertEqual(quote["discount_minor"], str(220 + 500))
        bound = {cap["line_id"]: cap for cap in quote["caps"]}
        self.assertEqual(bound["tea"]["base_minor"], "1000")
        self.assertEqual(bound["tea"]["needed_base_minor"], "1280")
        self.assertNotIn("base_minor", bound["hat"])
        self.import_costs("tea,9.00,2020-01-01")
        explained = self.pistis.json("order", "explain", "a")[0]
        self.assertEqual(explained["margin"], quote["margin"])
        self.assertIn("nothing is wrong", self.pistis.text("verify"))

    def test_the_receipt_says_what_to_buy_for_the_whole_discount(self):
        self.publish()
        self.import_costs("tea,0,", "mug,0,")
        self.pistis.text("order", "commit", "-", stdin=order("a", "tea", "mug"))
        receipt = self.pistis.text("order", "show", "a", "--receipt")
        self.assertIn("  buy 5.00 more for all of it\n", receipt)

    def test_a_long_file_goes_in_batches_and_may_be_run_again(self):
        self.publish()
        rows = [f"sku-{i:05d},{i}.125," for i in range(2500)]
        first = self.import_costs(*rows)
        self.assertIn("2500 costs added, 0 replaced", first.stdout)
        again = self.import_costs(*rows)
        self.assertIn("0 costs added, 2500 replaced", again.stdout)
        self.assertEqual(
            self.costs(), [(f"sku-{i:05d}", f"{i}.125", "") for i in range(2500)]
        )
        self.assertEqual(self.costs("--sku", "sku-00007"),
                         [("sku-00007", "7.125", "")])
        self.assertRegex(self.pistis.text("costs", "list"),
                         r"sku-02499 +2499\.125 +ever\n")

    def test_a_file_that_cannot_be_read_imports_nothing_and_names_the_line(self):
        self.publish()
        for rows, problem in (
            (("tea,1,", "tea,2,"), "line 3: it is of the same article and time"),
            (("tea,1,", "mug,1.0000001,"), 'line 3: its cost "1.0000001"'),
            (("tea,1,soon",), 'line 2: its valid_from "soon"'),
            (("x" * 129 + ",1,",), "line 2; "),
        ):
            done = self.import_costs(*rows)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(problem, done.stderr)
        self.assertEqual(self.costs(), [])
        wrong = self.import_costs("tea,1", head="sku,price")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("no column cost", wrong.stderr)

    def test_costs_may_be_stated_before_the_first_rulebook(self):
        self.assertEqual(self.import_costs("tea,2.00,").returncode, 0)
        dated = self.import_costs("tea,3.00,2020-01-01")
        self.assertEqual(dated.returncode, 2)
        self.assertIn("time zone", dated.stderr)
        self.assertEqual(self.costs(), [("tea", "2.00", "")])


if __name__ == "__main__":
    unittest.main()
