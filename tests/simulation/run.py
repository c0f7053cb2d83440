"""Run a seed: the schedule drives the model, and the database beside it when one is given."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from quanyu.modules.promotions.contracts import PointsFacts
from tests.simulation.model import Model
from tests.simulation.steps import SHOPPERS, SKUS, Schedule, Step

if TYPE_CHECKING:
    from tests.simulation.real import Room

STEPS = 300
DATABASE_STEPS = 80
CHECK_EVERY = 10
START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # a Monday afternoon in Shanghai
SPENDING = PointsFacts(wanted=0, balance=10**12, points_per_yuan=100, cap_bp=5_000)

# What a night of runs must have met, else it has shown nothing about it.
SOMETIMES = (
    "late payment after release",
    "order revived",
    "goods or points gone before late money",
    "refund racing capture",
    "paid twice",
    "retry after unknown commit",
    "retry after lost request",
    "last unit race",
    "stock short",
    "sold out before payment",
    "order expired",
    "id used for another order",
    "payment asked for again",
    "notification repeated",
    "wrong amount",
    "provider silent",
    "points short",
    "partial return after points",
    "return repeated",
    "refund's answer lost",
)


@dataclass(eq=False)
class Found(Exception):
    """A run in which something was wrong: the seed replays it."""

    seed: int
    steps: int
    number: int
    step: Step
    what: str
    database: bool

    def __str__(self) -> str:
        on = " --database" if self.database else ""
        return (
            f"seed {self.seed}, step {self.number}: {self.step}\n{self.what}\n"
            f"replay: python -m tests.simulation --seed {self.seed} --steps {self.steps}{on}"
        )


def run(
    seed: int, *, steps: int | None = None, room: Room | None = None, bugs: frozenset[str] = frozenset()
) -> Counter[str]:
    """Run one seed to the end and return how often each rare thing was met. Raises :class:`Found`."""
    steps = steps or (STEPS if room is None else DATABASE_STEPS)
    model = make_model(seed, room=room, bugs=bugs)
    schedule = Schedule(seed)
    if room is None:
        _play(model, schedule, seed=seed, steps=steps)
    else:
        _play_on(room, model, schedule, seed=seed, steps=steps)
    return model.reached


def run_many(
    seeds: Iterable[int], *, steps: int | None = None, room: Room | None = None, bugs: frozenset[str] = frozenset()
) -> Counter[str]:
    """Run seeds one after the other, each from the beginning; return what all of them met. Raises :class:`Found`."""
    return sum((run(seed, steps=steps, room=room, bugs=bugs) for seed in seeds), Counter[str]())


def make_model(seed: int, *, room: Room | None = None, bugs: frozenset[str] = frozenset()) -> Model:
    """Return the shop of a seed before anything has happened."""
    drawn = random.Random(f"shop {seed}")
    spending = SPENDING
    if room is not None:
        rule = room.spending()
        spending = PointsFacts(0, SPENDING.balance, rule.points_per_yuan, rule.cap_bp, least=rule.least, step=rule.step)
    return Model(
        start=START,
        prices=tuple(drawn.choice((199, 650, 1_280, 8_800)) for _ in range(SKUS)),
        stock=tuple(drawn.randrange(2, 9) for _ in range(SKUS)),
        balances=tuple(drawn.choice((50, 350, 700)) for _ in range(SHOPPERS)),
        spending=spending,
        bugs=bugs,
    )


def _play(model: Model, schedule: Schedule, *, seed: int, steps: int) -> None:
    for number in range(steps):
        step = schedule.next(model)
        try:
            model.do(step)
            if number % CHECK_EVERY == 0 or number == steps - 1:
                model.check()
        except AssertionError as failure:
            raise Found(seed, steps, number, step, str(failure), database=False) from failure


def _play_on(room: Room, model: Model, schedule: Schedule, *, seed: int, steps: int) -> None:
    from tests.harness.gateway import memory_gateway
    from tests.simulation.real import Real, TellingGateway

    gateway = TellingGateway()
    with memory_gateway(gateway=gateway):
        real = Real(room, model, gateway)
        for number in range(steps):
            step = schedule.next(model)
            try:
                expected, got = model.do(step), real.do(step)
                assert got == expected, f"the model expects {expected!r}, the product answers {got!r}"
                model.check()
                expected_state, found_state = model.state(), real.state()
                for part, expected_part in expected_state.items():
                    assert found_state[part] == expected_part, _difference(part, expected_part, found_state[part])
            except AssertionError as failure:
                raise Found(seed, steps, number, step, str(failure), database=True) from failure


def _difference(part: str, expected: object, found: object) -> str:
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = [key for key in {*expected, *found} if expected.get(key) != found.get(key)]
        expected, found = ({key: side.get(key) for key in keys} for side in (expected, found))
    return f"{part}: the model has {expected}, the database {found}"
