"""What a process knows of flash sales without asking: who may try, what has not started, what is sold out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.flash import api as flash
from quanyu.modules.flash.contracts import (
    LimitReached,
    MembersOnly,
    NotStarted,
    OneAtATime,
    Pieces,
    QueueFull,
    Sale,
    SaleOver,
    SoldOut,
    TooManyTries,
    Wish,
)
from quanyu.modules.flash.ops import admission as ops
from quanyu.modules.flash.ops.admission import Admission
from quanyu.modules.flash.queries import kept, sales
from quanyu.modules.flash.rules.board import Board
from quanyu.modules.flash.rules.gate import Allowance, Limits
from quanyu.modules.inventory.contracts import Shortage, StockShort
from quanyu.platform import db
from quanyu.platform.marks import Reading, day_of
from tests.harness import organization
from tests.harness.flash import HOUR, NOW, make_member, make_sale, make_store_id, take_one, wish


class Clock:
    """Seconds that a test moves."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def admission(clock: Clock) -> Iterator[Admission]:
    made = Admission(clock=clock)
    yield made
    made._refused.clear()


def posted(admission: Admission, sale: Sale) -> Sale:
    """Let the admission read the sales."""
    read(admission)
    return sale


def read(admission: Admission) -> None:
    """Read as a batch of orders does."""
    reading = Reading()
    flash.want_sales(reading=reading, at=NOW)
    reading.read()
    admission.post(reading.of(kept.BOARD)[day_of(NOW)] or Board())


def short(sale: Sale, available: int = 0) -> StockShort:
    """Return what checkout is told when the stock is gone."""
    return StockShort([Shortage(1, sale.sku_id, 1, available)])


def told(admission: Admission, one: Wish) -> type[Problem] | None:
    """Return the kind of refusal from memory."""
    problem = admission.refusal(one, now=NOW)
    return type(problem) if problem else None


def test_only_the_items_places_channels_and_times_of_a_sale_are_bound(admission: Admission) -> None:
    """Anything else passes as if there were no sales."""
    region = organization.make_region()
    store_id, other_id = make_store_id(parent_id=region.id), make_store_id()
    sale = posted(admission, make_sale(unit_ids=[region.id], units_total=9))
    bound = wish(sale, uuid7(), store_id=store_id)
    free = (
        wish(sale, uuid7(), store_id=other_id),
        wish(sale, uuid7(), store_id=store_id, channel="pos"),
        wish(sale, uuid7(), store_id=store_id, pieces={sale.sku_id + 1: 1}),
    )
    assert admission.takes(bound, at=NOW) == (Pieces(sale.id, 1),)
    assert [admission.takes(one, at=NOW) for one in free] == [(), (), ()]
    assert admission.takes(bound, at=NOW + HOUR) == ()
    assert admission.takes(bound, at=NOW - HOUR - timedelta(seconds=1)) == ()


def test_sales_stops_and_new_stores_are_known_at_once(admission: Admission) -> None:
    """What is kept in memory is proven: nothing is sold under yesterday's board."""
    region = organization.make_region()
    sale = posted(admission, make_sale(unit_ids=[region.id], units_total=5))
    store_id = make_store_id(parent_id=region.id)
    one = wish(sale, uuid7(), store_id=store_id)
    assert admission.takes(one, at=NOW) == ()
    read(admission)
    assert admission.takes(one, at=NOW) == (Pieces(sale.id, 1),)
    board = admission.board
    take_one(sale, make_member())
    read(admission)
    assert admission.board is board  # an order moves a counter, and nobody reads the sales again for it
    flash.stop(sale_id=sale.id, reason="x", actor=SYSTEM, now=NOW)
    read(admission)
    assert admission.takes(one, at=NOW) == ()


