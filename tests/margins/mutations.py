#!/usr/bin/env python3
"""Breaks the comparisons of caps and budgets by one unit, one after another:
each time some test of margin_test, or of operations_budgets_test for what is
not in engine/margin, must fail. By hand, a few minutes:

    tests/margins/mutations.py [BUILD]

BUILD (build/release) must hold both, built from the sources as they are. Works
on copies in a temporary folder. Exit code 1 where a break is not seen.
"""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPS, GUARD, EARNED, ROOM = (
    f"engine/margin/{name}.cc"
    for name in ("cap_room", "guard", "earned_room", "budget_room")
)
RULES = "engine/rules/budgets.cc"
EVENTS = "engine/rules/event_rules.cc"
USES = "engine/operations/budget_uses.cc"
WINDOWS = "engine/operations/window_sums.cc"


def of_scope(cap):
    """The cap of an order or a category allows a unit more."""
    return (
        CAPS,
        ".most = base.Most(),",
        f'.most = base.Most() + Money(name == "{cap}" ? 1 : 0),',
    )


def of_line(cap):
    """The same of a line's cap that is without tax."""
    return (
        CAPS,
        "MulDivDown(base.Most().value(),",
        f'(name == "{cap}" ? 1 : 0) + MulDivDown(base.Most().value(),',
    )


BREAKS = {
    "order max_discount": of_scope("max_discount"),
    "order max_share_of_margin": of_scope("max_share_of_margin"),
    "order min_margin": of_scope("min_margin"),
    "order max_discount_amount": (
        CAPS,
        ".most = *caps.max_discount_amount}",
        ".most = *caps.max_discount_amount + Money(1)}",
    ),
    "line never_below_cost": of_line("never_below_cost"),
    "line max_share_of_margin": of_line("max_share_of_margin"),
    "line min_margin": of_line("min_margin"),
    "line max_discount": (
        CAPS,
        'limit(base.Most(), "max_discount")',
        'limit(base.Most() + Money(1), "max_discount")',
    ),
    "line max_discount_amount": (
        CAPS,
        "limit(*caps.max_discount_amount,",
        "limit(*caps.max_discount_amount + Money(1),",
    ),
    "negative margin": (CAPS, "*cost > net)", "*cost > net + Money(1))"),
    "what is left of a line": (
        CAPS,
        "lines_[i].limit - lines_[i].discount)",
        "lines_[i].limit - lines_[i].discount + Money(1))",
    ),
    "what fits, too much": (
        CAPS,
        "<= limit.left();",
        "<= limit.left() + Money(1);",
    ),
    "what fits, too little": (CAPS, "<= limit.left();", "< limit.left();"),
    "shipping": (
        CAPS,
        "std::min(requested, limit.left());",
        "std::min(requested, limit.left() + Money(1));",
    ),
    "the base that is needed": (
        CAPS,
        "const Int128 needed = above + floor.value();",
        "const Int128 needed = above + floor.value() - 1;",
    ),
    "tax against the discount": (
        GUARD,
        "Money(MulDivUp(part.value()",
        "Money(MulDivDown(part.value()",
    ),
    "the minimum": (
        GUARD,
        "granted.amount < proposed.minimum",
        "granted.amount <= proposed.minimum",
    ),
    "redeemed points": (
        GUARD,
        "StepsWorthAtMost(policy, allowed, unit)",
        "StepsWorthAtMost(policy, allowed + Money(1), unit)",
    ),
    "earned points by line": (
        EARNED,
        "if (room.Most(worth, BenefitKind::kEarned) != worth) {",
        "if (false) {",
    ),
    "earned points, too few": (
        EARNED,
        "const Money allowed = SumOf(most);",
        "const Money allowed = SumOf(most) - Money(1);",
    ),
    "earned points, too many": (
        EARNED,
        "WholeWorth(value, most[i], unit)",
        "WholeWorth(value, most[i] + Money(1), unit)",
    ),
    "what budgets leave": (
        ROOM,
        "if (left) most = std::min(*left, most.value_or(*left));",
        "if (left) most = std::min(*left, most.value_or(*left)) + Money(1);",
    ),
    "what budgets leave is taken": (
        ROOM,
        "if (left) *left -= amount;",
        "if (left) *left -= amount - Amount(amount.is_positive() ? 1 : 0);",
    ),
    "points of budgets": (
        ROOM,
        "granted = std::min(granted, *room->points.left);",
        "granted = std::min(granted, *room->points.left + Points(1));",
    ),
    "a budget's discount": (
        RULES,
        "std::max(*most - use.discount, Money())",
        "std::max(*most - use.discount + Money(1), Money())",
    ),
    "a budget's points": (
        RULES,
        "std::max(*budget.max_points - use.points, Points())",
        "std::max(*budget.max_points - use.points + Points(1), Points())",
    ),
    "a budget's times": (RULES, "use.times >= *most", "use.times > *most"),
    "a part of sales": (
        RULES,
        "OfDown(std::max(use.sales, Money()))",
        "OfHalfUp(std::max(use.sales, Money()))",
    ),
    "points of events": (
        EVENTS,
        ": *left - taken->second.points);",
        ": *left - taken->second.points + Points(1));",
    ),
    "the charge": (
        USES,
        "use.set_discount_minor(gift.discount.value());",
        "use.set_discount_minor(gift.discount.value() - 1);",
    ),
    "what comes back": (
        USES,
        "const LimitRecord change = Minus(use.returned(), back);",
        "LimitRecord change = Minus(use.returned(), back);"
        "change.set_discount_minor(change.discount_minor() - 1);",
    ),
    "how much was told": (USES, ">= Int128{most} * percent", "> Int128{most} * percent"),
    "the days of a window, at once": (
        WINDOWS,
        "if (at > next.day() - length) {",
        "if (at >= next.day() - length) {",
    ),
    "the days that leave a window": (
        WINDOWS,
        "const int64_t gone = std::min(before, next.day() - length);",
        "const int64_t gone = std::min(before, next.day() - length - 1);",
    ),
    "the days of a window, late": (
        WINDOWS,
        "for (; first->day <= last.day - series.windows; ++first)",
        "for (; first->day < last.day - series.windows; ++first)",
    ),
    "the days of a window, anew": (
        WINDOWS,
        "if (day.day > last - length && day.day <= last)",
        "if (day.day >= last - length && day.day <= last)",
    ),
}


