"""What a replay of a sales file must come to, computed without the engine.

For one simple rulebook: one point for each full 1.00 that a member pays, and
5 % off orders from 200.00. Money is whole pence; what comes back of a line is a
share of it, cumulative over all its returns and rounded down.
"""

import csv
import gzip
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

PROGRAM = "retail"
RULEBOOK = """\
program: retail
currency: GBP
time_zone: Europe/London
points:
  value: "0.01"
  refund_shortfall: negative
rules:
  - id: base
    earn: {points: 1, per: "1.00"}
  - id: big-basket
    when: order.subtotal >= amount("200.00")
    discount: {percent: "5%"}
"""
BIG_BASKET_MINOR = 20000
PERCENT_OFF = 5
EARN_PER_MINOR = 100


def half_up(number):
    """The nearest whole number to a fraction, a half upwards."""
    return (2 * number.numerator + number.denominator) // (
        2 * number.denominator
    )


def share_out(total, weights):
    """Shares by largest remainder, ties to the earlier one."""
    whole = sum(weights)
    if total == 0 or whole == 0:
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i)
    )
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


@dataclass
class Line:
    """A sold line and what has come back of it."""

    line_id: str
    sku: str
    price: Fraction
    quantity: int
    amount: int
    discount: int = 0
    returned: int = 0

    @property
    def paid(self):
        return self.amount - self.discount

    @property
    def returned_amount(self):
        return self.amount * self.returned // self.quantity

    def share_returned(self, of):
        """The part of `of` (the line's discount, say) that came back."""
        if self.amount == 0:
            return 0
        return of * self.returned_amount // self.amount

    def points_kept(self, points):
        """The part of the line's `points` that the rest of it keeps."""
        if self.returned == self.quantity:
            return 0
        if self.amount == 0:
            return points * (self.quantity - self.returned) // self.quantity
        return points * (self.amount - self.returned_amount) // self.amount


@dataclass
class Sale:
    """One committed order."""

    member: str
    lines: list = field(default_factory=list)

    @property
    def subtotal(self):
        return sum(line.amount for line in self.lines)

    @property
    def discount(self):
        return sum(line.discount for line in self.lines)

    @property
    def points_earned(self):
        if not self.member:
            return 0
        return sum(line.paid for line in self.lines) // EARN_PER_MINOR

    @property
    def points_kept(self):
        return sum(
            line.points_kept(points)
            for line, points in zip(self.lines, self.line_points)
        )

    @property
    def line_points(self):
        """What each line earned: shares of the whole by what it paid."""
        return share_out(
            self.points_earned, [line.paid for line in self.lines]
        )

    def price(self):
        """Grants the discount and shares it out by largest remainder."""
        subtotal = self.subtotal
        if subtotal < BIG_BASKET_MINOR:
            return
        total = half_up(Fraction(subtotal * PERCENT_OFF, 100))
        shares = share_out(total, [line.amount for line in self.lines])
        for line, share in zip(self.lines, shares):
            line.discount = share


@dataclass
class Expected:
    """The sums of a whole file."""

    sales: dict
    refunds: int
    unlinked_lines: int
    unlinked_units: int
    skipped_lines: int

    def stats(self):
        """By the names of ProgramStats."""
        sales = self.sales.values()
        lines = [line for sale in sales for line in sale.lines]
        kept = sum(sale.points_kept for sale in sales)
        return {
            "members": len({sale.member for sale in sales if sale.member}),
            "orders": len(sales),
            "refunds": self.refunds,
            "sales_minor": sum(line.amount for line in lines),
            "returned_minor": sum(line.returned_amount for line in lines),
            "discount_minor": sum(
                line.discount - line.share_returned(line.discount)
                for line in lines
            ),
            "redeemed_minor": 0,
            "margin_before_minor": 0,
            "points_issued": kept,
            "points_redeemed": 0,
            "points_expired": 0,
            "points_forgiven": 0,
            "points_outstanding": kept,
            "outstanding_worth_minor": kept,
            "codes_issued": 0,
            "codes_used": 0,
            "notes_requested": 0,
        }

    def gross(self):
        """Sums that are seen in the events alone."""
        sales = self.sales.values()
        lines = [line for sale in sales for line in sale.lines]
        return {
            "discount_minor": sum(sale.discount for sale in sales),
            "points_earned": sum(sale.points_earned for sale in sales),
            "points_clawed_back": sum(
                sale.points_earned - sale.points_kept for sale in sales
            ),
            "refund_minor": sum(
                line.share_returned(line.paid) for line in lines
            ),
        }


def read_rows(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _take_back(open_lines, wanted, fits):
    """Units of a member's article that come back, the latest first."""
    taken = defaultdict(int)
    for number, line in reversed(open_lines):
        units = min(wanted, line.quantity - line.returned)
        if units and fits(line):
            line.returned += units
            wanted -= units
            taken[number] += units
    return wanted, taken


class Shop:
    """Sells and takes back in the order of the file."""

    def __init__(self):
        self.sales = {}
        self.open_lines = defaultdict(list)
        self.refunds = set()
        self.unlinked_lines = self.unlinked_units = 0

    def sell(self, number, member, rows):
        sale = Sale(member)
        for row in rows:
            price, quantity = Fraction(row["UnitPrice"]), int(row["Quantity"])
            line = Line(
                row["LineId"],
                row["StockCode"],
                price,
                quantity,
                half_up(price * quantity * 100),
            )
            sale.lines.append(line)
            self.open_lines[member, line.sku].append((number, line))
        sale.price()
        self.sales[number] = sale

    def cancel(self, number, member, rows):
        for row in rows:
            wanted, price = -int(row["Quantity"]), Fraction(row["UnitPrice"])
            found = self.open_lines[member, row["StockCode"]] if member else []
            for fits in (lambda line: line.price == price, lambda line: True):
                wanted, taken = _take_back(found, wanted, fits)
                self.refunds.update((number, sale) for sale in taken)
            if wanted:
                self.unlinked_lines += 1
                self.unlinked_units += wanted


def expect(path):
    """What the replay of the file at `path` must come to."""
    invoices, skipped = {}, 0
    for row in read_rows(path):
        invoice = invoices.setdefault(row["InvoiceNo"], (row["InvoiceDate"], []))
        quantity = int(row["Quantity"])
        if row["InvoiceNo"].startswith("C"):
            keep = quantity < 0
        else:
            keep = quantity > 0 and Fraction(row["UnitPrice"]) >= 0
        if keep:
            invoice[1].append(row)
        else:
            skipped += 1
    shop = Shop()
    for number, (_, rows) in sorted(
        invoices.items(), key=lambda invoice: invoice[1][0]
    ):
        if not rows:
            continue
        member = rows[0]["CustomerID"]
        if number.startswith("C"):
            shop.cancel(number, member, rows)
        else:
            shop.sell(number, member, rows)
    return Expected(
        shop.sales,
        len(shop.refunds),
        shop.unlinked_lines,
        shop.unlinked_units,
        skipped,
    )