def test_what_is_plain_is_said_without_asking(admission: Admission) -> None:
    """Not started (with the moment), nobody's order, more than one member may have."""
    coming = make_sale(starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    running = posted(admission, make_sale(per_member_limit=2))
    problem = admission.refusal(wish(coming, uuid7()), now=NOW)
    assert isinstance(problem, NotStarted)
    assert (problem.status, problem.field) == (409, "lines.0.sku_id")
    assert problem.params == {"sale_id": coming.id, "starts_at": (NOW + HOUR).isoformat()}
    assert told(admission, wish(running, None)) is MembersOnly
    assert told(admission, wish(running, uuid7(), 3)) is LimitReached
    assert told(admission, wish(running, uuid7(), 2)) is None


def test_a_member_with_many_tabs_is_one(admission: Admission) -> None:
    """While one order is on its way a second is told to wait; it passes when the first has its answer."""
    sale, member = posted(admission, make_sale()), uuid7()
    with admission.admit(wish(sale, member), household=None, now=NOW):
        with (
            pytest.raises(OneAtATime) as refusal,
            admission.admit(wish(sale, member), household=None, now=NOW),
        ):
            pass
        with admission.admit(wish(sale, uuid7()), household=None, now=NOW):
            pass
    assert (refusal.value.status, refusal.value.params) == (429, {"retry_after_s": 1})
    with admission.admit(wish(sale, member), household=None, now=NOW):
        pass


def test_a_failed_try_leaves_the_queue(clock: Clock) -> None:
    """Whatever becomes of an order, its place is free afterwards."""
    admission = Admission(Limits(queue_max=1), clock)
    sale = posted(admission, make_sale())
    failing = admission.admit(wish(sale, uuid7()), household=None, now=NOW)
    failing.__enter__()
    with pytest.raises(QueueFull), admission.admit(wish(sale, uuid7()), household=None, now=NOW):
        pass
    failure = ZeroDivisionError()
    assert failing.__exit__(ZeroDivisionError, failure, None) is False
    with admission.admit(wish(sale, uuid7()), household=None, now=NOW):
        pass


def test_an_address_shares_its_allowance(clock: Clock) -> None:
    """Hosts of one IPv6 line are one household; who asks for nothing under sale is not counted."""
    admission = Admission(Limits(household=Allowance(burst=2, per_s=0.1)), clock)
    sale = posted(admission, make_sale())
    plain = Wish(uuid7(), "mall", 1, "pickup", uuid7(), {sale.sku_id + 1: 1})
    for one in (plain, plain, plain, wish(sale, uuid7()), wish(sale, uuid7())):
        with admission.admit(one, household="2001:db8::1", now=NOW):
            pass
    with pytest.raises(TooManyTries), admission.admit(wish(sale, uuid7()), household="2001:db8::2", now=NOW):
        pass


def test_sold_out_is_told_from_memory_until_pieces_come_back(admission: Admission, clock: Clock) -> None:
    """At that store and way of delivery; elsewhere the stock is another one. One asks again after a second."""
    sale = posted(admission, make_sale())
    admission.learn(wish(sale, uuid7()), short(sale), now=NOW)
    assert told(admission, wish(sale, uuid7())) is SoldOut
    assert told(admission, wish(sale, uuid7(), store_id=2)) is None
    assert told(admission, wish(sale, uuid7(), delivery="express")) is None
    clock.now_s += 1
    prober = wish(sale, uuid7())
    assert [told(admission, prober), told(admission, wish(sale, uuid7()))] == [None, SoldOut]
    admission.learn(prober, None, now=NOW)
    assert told(admission, wish(sale, uuid7())) is None
    admission.learn(wish(sale, uuid7()), short(sale), now=NOW)
    admission.came_back([sale.sku_id])
    assert told(admission, wish(sale, uuid7())) is None


def test_the_pieces_in_all_end_everywhere(admission: Admission) -> None:
    """When the sale as a whole is sold out, it is so at every store."""
    sale = posted(admission, make_sale(units_total=1))
    one = wish(sale, uuid7())
    refused = ops.refused_by_database(
        one, {"sale_id": sale.id, "reason": "sold_out", "left": 0}, board=admission.board, now=NOW
    )
    admission.learn(one, refused, now=NOW)
    assert told(admission, wish(sale, uuid7(), store_id=2, delivery="express")) is SoldOut


def test_one_who_was_refused_for_another_reason_does_not_keep_the_others_waiting(
    admission: Admission, clock: Clock
) -> None:
    """The one who looks again may be above his limit: the next one looks at once."""
    sale = posted(admission, make_sale())
    admission.learn(wish(sale, uuid7()), short(sale), now=NOW)
    clock.now_s += 1
    prober = wish(sale, uuid7())
    assert told(admission, prober) is None
    admission.learn(prober, LimitReached(sale_id=sale.id, limit=1, left=0), now=NOW)
    assert told(admission, wish(sale, uuid7())) is None


def test_another_item_that_is_short_closes_nothing(admission: Admission) -> None:
    """The bread of the same order was missing; the hot item is there."""
    sale = posted(admission, make_sale())
    admission.learn(wish(sale, uuid7()), StockShort([Shortage(1, sale.sku_id + 1, 1, 0)]), now=NOW)
    assert told(admission, wish(sale, uuid7())) is None


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"reason": "limit_reached", "left": 1}, LimitReached),
        ({"reason": "sold_out"}, SoldOut),
        ({"reason": "members_only"}, MembersOnly),
        ({"reason": "not_started"}, NotStarted),
        ({"reason": "over"}, SaleOver),
    ],
)
def test_every_reason_of_the_database_has_its_words(
    admission: Admission, answer: dict[str, object], problem: type[Problem]
) -> None:
    """All of them are conflicts, also when the sale has left the board meanwhile."""
    sale = posted(admission, make_sale(per_member_limit=3))
    one = wish(sale, uuid7())
    for board in (admission.board, Admission().board):
        found = ops.refused_by_database(one, {"sale_id": sale.id} | answer, board=board, now=NOW)
        assert (type(found), found.status) == (problem, 409)
    if problem is LimitReached:
        known = ops.refused_by_database(one, {"sale_id": sale.id} | answer, board=admission.board, now=NOW)
        assert known.params == {"sale_id": sale.id, "limit": 3, "left": 1}


