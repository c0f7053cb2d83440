"""A purchase at the till is wrapped as a present (POS-09, SVC-05): once for nothing, among its facts, offline too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Gift, State, Wishes
from quanyu.platform import db, settings_tree
from tests.harness.chain import TEA_FEN, Chain
from tests.harness.clients import TillClient, cash
from tests.modules.pos.test_till_sales import OfflineTill, digest


@pytest.fixture
def offline(chain: Chain, till: TillClient) -> OfflineTill:
    return OfflineTill(till, chain)


@pytest.fixture
def no_wrapping(chain: Chain) -> Iterator[None]:
    node = f"unit:{chain.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "checkout.gift_wrap", False, system_clock.now())
    yield
    settings_tree.set_value(SYSTEM, node, "checkout.gift_wrap", None, system_clock.now())


def wrapped(chain: Chain, till: TillClient, **gift: Any) -> Any:
    return till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN), gift=gift)


def test_pos09_a_carried_out_sale_is_wrapped_for_nothing_and_its_facts_say_so(chain: Chain, till: TillClient):
    sold = wrapped(chain, till).expect(201)["order"]
    order = orders.order(id=UUID(sold["id"]))
    assert (order.state, order.payable_fen) == (State.COMPLETED, TEA_FEN)
    assert order.wishes == Wishes(gift=Gift(wrap=True))
    assert till.get(f"/receipts/{order.number}").expect(200)["is_wrapped"] is True
    plain = till.sell({chain.tea.id: 1}, tenders=cash(TEA_FEN)).expect(201)["order"]
    assert till.get(f"/receipts/{plain['number']}").expect(200)["is_wrapped"] is False
    assert orders.order(id=UUID(plain["id"])).wishes is None


def test_pos09_what_stands_on_its_card_is_sealed(chain: Chain, till: TillClient):
    sold = wrapped(chain, till, card="新婚快乐", sender="小陈").expect(201)["order"]
    order = orders.order(id=UUID(sold["id"]))
    assert order.wishes == Wishes(gift=Gift(wrap=True, card="新婚快乐", sender="小陈"))
    row = db.row("SELECT to_json(w)::text AS text FROM orders_wish w WHERE order_id = %s", [order.id])
    assert row is not None
    assert "新婚快乐" not in row["text"]
    long = wrapped(chain, till, card="祝" * 121)
    assert (long.status, long.body["code"]) == (422, "request.invalid")


@pytest.mark.usefixtures("no_wrapping")
def test_pos09_a_store_that_does_not_wrap_refuses_it_and_sells_nothing(chain: Chain, till: TillClient):
    assert till.get("/rules").expect(200)["wraps_gifts"] is False
    count = db.value("SELECT count(*) FROM orders_order")
    refused = wrapped(chain, till)
    assert (refused.status, refused.code) == (409, "checkout.gift_not_offered")
    assert db.value("SELECT count(*) FROM orders_order") == count


@pytest.mark.usefixtures("no_wrapping")
def test_pos09_what_a_till_wrapped_while_it_was_alone_is_booked_as_it_was(
    chain: Chain, till: TillClient, offline: OfflineTill
):
    body = offline.made([(chain.tea.id, 1, TEA_FEN, TEA_FEN)])["sale"] | {"gift_wrap": True}
    offline.previous = digest(body)
    taken = till.post("/journal", {"sale": body, "digest": offline.previous}).expect(201)
    assert (taken["state"], taken["gap_fen"]) == ("booked", 0)
    assert orders.by_number(number=taken["number"]).wishes == Wishes(gift=Gift(wrap=True))
    # A till of before says nothing of it, and its digest holds as ever.
    older = offline.made([(chain.tea.id, 1, TEA_FEN, TEA_FEN)])
    assert "gift_wrap" not in older["sale"]
    assert till.post("/journal", older).expect(201)["state"] == "booked"


def test_pos09_a_wrapped_sale_is_that_sale_again_and_not_another(chain: Chain, till: TillClient):
    body = till.sale({chain.tea.id: 1}, tenders=cash(TEA_FEN), gift={"wrap": True})
    first = till.post("/sales", body).expect(201)["order"]
    assert till.post("/sales", body).expect(201)["order"]["id"] == first["id"]
    other = till.post("/sales", body | {"gift": None})
    assert (other.status, other.code) == (422, "checkout.key_reused")
    assert till.post("/sales", body | {"id": str(uuid7())}).code == "pos.key_reused"
