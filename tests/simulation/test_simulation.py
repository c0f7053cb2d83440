"""Shoppers, tills, the payment provider, staff and the clock, by seed: in memory, and beside the real database."""

from __future__ import annotations

import pytest

from tests.harness import chaos
from tests.simulation import run
from tests.simulation.real import Room, open_room

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

SEEDS = chaos.count(20_000, daily=300)
DATABASE_SEEDS = chaos.count(500, daily=5)
# In one seed or another a rare thing is met, or the seeds have shown nothing about it.
BUGS = ("oversell", "forgets the goods", "books money twice", "keeps late money", "repeats order twice")


@pytest.fixture(scope="module")
def room() -> Room:
    return open_room()


def test_every_seed_keeps_stock_money_and_points_together_and_meets_every_rare_case():
    reached = run.run_many(range(SEEDS))
    assert {name: reached[name] for name in run.SOMETIMES if not reached[name]} == {}


@pytest.mark.parametrize("bug", BUGS)
def test_control_a_fault_planted_in_the_order_path_is_found(bug):
    with pytest.raises(run.Found):
        run.run_many(range(100), bugs=frozenset({bug}))


def test_the_product_does_what_the_model_does_step_by_step(room):
    reached = run.run_many(range(DATABASE_SEEDS), room=room)
    assert reached["stock short"] > 0


def test_control_a_model_that_differs_from_the_product_is_found(room):
    with pytest.raises(run.Found, match="--database") as found:
        run.run_many(range(20), room=room, bugs=frozenset({"tells nobody of cancellations"}))
    assert "the model has" in str(found.value)


def test_a_seed_replays_to_the_same_end():
    first, second = run.make_model(7), run.make_model(7)
    for model in (first, second):
        schedule = run.Schedule(7)
        for _ in range(run.STEPS):
            model.do(schedule.next(model))
    assert first.state() == second.state()
    assert first.reached == second.reached