def test_refused_tries_are_counted_for_the_screen(admission: Admission, clock: Clock) -> None:
    """By their code, over all processes, written down every few seconds and when somebody looks."""
    sale, member = posted(admission, make_sale()), uuid7()
    with admission.admit(wish(sale, member), household=None, now=NOW):
        for _ in range(2):
            with pytest.raises(OneAtATime), admission.admit(wish(sale, member), household=None, now=NOW):
                pass
    admission.learn(wish(sale, uuid7()), short(sale), now=NOW)
    told(admission, wish(sale, uuid7()))
    clock.now_s += 4
    read(admission)
    admission.learn(wish(sale, uuid7()), LimitReached(limit=1, left=0), now=NOW)
    admission.write_down()
    assert sales.figures(sale_ids=[sale.id])[sale.id].refused == {
        "flash.one_at_a_time": 2,
        "flash.sold_out": 2,
        "flash.limit_reached": 1,
    }


def test_a_store_shows_its_sales_with_what_is_left() -> None:
    """Running ones and those to come, the first to start first, with the figures of the pieces in all."""
    region = organization.make_region()
    store_id = make_store_id(parent_id=region.id)
    later = make_sale(unit_ids=[store_id], starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    running = make_sale(unit_ids=[region.id], units_total=5, per_member_limit=2)
    make_sale(unit_ids=[make_store_id()])
    db.execute("UPDATE flash_sale SET taken = 5 WHERE id = %s", [running.id])
    try:
        shown = [one for one in flash.at_store(store_id=store_id, channel="mall", now=NOW) if one.sale.unit_ids]
        assert [(one.sale.id, one.state.value, one.sold_out, one.left) for one in shown] == [
            (running.id, "running", True, 0),
            (later.id, "announced", False, None),
        ]
    finally:
        db.execute("UPDATE flash_sale SET taken = 0 WHERE id = %s", [running.id])


def test_a_try_costs_no_query(admission: Admission) -> None:
    """Admission and refusals are memory."""
    sale, member = posted(admission, make_sale()), UUID(int=1)
    with CaptureQueriesContext(connection) as queries:
        with admission.admit(wish(sale, member), household="10.0.0.1", now=NOW):
            admission.refusal(wish(sale, member), now=NOW)
        admission.learn(wish(sale, member), short(sale), now=NOW)
    assert len(queries) == 0
