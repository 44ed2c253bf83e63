#!/usr/bin/env python3
"""Turns the lines of pistis_bench into a markdown table of medians and ratios.

    table.py --command TEXT FILE

A line is: work, in flight, calls/s, p50, p99, max in microseconds, failed,
processor microseconds per call of the server and of the load; "-" where a value
is not known.
"""

import argparse
import os
import statistics
import sys
from collections import defaultdict

NAMES = {
    "empty": "empty call",
    "commit": "`CommitOrder`",
    "commit_budget": "`CommitOrder`, one budget for all tills",
    "quote": "`QuoteOrder`",
    "postgres": "PostgreSQL, simpler job, 10,000 balances",
    "postgres_sum": "PostgreSQL, simpler job, one balance",
}
IN_FLIGHT = (128, 512, 2048)
FIELDS = ("rate", "p50", "p99", "max", "failed", "server", "load")


def read(path):
    """By (work, in flight): the medians, with all rates, block by block."""
    runs = defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for line in file:
            work, in_flight, *values = line.rstrip("\n").split("\t")
            runs[work, int(in_flight)].append(values)
    medians = {}
    for key, lines in runs.items():
        row = {}
        for field, column in zip(FIELDS, zip(*lines)):
            known = [float(value) for value in column if value != "-"]
            row[field] = statistics.median(known) if known else None
        row["failed"] = sum(float(line[4]) for line in lines)
        row["rates"] = [float(line[0]) for line in lines]
        medians[key] = row
    return medians


def milliseconds(micros):
    """Microseconds as text in milliseconds."""
    return "" if micros is None else f"{micros / 1000:.1f}"


def rate_rows(medians):
    """The measured table, line by line."""
    yield (
        "| work | in flight | per second | p50 ms | p99 ms | max ms "
        "| server CPU µs | load CPU µs |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for (work, in_flight), row in medians.items():
        cells = [NAMES[work], str(in_flight), f"{row['rate']:,.0f}"]
        cells += [milliseconds(row[field]) for field in ("p50", "p99", "max")]
        cells += [
            "" if row[field] is None else f"{row[field]:.1f}"
            for field in ("server", "load")
        ]
        yield "| " + " | ".join(cells) + " |"


def median_ratio(rates, others):
    """Of each block, and of those the median: blocks differ in speed."""
    return statistics.median(
        rate / other for rate, other in zip(rates, others) if other
    )


def ratio_rows(medians):
    """The ratios that section 12 of the design asks for, line by line."""
    yield "| ratio, median of the blocks' | value |"
    yield "|---|---:|"
    rates = {key: row["rates"] for key, row in medians.items()}
    for work in ("commit", "quote"):
        for in_flight in IN_FLIGHT:
            wall = rates.get(("empty", in_flight))
            rate = rates.get((work, in_flight))
            if wall and rate:
                yield (
                    f"| {NAMES[work]} / empty call, {in_flight} in flight | "
                    f"{median_ratio(rate, wall):.0%} |"
                )
    for in_flight in IN_FLIGHT:
        without = rates.get(("commit", in_flight))
        rate = rates.get(("commit_budget", in_flight))
        if without and rate:
            yield (
                f"| {NAMES['commit_budget']} / none, {in_flight} in flight | "
                f"{median_ratio(rate, without):.0%} |"
            )
    for (work, _), postgres in rates.items():
        for in_flight in IN_FLIGHT if work.startswith("postgres") else ():
            rate = rates.get(("commit", in_flight))
            if postgres and rate:
                yield (
                    f"| {NAMES['commit']}, {in_flight} in flight / "
                    f"{NAMES[work]} | {median_ratio(rate, postgres):.1f}x |"
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--command", required=True)
    parser.add_argument("file")
    arguments = parser.parse_args()
    medians = read(arguments.file)
    blocks = max(len(row["rates"]) for row in medians.values())
    print(f"`{arguments.command.strip()}`: medians of {blocks}, "
          f"{os.cpu_count()} cores.\n")
    print("\n".join(rate_rows(medians)), end="\n\n")
    print("\n".join(ratio_rows(medians)))
    failed = sum(row["failed"] for row in medians.values())
    if failed:
        print(f"\n{failed:.0f} calls failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
