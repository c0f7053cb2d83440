"""The worked example of docs/algorithms/tiers.md, day by day."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path

from quanyu.modules.tiers import api as tiers
from quanyu.modules.tiers.rules import days
from quanyu.modules.tiers.rules.standing import ZONE
from tests.harness.tiers import make_member, refund, spend

PAPER = (Path(__file__).parents[3] / "docs" / "algorithms" / "tiers.md").read_text()
EXAMPLE = PAPER[PAPER.index("## Worked example") :]


def rows(text: str, columns: int) -> list[list[str]]:
    """Return the rows of the tables with so many columns, without headings."""
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return [row for row in found if len(row) == columns and not set(row[0]) <= {"-"}][1:]


def test_the_worked_example_is_what_happens():
    member = make_member()
    orders: dict[int, tuple[object, int]] = {}
    example = rows(EXAMPLE, 6)
    assert len(example) == 10
    for day, what, growth, window, tier, holds_to in example:
        at = datetime.combine(date.fromisoformat(day), datetime.min.time(), ZONE) + timedelta(hours=12)
        amounts = [int(amount) for amount in re.findall(r"\d+", what)]
        if what.startswith("buys"):
            orders[amounts[0]] = (spend(member, amounts[0], at), amounts[0])
        elif what.startswith("returns"):
            key = amounts[1] if len(amounts) > 1 else list(orders)[-1]
            order, left = orders[key]
            orders[key] = (order, left - amounts[0])
            assert refund(order, left_yuan=left - amounts[0], at=at) == amounts[0]
        else:
            tiers.settle_due(now=at, limit=10_000)
        standing = tiers.standing(member_id=member, now=at)
        last = None if standing.valid_until is None else (standing.valid_until - timedelta(seconds=1)).astimezone(ZONE)
        told = (str(standing.growth), str(standing.window_growth), standing.tier, f"{last.date() if last else '–'}")
        assert told == (growth, window, tier, holds_to), (day, what)


def test_the_tiers_of_the_paper_are_those_of_a_new_installation():
    told = {row[0].split()[0]: row[1:3] for row in rows(PAPER, 7)}
    for tier in tiers.tiers():
        needed, kept = told[tier.code]
        if tier.price_fen:
            assert needed == f"¥{tier.price_fen // 100}"
        else:
            assert (needed, kept) == (f"{tier.threshold:,}", f"{tier.keep_threshold:,}" if tier.keep_threshold else "–")


def test_the_birthdays_of_the_paper_are_celebrated_then():
    told = rows(PAPER, 4)
    assert len(told) == 6
    for born, calendar, year, celebrated in told:
        is_lunar = calendar.startswith("Chinese")
        found = days.celebrated_in(date.fromisoformat(born), is_lunar=is_lunar, year=int(year))
        assert found.isoformat() == celebrated
