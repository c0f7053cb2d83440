"""A member's orders by where they stand, how many stand where, and buying again."""

from __future__ import annotations

from uuid import UUID

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import TenderGiven
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.orders import api as orders
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import place, till_command
from tests.harness.clients import MallClient


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


@pytest.fixture
def shopper() -> MallClient:
    return MallClient().sign_in()


def paid(shopper, chain, **more):
    made = shopper.order(chain.store, {chain.milk.id: 1}, **more).expect(201)
    order = orders.order(id=UUID(made["id"]))
    tender = TenderGiven(tender="card", amount_fen=order.payable_fen)
    checkout.add_tenders(order_id=order.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())
    return str(order.id)


def sent(shopper, chain):
    body = {"name": "李四", "phone": "13900001111", "area_code": "440305", "text": "人民路 1 号"}
    address_id = shopper.post("/addresses", body).expect(201)["id"]
    order_id = paid(shopper, chain, delivery="express", address_id=address_id)
    checkout.ship(order_id=UUID(order_id), carrier="ZTO", tracking="7788", actor=SYSTEM, now=system_clock.now())
    return order_id


def listed(shopper, state):
    return [one["id"] for one in shopper.get(f"/orders?state={state}").expect(200)["items"]]


def steps(shopper, order_id):
    """Return the steps of an order, those to come in brackets."""
    found = shopper.get(f"/orders/{order_id}").expect(200)["steps"]
    return [one["kind"] if one["at"] else f"({one['kind']})" for one in found]


def test_each_order_stands_at_one_place_and_is_counted_there(chain, shopper):
    unpaid = shopper.order(chain.store, {chain.milk.id: 1}).expect(201)["id"]
    waits = paid(shopper, chain)
    moves = sent(shopper, chain)
    bought = place(till_command(chain.store, (chain.milk, 1), cash_fen=MILK_FEN, member_id=UUID(shopper.member_id)))
    given_up = shopper.order(chain.store, {chain.milk.id: 1}).expect(201)["id"]
    shopper.post(f"/orders/{given_up}/cancellation", {}).expect(200)
    assert listed(shopper, "to_pay") == [unpaid]
    assert listed(shopper, "to_receive") == [moves, waits]
    assert listed(shopper, "done") == [str(bought.id)]
    assert listed(shopper, "after_sale") == []
    assert shopper.get("/orders/counts").expect(200) == {"to_pay": 1, "to_receive": 2, "done": 1, "after_sale": 0}
    # All channels, whatever became of them.
    assert {one["id"] for one in shopper.get("/orders").expect(200)["items"]} == {
        unpaid, waits, moves, str(bought.id), given_up,
    }  # fmt: skip
    checkout.note_delivered(order_id=UUID(moves), actor=SYSTEM, now=system_clock.now())
    assert (listed(shopper, "to_receive"), listed(shopper, "done")) == ([waits], [str(bought.id), moves])


def test_a_page_of_one_place_goes_on_where_it_ended(chain, shopper):
    made = [shopper.order(chain.store, {chain.milk.id: 1}).expect(201)["id"] for _ in range(3)]
    first = shopper.get("/orders?state=to_pay&limit=2").expect(200)
    rest = shopper.get(f"/orders?state=to_pay&limit=2&cursor={first['next_cursor']}").expect(200)
    assert [one["id"] for one in [*first["items"], *rest["items"]]] == made[::-1]


def test_a_parcel_is_shown_with_its_way_and_completes_when_it_came(chain, shopper):
    order_id = sent(shopper, chain)
    shown = shopper.get(f"/orders/{order_id}").expect(200)
    assert [(one["carrier"], one["carrier_name"], one["number"], one["events"]) for one in shown["parcels"]] == [
        ("ZTO", "中通快递", "7788", [])
    ]
    assert steps(shopper, order_id) == ["placed", "paid", "preparing", "shipped", "(completed)"]
    checkout.note_delivered(order_id=UUID(order_id), actor=SYSTEM, now=system_clock.now())
    assert steps(shopper, order_id)[-1] == "completed"
    assert "*" in shown["address_masked"]


def test_ful_01_the_member_sees_when_the_goods_lie_ready(chain, shopper):
    order_id = paid(shopper, chain)
    assert steps(shopper, order_id) == ["placed", "paid", "preparing", "(ready)", "(completed)"]
    for _ in range(2):
        checkout.note_ready(order_id=UUID(order_id), actor=SYSTEM, now=system_clock.now())
    assert steps(shopper, order_id) == ["placed", "paid", "preparing", "ready", "(completed)"]
    assert len(fulfilment.ready_since(order_ids=[UUID(order_id)])) == 1


def test_what_a_member_may_do_follows_the_state(chain, shopper):
    unpaid = shopper.order(chain.store, {chain.milk.id: 1}).expect(201)
    assert unpaid["may"] == {
        "pay": True, "cancel": True, "ask_return": False, "buy_again": False, "invoice": True,
    }  # fmt: skip
    assert unpaid["lines"][0]["product_id"] == chain.milk.product_id
    done = shopper.get(f"/orders/{sent(shopper, chain)}").expect(200)["may"]
    assert (done["pay"], done["cancel"], done["ask_return"], done["buy_again"], done["invoice"]) == (
        False, False, True, True, True,
    )  # fmt: skip


def test_buying_again_fills_the_cart_once(chain, shopper):
    order_id = shopper.order(chain.store, {chain.milk.id: 3, chain.tea.id: 1}).expect(201)["id"]
    body = {"store_id": chain.store.unit.id}
    for _ in range(2):
        again = shopper.post(f"/orders/{order_id}/again", body).expect(200)
        assert ([(one["sku_id"], one["quantity"]) for one in again["added"]], again["refused"]) == (
            [(chain.milk.id, 3), (chain.tea.id, 1)],
            [],
        )
    cart = shopper.get(f"/cart?store_id={chain.store.unit.id}").expect(200)
    assert {line["sku_id"]: line["quantity"] for line in cart["lines"]} == {chain.milk.id: 3, chain.tea.id: 1}


def test_somebody_elses_order_is_not_bought_again(chain, shopper):
    order_id = shopper.order(chain.store, {chain.milk.id: 1}).expect(201)["id"]
    other = MallClient().sign_in()
    refused = other.post(f"/orders/{order_id}/again", {"store_id": chain.store.unit.id})
    assert (refused.status, refused.code) == (404, "orders.order_unknown")
    assert other.get(f"/cart?store_id={chain.store.unit.id}").expect(200)["lines"] == []
