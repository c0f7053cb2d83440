"""A day at the till over the real server: wallets, cash, a return, a blind count; and whose orders one sees."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.harness import identity
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, make_chain
from tests.harness.clients import MallClient, TillClient, cash
from tests.harness.live import Live, eventually

pytestmark = pytest.mark.slow


def _wechat_code(ending: str = "0000") -> str:
    return "13" + "".join(secrets.choice("0123456789") for _ in range(12)) + ending


def test_a_shift_with_every_tender_ends_with_the_right_count(live: Live):
    chain = make_chain()
    till = TillClient(chain.store, live.url).sign_in(chain.cashier)
    shift_id = till.open_shift(20_000)
    number = till.sell({chain.milk.id: 2}, tenders=cash(2 * MILK_FEN, 2000)).expect(201)["order"]["number"]

    charged = till.sell({chain.bread.id: 1}).expect(201)["order"]
    done = till.post(f"/sales/{charged['id']}/charges", {"auth_code": _wechat_code()}).expect(201)
    assert (done["state"], done["sale"]["order"]["state"]) == ("paid", "completed")

    waiting = till.sell({chain.tea.id: 1}).expect(201)["order"]
    asked = till.post(f"/sales/{waiting['id']}/charges", {"auth_code": _wechat_code("9001")}).expect(201)
    assert (asked["state"], asked["sale"]["order"]["state"]) == ("asking", "placed")
    open_still = till.post(f"/shifts/{shift_id}/closing", {"counted_fen": 0})
    assert open_still.code == "pos.sale_unfinished"

    def checked() -> bool:
        body: dict[str, Any] = till.post(f"/sales/{waiting['id']}/charges/check").expect(200)
        return body["order"]["state"] == "completed"

    eventually(checked)

    back = {"id": waiting["id"][:-4] + "beef", "reason": "spoiled", "lines": [{"line_number": 1, "quantity": 1}]}
    till.post(f"/receipts/{number}/returns", back).expect(201)
    counted_fen = 20_000 + MILK_FEN
    report = till.post(f"/shifts/{shift_id}/closing", {"counted_fen": counted_fen + 100}).expect(200)
    assert (report["expected_fen"], report["over_short_fen"]) == (counted_fen, 100)
    totals = {one["tender"]: (one["paid_fen"], one["refunded_fen"]) for one in report["tenders"]}
    assert totals == {"cash": (2 * MILK_FEN, MILK_FEN), "wechat": (BREAD_FEN + TEA_FEN, 0)}
    assert chain.stocked(chain.store, chain.milk).counters() == (19, 0)


def test_a_refused_code_leaves_the_sale_open_for_another_way_to_pay(live: Live):
    chain = make_chain()
    till = TillClient(chain.store, live.url).sign_in(chain.cashier)
    till.open_shift()
    order = till.sell({chain.milk.id: 1}).expect(201)["order"]
    poor = till.post(f"/sales/{order['id']}/charges", {"auth_code": _wechat_code("9002")}).expect(201)
    assert (poor["state"], poor["sale"]["order"]["state"]) == ("failed", "placed")
    paid = till.post(f"/sales/{order['id']}/tenders", {"tenders": cash(MILK_FEN)}).expect(200)
    assert paid["order"]["state"] == "completed"


def test_staff_of_one_store_do_not_see_another_stores_orders(live: Live):
    chain = make_chain()
    shopper = MallClient(live.url).sign_in()
    order = shopper.order(chain.store, {chain.milk.id: 1}).expect(201)
    here = TillClient(chain.store, live.url).sign_in(chain.cashier)
    there = TillClient(chain.other_store, live.url).sign_in(
        identity.make_person("store_manager", unit_id=chain.other_store.unit.id)
    )
    here.get(f"/orders/{order['id']}").expect(200)
    hidden = there.get(f"/orders/{order['id']}")
    assert (hidden.status, hidden.code) == (404, "orders.order_unknown")
    assert there.get("/orders").expect(200)["items"] == []
    assert [one["id"] for one in here.get("/orders").expect(200)["items"]] == [order["id"]]


def test_a_repeated_order_over_the_network_is_one_order(live: Live):
    chain = make_chain()
    shopper = MallClient(live.url).sign_in()
    key = secrets.token_hex(8)
    body = {"id": f"01900000-0000-7000-8000-{secrets.token_hex(6)}"}
    first, again = (shopper.order(chain.store, {chain.milk.id: 1}, key=key, **body) for _ in range(2))
    assert (first.expect(201), again.headers.get("Idempotency-Replayed")) == (again.expect(201), "true")
    assert chain.stocked(chain.store, chain.milk).counters() == (20, 1)