def run(command, **more):
    return subprocess.run(
        command, check=False, capture_output=True, text=True, **more
    )


def test_of(file):
    """The test that must see a break of the file."""
    in_margin = file.startswith("engine/margin/")
    return "margin_test" if in_margin else "operations_budgets_test"


class Build:
    """How a test is compiled and linked."""

    def __init__(self, folder, test):
        self.folder = folder
        commands = json.loads((folder / "compile_commands.json").read_text())
        self.compile = {
            os.path.relpath(each["file"], ROOT): shlex.split(each["command"])
            for each in commands
        }
        said = run(["ninja", "-C", folder, "-t", "commands", test])
        link = said.stdout.strip().splitlines()[-1]
        # "cmake -E echo && the link && ..." where there is more than the link.
        parts = [part for part in link.split("&&") if " -o " in part]
        self.link = shlex.split(parts[-1])

    def is_seen(self, file, text, scratch):
        source = scratch / pathlib.Path(file).name
        source.write_text(text)
        made = scratch / "broken.o"
        compile_ = self.compile[file][:]
        compile_[compile_.index("-o") + 1] = str(made)
        compile_[-1] = str(source)
        self.do(compile_)
        test = scratch / "broken_test"
        link = self.link[:]
        place = link.index("-o")
        link[place + 1] = str(test)
        # In front of the library, so that its own is not taken.
        self.do(link[:place] + [str(made)] + link[place:])
        done = run([test], env={**os.environ, "RC_PARAMS": "max_success=2000"})
        return done.returncode != 0

    def do(self, command):
        done = run(command, cwd=self.folder)
        if done.returncode != 0:
            sys.exit(done.stderr)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release")
    builds = {
        test: Build((ROOT / folder).resolve(), test)
        for test in {test_of(file) for file, _, _ in BREAKS.values()}
    }
    missed = 0
    with tempfile.TemporaryDirectory(prefix="pistis_") as scratch:
        for name, (file, whole, broken) in BREAKS.items():
            text = (ROOT / file).read_text()
            if text.count(whole) != 1:
                sys.exit(f"{name}: {whole!r} is not in {file}, or not once")
            seen = builds[test_of(file)].is_seen(
                file, text.replace(whole, broken), pathlib.Path(scratch)
            )
            missed += not seen
            print(f"{name}: {'seen' if seen else 'NOT SEEN'}", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
