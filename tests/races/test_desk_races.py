"""Two people at their desks decide about the same thing at once: one does, the other hears of it.

A page is published, a request approved and refused, an invoice asked for. Each guard is taken away and must be missed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import AskCommand, AskedLine, Request, RequestKind
from quanyu.modules.aftersales.ops import request_steps
from quanyu.modules.mall import api as mall
from quanyu.modules.mall.contracts.window import Block
from quanyu.modules.mall.ops import arrange_page
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import InvoiceKind, InvoiceWish, Order
from quanyu.modules.orders.ops import answer_invoices
from quanyu.platform import db
from tests.harness import organization
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import place, till_command
from tests.harness.members import make_member
from tests.harness.parallel import PATIENCE_S, parallel, until_waiting

pytestmark = pytest.mark.race
EDITORS = 8
CUSTOMERS = 16


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


@pytest.fixture(scope="module")
def member():
    return make_member()


def codes(results: list[object]) -> Counter[str]:
    return Counter(one.code if isinstance(one, Problem) else type(one).__name__ for one in results)


@contextmanager
def held(sql: str, key: object) -> Iterator[None]:
    """Keep a row locked for the time of the block."""
    is_held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                db.value(sql, [key])
                is_held.set()
                let_go.wait(PATIENCE_S)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(hold)
        assert is_held.wait(PATIENCE_S)
        try:
            yield
        finally:
            let_go.set()
            done.result(PATIENCE_S)


def one_after_the_other(row: str, key: object, *deeds: Callable[[], object]) -> list[object]:
    """Let deeds come to a locked row in this order, each having looked before any has done; then let go."""

    def run(deed: Callable[[], object]) -> object:
        try:
            return deed()
        except Exception as failure:  # noqa: BLE001 - the caller counts failures
            return failure
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        with held(row, key):
            started = []
            for count, deed in enumerate(deeds, start=1):
                started.append(pool.submit(run, deed))
                until_waiting(count)
        return [one.result(PATIENCE_S) for one in started]


# A page


def publish(unit_id: int, index: int, *, version: int) -> str:
    blocks = (Block(kind="notice", text=f"第 {index} 位"),)
    mall.publish_page(unit_id=unit_id, version=version, blocks=blocks, actor=SYSTEM, now=system_clock.now())
    return "published"


def told(unit_id: int) -> tuple[int, list[str], list[str]]:
    """Return a page's version, its draft and what shoppers see."""
    page = mall.unit_page(unit_id=unit_id)
    seen = mall.home(store_id=unit_id, tier=None, member_id=None, now=system_clock.now())
    return page.version, [one.text for one in page.blocks], [one.block.text for one in seen]


def test_mall_02_of_editors_who_publish_the_same_page_at_once_one_does():
    unit_id = organization.make_store().unit.id
    for version in (0, 2):
        results = parallel(EDITORS, lambda index, seen=version: publish(unit_id, index, version=seen))
        assert codes(results) == {"str": 1, "mall.page_edited": EDITORS - 1}
        winner = f"第 {results.index('published')} 位"
        assert told(unit_id) == (version + 2, [winner], [winner])


def test_mall_02_a_page_is_not_taken_back_under_who_publishes_it():
    unit_id = organization.make_store().unit.id
    publish(unit_id, 1, version=0)
    results = one_after_the_other(
        "SELECT id FROM mall_page WHERE unit_id = %s FOR UPDATE",
        unit_id,
        lambda: publish(unit_id, 2, version=2),
        lambda: mall.take_page_back(unit_id=unit_id, version=2, actor=SYSTEM, now=system_clock.now()),
    )
    assert codes(results) == {"str": 1, "mall.page_edited": 1}
    assert told(unit_id) == (4, ["第 2 位"], ["第 2 位"])


def test_mall_02_without_the_version_in_the_statement_the_second_editor_overwrites_the_first():
    unit_id = organization.make_store().unit.id
    publish(unit_id, 1, version=0)
    assert " AND version = %s" in arrange_page._TAKE
    unguarded = arrange_page._TAKE.replace(" AND version = %s", " AND %s IS NOT NULL")
    with mock.patch.object(arrange_page, "_TAKE", unguarded):
        results = one_after_the_other(
            "SELECT id FROM mall_page WHERE unit_id = %s FOR UPDATE",
            unit_id,
            lambda: publish(unit_id, 2, version=2),
            lambda: publish(unit_id, 3, version=2),
        )
    assert codes(results) == {"str": 2}
    assert told(unit_id)[2] == ["第 3 位"]


# A request


def asked(chain: Chain, member) -> Request:
    order = sold(chain, member)
    wanted = AskCommand(uuid7(), order.id, RequestKind.RETURN, (AskedLine(1, 1),), "quality")
    actor = Actor(kind=ActorKind.MEMBER, id=str(member.id))
    return aftersales.ask(command=wanted, member_id=member.id, actor=actor, now=system_clock.now())


def sold(chain: Chain, member) -> Order:
    return place(till_command(chain.store, (chain.milk, 1), cash_fen=MILK_FEN, member_id=member.id))


