"""The worked table of docs/algorithms/points.md, run row by row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.kernel.money import parse_yuan
from quanyu.modules.points import api as points
from quanyu.modules.points import rules
from quanyu.platform import db
from tests.harness import points as build

PAPER = Path(__file__).parents[3] / "docs" / "algorithms" / "points.md"
ROW = re.compile(r"^\| (\d{4}-\d\d-\d\d) \| `([^`]+)` \|(.+)\|$", re.MULTILINE)


@dataclass
class Story:
    """One member, and the orders and lots by the names of the table."""

    member: UUID = field(default_factory=build.make_member)
    orders: dict[str, UUID] = field(default_factory=dict)
    lots: dict[str, int] = field(default_factory=dict)
    deeds: int = 0

    def play(self, words: list[str], at: datetime) -> None:
        """Do what a row says."""
        self.deeds += 1
        match words:
            case ["earn", name, *rest]:
                bases = [parse_yuan(word) for word in rest if word != "pending"]
                mature_at = at + timedelta(days=7) if "pending" in rest else None
                self.orders[name] = build.earn(self.member, *bases, mature_at=mature_at, now=at)
                self.keep(name)
            case ["give", name, amount, "until", day]:
                build.give(self.member, int(amount), valid_until=rules.end_of(date.fromisoformat(day)), now=at)
                self.keep(name)
            case ["spend", name, amount]:
                self.orders[name] = uuid7()
                assert build.spend(self.member, int(amount), order_id=self.orders[name], now=at)
            case ["restore", name, amount]:
                cause = f"return {self.deeds}"
                assert build.restore(self.orders[name], int(amount), cause=cause, now=at) == int(amount)
            case ["return", name, "leaving", *rest]:
                lines = build.lines(*(parse_yuan(word) for word in rest))
                points.take_back(order_id=self.orders[name], lines=lines, cause=f"return {self.deeds}", now=at)
            case ["sweep"]:
                while points.expire_due(now=at) or points.mature_due(now=at):
                    pass
            case _:
                raise AssertionError(f"the paper says something new: {words}")

    def keep(self, name: str) -> None:
        """Remember the newest lot by its name."""
        self.lots[name] = max(lot.id for lot in points.lots(member_id=self.member))

    def figures(self, at: datetime) -> list[str]:
        """Return the figures of a row as the table has them."""
        rows = db.rows("SELECT id, remaining FROM points_lot WHERE member_id = %s", [self.member])
        left = {row["id"]: row["remaining"] for row in rows}
        lots = [str(left[self.lots[name]]) if name in self.lots else "" for name in "ABC"]
        return [*map(str, build.figures(self.member, now=at)), *lots]


def test_the_worked_table_is_what_happens() -> None:
    """Every row: usable, not yet, owed, and what is left in each lot."""
    rows = ROW.findall(PAPER.read_text("utf-8"))
    assert len(rows) == 13
    story = Story()
    for day, deed, cells in rows:
        at = datetime.combine(date.fromisoformat(day), datetime.min.time(), rules.STORE_ZONE) + timedelta(hours=12)
        story.play(deed.split(), at)
        assert story.figures(at) == [cell.strip() for cell in cells.split("|")], f"{day} {deed}"
