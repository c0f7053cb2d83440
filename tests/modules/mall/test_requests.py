"""After-sale requests on the phone: preview, ask, look, withdraw; inside of the order too (AFT-01, AFT-02, AFT-04)."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.orders.contracts import Order
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import place, till_command
from tests.harness.clients import MallClient, Reply


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=300)


def shopper(chain: Chain, quantity: int = 3) -> tuple[MallClient, Order]:
    """A member who bought milk at the till a moment ago."""
    mall = MallClient().sign_in()
    cash = quantity * MILK_FEN
    return mall, place(till_command(chain.store, (chain.milk, quantity), cash_fen=cash, member_id=UUID(mall.member_id)))


def body(quantity: int = 1, **more: object) -> dict[str, object]:
    line = {"number": 1, "quantity": quantity}
    return {"id": str(uuid7()), "kind": "return", "lines": [line], "reason": "quality", **more}


def ask(mall: MallClient, order: Order, wanted: dict[str, object], key: str = "") -> Reply:
    return mall.post(f"/orders/{order.id}/requests", wanted, **{"Idempotency-Key": key or str(uuid4())})


def test_aft_01_a_preview_says_what_comes_back_and_asks_nothing(chain):
    mall, order = shopper(chain)
    wanted = {"kind": "return", "lines": [{"number": 1, "quantity": 2}]}
    shown = mall.post(f"/orders/{order.id}/requests/preview", wanted).expect(200)
    assert shown == {
        "amount_fen": 2 * MILK_FEN, "freight_fen": 0, "points_restored": 0, "coupons_returned": 0, "withheld": [],
        "lines": [{"number": 1, "quantity": 2, "amount_fen": 2 * MILK_FEN}],
    }  # fmt: skip
    swapped = mall.post(f"/orders/{order.id}/requests/preview", wanted | {"kind": "exchange"}).expect(200)
    assert (swapped["amount_fen"], swapped["lines"][0]["amount_fen"]) == (0, 0)
    assert mall.get("/me/requests").expect(200)["items"] == []


def test_aft_01_asked_looked_at_and_withdrawn(chain):
    mall, order = shopper(chain)
    wanted, key = body(2, text="漏奶"), str(uuid4())
    asked = ask(mall, order, wanted, key).expect(201)
    assert (asked["id"], asked["state"], asked["amount_fen"]) == (wanted["id"], "asked", 2 * MILK_FEN)
    assert asked["store"]["id"] == chain.store.unit.id
    assert [(line["number"], line["quantity"], line["name"]) for line in asked["lines"]] == [
        (1, 2, order.lines[0].name)
    ]
    again = ask(mall, order, wanted, key)
    assert (again.expect(201), again.headers["Idempotency-Replayed"]) == (asked, "true")
    assert mall.get("/me/requests").expect(200)["items"] == [asked]
    assert mall.get(f"/me/requests/{asked['id']}").expect(200) == asked
    shown = mall.get(f"/orders/{order.id}").expect(200)
    assert (shown["requests"], shown["may"]["ask_return"]) == ([asked], True)
    assert [one["id"] for one in mall.get("/orders?state=after_sale").expect(200)["items"]] == [str(order.id)]
    gone = mall.call("DELETE", f"/me/requests/{asked['id']}").expect(200)
    assert [step["what"] for step in gone["history"]] == ["asked", "withdrawn"]
    assert mall.get("/orders/counts").expect(200)["after_sale"] == 0


def test_aft_01_too_much_is_refused_with_its_field_and_changes_nothing(chain):
    mall, order = shopper(chain, 1)
    refused = ask(mall, order, body(2))
    assert (refused.status, refused.code, refused.body["field"]) == (
        409,
        "aftersales.return_too_much",
        "lines.0.quantity",
    )
    ask(mall, order, body(1)).expect(201)
    refused = ask(mall, order, body(1))
    assert (refused.status, refused.code, refused.body["params"]) == (
        409,
        "aftersales.request_too_much",
        {"number": 1, "left": 0},
    )
    assert len(mall.get("/me/requests").expect(200)["items"]) == 1


def test_aft_01_somebody_elses_order_and_request_do_not_exist(chain):
    (mall, order), (other, _) = shopper(chain), shopper(chain)
    assert (ask(other, order, body()).status, ask(other, order, body()).code) == (404, "orders.order_unknown")
    asked = ask(mall, order, body()).expect(201)
    for answer in (
        other.get(f"/me/requests/{asked['id']}"),
        other.call("DELETE", f"/me/requests/{asked['id']}"),
    ):
        assert (answer.status, answer.code) == (404, "aftersales.request_unknown")
    assert mall.get(f"/me/requests/{asked['id']}").expect(200)["state"] == "asked"


def test_aft_04_goods_go_to_the_store_nearest_to_the_member(chain):
    mall, order = shopper(chain)
    near = make_chain(stock=1).store
    asked = ask(mall, order, body(longitude=near.longitude, latitude=near.latitude)).expect(201)
    nearest = aftersales.request(request_id=UUID(asked["id"])).store
    assert nearest is not None
    assert asked["store"]["name"] == nearest.name
    half = ask(mall, order, body(longitude=near.longitude))
    assert half.status == 422


def test_aft_02_the_money_is_there_once_the_goods_were_taken_in(chain):
    mall, order = shopper(chain)
    asked = ask(mall, order, body(1)).expect(201)
    now = system_clock.now()
    aftersales.approve(request_id=UUID(asked["id"]), answer="好的", actor=SYSTEM, now=now)
    aftersales.receive(
        request_id=UUID(asked["id"]),
        restocks={1: "damaged"},
        location_id=chain.store.unit.id,
        actor=SYSTEM,
        now=now,
    )
    shown = mall.get(f"/orders/{order.id}").expect(200)
    assert (shown["refunded_fen"], shown["lines"][0]["returned_quantity"]) == (MILK_FEN, 1)
    assert [one["state"] for one in shown["requests"]] == ["done"]
