"""Earning times spending times returns times time: any sequence of deeds leaves the points a simple model predicts.

The model knows lots as plain numbers; the product must have the same figures, never one below zero, and books that
agree with each other after every deed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from quanyu.kernel.ids import uuid7
from quanyu.modules.points import api as points
from quanyu.modules.points import rules
from quanyu.platform import db
from tests.harness import points as build
from tests.harness.points import NOW

DAY = timedelta(days=1)
GRACE_DAYS = 30
some = st.integers(1, 60)
which = st.integers(0, 7)


@dataclass
class Lot:
    """What the model knows of a lot."""

    points: int
    left: int
    end: datetime
    matures: datetime | None = None
    expired: int = 0
    taken_back: int = 0


@dataclass
class Model:
    """A member's points as plain numbers."""

    lots: list[Lot] = field(default_factory=list)
    debt: int = 0

    def usable(self, now: datetime) -> list[Lot]:
        """Return the lots that can be spent, the first to end first."""
        return sorted((lot for lot in self.lots if lot.matures is None and lot.end > now), key=lambda lot: lot.end)

    def available(self, now: datetime) -> int:
        """Return what can be spent."""
        return sum(lot.left for lot in self.usable(now))

    def pending(self, now: datetime) -> int:
        """Return what is still to come."""
        return sum(lot.left for lot in self.lots if lot.matures is not None and lot.end > now)

    def draw(self, amount: int, now: datetime) -> list[tuple[Lot, int]]:
        """Take up to so many, the first to end first; return from where."""
        drawn = []
        for lot in self.usable(now):
            part = min(lot.left, amount - sum(taken for _, taken in drawn))
            lot.left -= part
            if part:
                drawn.append((lot, part))
        return drawn

    def settle(self, now: datetime) -> None:
        """Pay what is owed."""
        self.debt -= sum(part for _, part in self.draw(self.debt, now))

    def lapse(self, now: datetime) -> None:
        """End what has had its time."""
        for lot in self.lots:
            if lot.end <= now:
                lot.expired, lot.left = lot.expired + lot.left, 0


class PointsMachine(RuleBasedStateMachine):
    """One member, orders that earn, orders that spend, returns of both, and days that pass."""

    @initialize()
    def start(self) -> None:
        self.member = build.make_member()
        self.model = Model()
        self.now = NOW
        self.earners: list[tuple[object, Lot, int]] = []
        self.spenders: list[tuple[object, list[tuple[Lot, int]]]] = []
        self.deeds = 0

    @rule(amount=some, days=st.sampled_from([3, 40, 500]))
    def give(self, amount: int, days: int) -> None:
        build.give(self.member, amount, valid_until=self.now + days * DAY, now=self.now)
        self.model.lots.append(Lot(amount, amount, self.now + days * DAY))
        self.model.settle(self.now)

    @rule(yuan=some, wait=st.sampled_from([None, 7]))
    def earn(self, yuan: int, wait: int | None) -> None:
        matures = None if wait is None else self.now + wait * DAY
        order = build.earn(self.member, yuan * 100, mature_at=matures, now=self.now)
        lot = Lot(yuan, yuan, rules.expires_at(self.now), matures)
        self.model.lots.append(lot)
        self.earners.append((order, lot, yuan))
        self.model.settle(self.now)

    @rule(amount=some)
    def spend(self, amount: int) -> None:
        order, possible = uuid7(), self.model.available(self.now) >= amount
        assert build.spend(self.member, amount, order_id=order, now=self.now) is possible
        if possible:
            self.spenders.append((order, self.model.draw(amount, self.now)))

    @rule(pick=which, amount=st.one_of(st.none(), some))
    def restore(self, pick: int, amount: int | None) -> None:
        if not self.spenders:
            return
        order, drawn = self.spenders[pick % len(self.spenders)]
        self.deeds += 1
        back = build.restore(order, amount, cause=f"return {self.deeds}", now=self.now)
        still = sum(part for _, part in drawn)
        assert back == (still if amount is None else min(amount, still))
        if back:
            self.model.lapse(self.now)
            self._fill(drawn, back)
            self.model.settle(self.now)

    def _fill(self, drawn: list[tuple[Lot, int]], back: int) -> None:
        for index in reversed(range(len(drawn))):
            lot, part = drawn[index]
            filled = min(part, back)
            back -= filled
            drawn[index] = (lot, part - filled)
            if filled and lot.end <= self.now:
                lot.end = rules.end_of((self.now + GRACE_DAYS * DAY).astimezone(rules.STORE_ZONE).date())
            lot.left += filled

    @rule(pick=which, kept=st.integers(0, 100))
    def take_back(self, pick: int, kept: int) -> None:
        if not self.earners:
            return
        order, lot, yuan = self.earners[pick % len(self.earners)]
        self.deeds += 1
        keep = yuan * kept // 100
        taken = points.take_back(
            order_id=order, lines=build.lines(keep * 100), cause=f"return {self.deeds}", now=self.now
        )
        expired = lot.expired + (lot.left if lot.end <= self.now else 0)
        wanted = max(0, lot.points - lot.taken_back - expired - keep)
        assert taken == wanted
        self.model.lapse(self.now)
        if wanted:
            lot.taken_back += wanted
            own = min(wanted, lot.left)
            lot.left -= own
            rest = wanted - own
            self.model.debt += rest - sum(part for _, part in self.model.draw(rest, self.now))

    @rule(days=st.sampled_from([1, 8, 45, 400]))
    def days_pass(self, days: int) -> None:
        self.now += days * DAY

    @rule()
    def sweep(self) -> None:
        while points.expire_due(now=self.now) or points.mature_due(now=self.now):
            pass
        self.model.lapse(self.now)
        for lot in self.model.lots:
            if lot.matures is not None and lot.matures <= self.now < lot.end:
                lot.matures = None
        self.model.settle(self.now)

    @invariant()
    def figures_are_what_the_model_says(self) -> None:
        expected = (self.model.available(self.now), self.model.pending(self.now), self.model.debt)
        assert build.figures(self.member, now=self.now) == expected
        assert min(expected) >= 0

    @invariant()
    def the_books_agree(self) -> None:
        for view in ("account_ledger", "account_lots", "lot_ledger", "owner", "debt"):
            found = db.rows(f"SELECT * FROM points_breach_{view} WHERE member_id = %s", [self.member])
            assert found == []


def test_any_sequence_of_deeds_leaves_what_the_model_predicts() -> None:
    """Account = ledger = lots = model after every deed, and nothing is ever negative."""
    run_state_machine_as_test(
        PointsMachine,
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    for view in ("account_ledger", "account_lots", "lot_ledger", "spending", "owner", "debt"):
        assert db.rows(f"SELECT * FROM points_breach_{view}") == []
