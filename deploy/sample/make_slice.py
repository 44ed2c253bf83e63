#!/usr/bin/env python3
"""Makes the sample slice from the whole UCI Online Retail file.

    make_slice.py ONLINE_RETAIL.csv[.gz] [SLICE.csv.gz]

Keeps whole customers and whole guest invoices, chosen by a hash of their
number, with every line they have over the year, cancellations included. Lines
are copied as they are, in their order. The same input gives the same bytes.
"""

import argparse
import collections
import csv
import gzip
import hashlib
import io
import os
import sys

CUSTOMERS_KEPT_OF_10000 = 300
GUEST_INVOICES_KEPT_OF_10000 = 220
# A customer with more lines would weigh too much in so small a slice.
MOST_LINES_OF_A_CUSTOMER = 1000


def draw(kind, number):
    """A number from 0 to 9999 that depends on `kind` and `number` alone."""
    digest = hashlib.sha256(f"{kind}:{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 10000


def choose(rows):
    """The rows of the customers and guest invoices that the slice holds."""
    lines = collections.Counter(row["CustomerID"] for row in rows)

    def is_kept(row):
        customer, invoice = row["CustomerID"], row["InvoiceNo"]
        if not customer:
            return draw("invoice", invoice) < GUEST_INVOICES_KEPT_OF_10000
        return (
            lines[customer] <= MOST_LINES_OF_A_CUSTOMER
            and draw("customer", customer) < CUSTOMERS_KEPT_OF_10000
        )

    return [row for row in rows if is_kept(row)]


def open_text(path):
    opener = gzip.open if path.endswith(".gz") else open
    return opener(path, "rt", encoding="utf-8", newline="")


def write_slice(path, columns, rows):
    """Writes `rows` as gzip; no time stamp, so that equal rows mean equal bytes."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with open(path, "wb") as file:
        with gzip.GzipFile("", "wb", 9, fileobj=file, mtime=0) as packed:
            packed.write(text.getvalue().encode())


def describe(rows):
    """What the slice holds, a line each."""
    invoices = {row["InvoiceNo"]: row["CustomerID"] for row in rows}
    orders = collections.Counter(
        customer
        for invoice, customer in invoices.items()
        if not invoice.startswith("C")
    )
    guests = orders.pop("", 0)
    customers = {customer for customer in invoices.values() if customer}
    yield f"{len(rows)} lines, {len(invoices)} invoices"
    yield f"{sum(i.startswith('C') for i in invoices)} cancellations"
    yield f"{len(customers)} customers, {guests} guest sales"
    yield f"{sum(n >= 5 for n in orders.values())} customers with 5 sales or more"
    yield f"{sum(n >= 10 for n in orders.values())} customers with 10 sales or more"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", help="the whole file, CSV or gzip of it")
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument(
        "slice",
        nargs="?",
        default=os.path.join(here, "online_retail_slice.csv.gz"),
        help="where to write the slice",
    )
    arguments = parser.parse_args()
    with open_text(arguments.source) as file:
        reader = csv.DictReader(file)
        rows = choose(list(reader))
    write_slice(arguments.slice, reader.fieldnames, rows)
    print("\n".join(describe(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