def both_decide(request: Request, *, refuses_first: bool = False) -> list[object]:
    """Approve and refuse; both have read the request before either has moved it."""
    given: dict[str, Any] = {"request_id": request.id, "actor": SYSTEM, "now": system_clock.now()}
    deeds = [
        lambda: aftersales.approve(answer="请带来", **given),
        lambda: aftersales.refuse(answer="已使用", **given),
    ]
    if refuses_first:
        deeds.reverse()
    return one_after_the_other("SELECT id FROM orders_order WHERE id = %s FOR UPDATE", request.order_id, *deeds)


def steps(request: Request) -> list[str]:
    return [one.what for one in aftersales.request(request_id=request.id).history]


@pytest.mark.parametrize("refuses_first", [False, True])
def test_aft_01_of_two_who_approve_and_refuse_a_request_at_once_one_does(chain, member, refuses_first):
    request = asked(chain, member)
    first, second = both_decide(request, refuses_first=refuses_first)
    assert codes([first, second]) == {"Request": 1, "aftersales.request_moved": 1}
    assert isinstance(first, Request)
    assert steps(request) == ["asked", "refused" if refuses_first else "approved"]


def test_aft_01_many_who_approve_and_refuse_leave_one_decision(chain, member):
    request = asked(chain, member)
    given: dict[str, Any] = {"request_id": request.id, "actor": SYSTEM, "now": system_clock.now(), "answer": "看过了"}
    seen = request.state
    results = parallel(
        EDITORS,
        lambda index: aftersales.approve(**given) if index % 2 else aftersales.refuse(seen=seen, **given),
    )
    assert codes(results) == {"Request": 1, "aftersales.request_moved": EDITORS - 1}
    assert len(steps(request)) == 2


@contextmanager
def moves_from_any_state() -> Iterator[None]:
    """Let requests be moved by a copy of the function that does not ask for their state."""
    name = f"move_{uuid7().hex}"
    definition = db.value("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'aftersales_move_request'")
    guard = "AND state = ANY (p_from) "
    assert guard in definition
    db.execute(definition.replace(guard, "").replace("aftersales_move_request(", f"{name}("))
    plain = db.value
    unguarded = lambda sql, *rest, **more: plain(sql.replace("aftersales_move_request", name), *rest, **more)  # noqa: E731
    try:
        with mock.patch.object(request_steps.db, "value", unguarded):
            yield
    finally:
        db.execute(f"DROP FUNCTION {name}")


def test_aft_01_without_the_state_in_the_statement_both_decide(chain, member):
    request = asked(chain, member)
    with moves_from_any_state():
        assert codes(both_decide(request)) == {"Request": 2}
    assert steps(request) == ["asked", "approved", "refused"]


# An invoice


def test_an_invoice_asked_for_16_times_at_once_is_one(chain, member):
    order, wish = sold(chain, member), InvoiceWish(InvoiceKind.PERSON, "张小三")

    def ask(_index: int) -> object:
        return orders.ask_invoice(order_id=order.id, member_id=member.id, wish=wish, now=system_clock.now())

    assert codes(parallel(CUSTOMERS, ask)) == {"Invoice": 1, "orders.invoice_asked": CUSTOMERS - 1}
    assert db.value("SELECT count(*) FROM orders_invoice WHERE order_id = %s", [order.id]) == 1


def test_of_two_accountants_who_issue_and_refuse_an_invoice_at_once_one_does(chain, member):
    order, now = sold(chain, member), system_clock.now()
    wish = InvoiceWish(InvoiceKind.PERSON, "张小三")
    invoice = orders.ask_invoice(order_id=order.id, member_id=member.id, wish=wish, now=now)
    results = one_after_the_other(
        "SELECT id FROM orders_order WHERE id = %s FOR UPDATE",
        order.id,
        lambda: orders.issue_invoice(invoice_id=invoice.id, number="1", actor=SYSTEM, now=now),
        lambda: orders.refuse_invoice(invoice_id=invoice.id, answer="抬头有误", actor=SYSTEM, now=now),
    )
    assert codes(results) == {"Invoice": 1, "orders.invoice_answered": 1}
    assert orders.invoice(invoice_id=invoice.id).state == "issued"


def test_without_its_index_an_invoice_asked_for_twice_is_two(chain, member):
    order, wish = sold(chain, member), InvoiceWish(InvoiceKind.PERSON, "张小三")
    definition = db.value("SELECT pg_get_functiondef('orders_ask_invoice(jsonb)'::regprocedure)")
    guard = "ON CONFLICT (order_id) WHERE state IN ('requested', 'issued') DO NOTHING"
    assert guard in definition
    index = db.value(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'orders_invoice'::regclass AND indisunique "
        "AND indpred IS NOT NULL"
    )
    with transaction.atomic():
        db.execute(f"DROP INDEX {index}")
        db.execute(definition.replace(guard, ""))
        for _ in range(2):
            answer_invoices.ask(order, wish, now=system_clock.now())
        assert db.value("SELECT count(*) FROM orders_invoice WHERE order_id = %s", [order.id]) == 2
        transaction.set_rollback(True)
    assert db.value("SELECT count(*) FROM orders_invoice WHERE order_id = %s", [order.id]) == 0
