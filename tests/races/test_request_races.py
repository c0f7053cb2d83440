"""After-sale requests from many phones at once: never more than was sold; without the lock it is seen (AFT-01)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import AskCommand, AskedLine, RequestKind, RequestTooMuch
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.platform import db
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import place, stock_of, till_command
from tests.harness.members import make_member
from tests.harness.parallel import parallel

pytestmark = pytest.mark.race

CALLERS = 32
_LOCK = "orders_lock(v_order, ARRAY['completed']) IS NULL"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


@pytest.fixture(scope="module")
def member():
    return make_member()


def sold(chain: Chain, member, quantity: int = 3) -> Order:
    cash = quantity * MILK_FEN
    return place(till_command(chain.store, (chain.milk, quantity), cash_fen=cash, member_id=member.id))


def ask(order: Order, member, quantity: int = 1):
    wanted = AskCommand(uuid7(), order.id, RequestKind.RETURN, (AskedLine(1, quantity),), "quality")
    actor = Actor(kind=ActorKind.MEMBER, id=str(member.id))
    return aftersales.ask(command=wanted, member_id=member.id, actor=actor, now=system_clock.now())


def kinds(results: list[object]) -> Counter[str]:
    return Counter(one.code if isinstance(one, Problem) else type(one).__name__ for one in results)


def test_aft_01_32_requests_for_one_of_three_are_three(chain, member):
    order = sold(chain, member)
    results = parallel(CALLERS, lambda _index: ask(order, member))
    assert kinds(results) == {"Request": 3, RequestTooMuch.code: CALLERS - 3}
    assert len(aftersales.requests_of_orders(order_ids=[order.id])[order.id]) == 3


def test_aft_01_goods_taken_in_16_times_at_once_pay_once(chain, member):
    order = sold(chain, member)
    asked = ask(order, member, 2)
    aftersales.approve(request_id=asked.id, actor=SYSTEM, now=system_clock.now())
    before = stock_of(chain.store, chain.milk)[0]

    def receive(_index: int):
        return aftersales.receive(
            request_id=asked.id,
            restocks={1: "sellable"},
            location_id=chain.store.unit.id,
            actor=SYSTEM,
            now=system_clock.now(),
        )

    assert kinds(parallel(16, receive)) == {"Request": 1, "aftersales.request_moved": 15}
    assert orders.order(id=order.id).refunded_fen == 2 * MILK_FEN
    assert stock_of(chain.store, chain.milk)[0] == before + 2


@contextmanager
def _another() -> Iterator[psycopg.Cursor]:
    """A connection whose work is thrown away, and which waits for no lock."""
    with psycopg.connect(**connection.get_connection_params()) as held:
        cursor = held.cursor(row_factory=psycopg.rows.tuple_row)
        cursor.execute("SET lock_timeout = '300ms'")
        yield cursor
        held.rollback()


def _payload(order: Order, quantity: int) -> str:
    return db.value(
        "SELECT jsonb_build_object('id', %s::uuid, 'order_id', %s::uuid, 'kind', 'return', 'reason', 'quality', "
        "'text', '', 'store_id', %s::bigint, 'amount_fen', 0, 'return_id', %s::uuid, 'command_sha256', '00', "
        "'actor', 'system:test', 'at', now(), 'lines', jsonb_build_array(jsonb_build_object('number', 1, "
        "'quantity', %s::bigint)))::text",
        [uuid7(), order.id, order.selling_store_id, uuid7(), quantity],
    )


def _both_ask(order: Order, function: str) -> list[object]:
    """Two transactions ask for all that there is, the second while the first is open; both are thrown away."""
    answers: list[object] = []
    with _another() as first, _another() as second:
        for cursor in (first, second):
            try:
                cursor.execute(f"SELECT {function}(%s::jsonb)", [_payload(order, 3)])
                answers.append(str(cursor.fetchone()[0]).strip('"'))
            except psycopg.errors.LockNotAvailable:
                answers.append("waits")
    return answers


def test_aft_01_the_second_waits_for_the_first_and_without_the_lock_both_get_what_there_is_once(chain, member):
    order, unguarded = sold(chain, member), f"ask_{uuid7().hex}"
    definition = db.value("SELECT pg_get_functiondef('aftersales_ask(jsonb)'::regprocedure)")
    assert _LOCK in definition
    db.execute(definition.replace(_LOCK, "v_order IS NULL").replace("aftersales_ask(", f"{unguarded}("))
    try:
        assert _both_ask(order, "aftersales_ask") == ["asked", "waits"]
        assert _both_ask(order, unguarded) == ["asked", "asked"]
    finally:
        db.execute(f"DROP FUNCTION {unguarded}(jsonb)")
    assert aftersales.requests_of_orders(order_ids=[order.id]) == {}
