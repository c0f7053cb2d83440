"""Errors that a busy database answers with, at any statement: retried unseen or a clear 503, and no double effect."""

from __future__ import annotations

import pytest

from quanyu.platform import idempotency
from tests.harness import chaos
from tests.harness.asgi import ThroughAsgi
from tests.harness.chain import Chain, make_chain
from tests.harness.crowd import DOORS, Crowd
from tests.harness.faults import KILLED, RAISED, injected

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

FAULTS = chaos.count(1_000, daily=15)


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100_000)


@pytest.fixture(autouse=True)
def short_leases(monkeypatch):
    """A claim whose owner lost his connection is free again after a second instead of a minute."""
    monkeypatch.setattr(idempotency, "LEASE_S", 1)


@pytest.fixture(scope="module")
def sender():
    through = ThroughAsgi()
    yield through
    through.close()


@pytest.mark.parametrize("error", [*RAISED, KILLED])
def test_an_error_at_any_statement_of_an_order_is_retried_or_told_and_done_once(chain, sender, error):
    crowd = Crowd(chain, sender, dice=chaos.dice())
    for _ in range(FAULTS):
        intent = crowd.intend(crowd.dice.choice(DOORS), crowd.dice.randrange(4))
        nth = crowd.dice.randrange(1, 25)
        with injected(error, lambda _sql, seen, nth=nth: seen == nth):
            crowd.ask(intent)
    crowd.verify()


@pytest.mark.parametrize("error", RAISED[:2])
def test_what_the_order_path_may_try_again_is_never_seen(chain, sender, error):
    crowd = Crowd(chain, sender, dice=chaos.dice())
    for door in DOORS:
        intent = crowd.intend(door)
        with injected(error, lambda sql, _seen: "checkout_place_orders" in sql and not injection.hit) as injection:
            assert crowd.ask(intent), "the client got a clear answer"
        assert len(injection.hit) == 1
    assert crowd.acknowledged == {intent.id for intent in crowd.intents}
    crowd.verify()


def test_control_an_error_at_every_try_is_told(chain, sender):
    crowd = Crowd(chain, sender, dice=chaos.dice())
    intent = crowd.intend("mall")
    with injected("40001", lambda sql, _seen: "checkout_place_orders" in sql) as injection:
        assert not crowd.ask(intent), "busy, try again"
    assert len(injection.hit) >= 5
    assert crowd.raw == []
    crowd.verify()
