"""Hand out what was ordered elsewhere: by its code alone, once, and every refusal says what to do (FUL-01)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PickupCodeWrong, PickupDone
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, State
from quanyu.modules.pos.ops.limit_guesses import ELSEWHERE_MAX, MISSES_MAX
from quanyu.platform import db, settings_tree
from tests.harness import identity as people
from tests.harness import pickups
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain, make_chain
from tests.harness.clients import MallClient, TillClient
from tests.harness.parallel import parallel

PRESENT = {"wrap": True, "card": "生日快乐", "sender": "小王", "hide_prices": True}


@pytest.fixture
def at_other_store(chain: Chain) -> TillClient:
    """A till of the chain's other store."""
    return TillClient(chain.other_store).sign_in(people.make_person("cashier", unit_id=chain.other_store.unit.id))


def beside(chain: Chain) -> TillClient:
    """Another till of the same store, with a colleague."""
    return TillClient(chain.store).sign_in(people.make_person("cashier", unit_id=chain.store.unit.id))


def shelf(chain: Chain) -> tuple[int, int]:
    return chain.stocked(chain.store, chain.milk).counters()


def unchanged(order: Order) -> bool:
    return orders.order(id=order.id) == order


def refused(answer: Any) -> tuple[int, str, str]:
    return answer.status, answer.code, answer.body["title"]


def test_ful_01_a_waiting_order_shows_who_when_what_and_how_it_was_wished(chain: Chain, till: TillClient):
    shopper, wish = MallClient().sign_in(), pickups.slot(chain.store)
    order = pickups.waiting(
        chain.store,
        {chain.milk.id: 2, chain.bread.id: 1},
        shopper=shopper,
        wishes={**wish, "gift": PRESENT},
        note="请放冰袋",
    )
    found = till.post("/pickups", {"code": order.pickup_code}).expect(200)
    who = found["customer"]
    assert (found["id"], found["number"], found["delivery"]) == (str(order.id), order.number, "pickup")
    assert (len(who["phone_masked"]), who["phone_masked"][3:7]) == (11, "****")
    assert (found["pickup_from"], found["pickup_until"]) == (wish["pickup_from"], wish["pickup_until"])
    assert (found["promised_at"], found["ready_at"]) == (wish["pickup_from"], None)
    assert (found["gift"], found["note"], found["paid_fen"]) == (PRESENT, "请放冰袋", 2 * MILK_FEN + BREAD_FEN)
    assert [(one["sku_id"], one["sku_code"], one["name"], one["quantity"]) for one in found["lines"]] == [
        (chain.milk.id, chain.milk.code, chain.milk.name, 2),
        (chain.bread.id, chain.bread.code, chain.bread.name, 1),
    ]
    assert order.pickup_code not in str(found)
    checkout.note_ready(order_id=order.id, actor=SYSTEM, now=system_clock.now())
    assert till.post("/pickups", {"code": order.pickup_code}).expect(200)["ready_at"] is not None


def test_ful_01_the_list_says_what_waits_here_first_what_was_promised_first():
    chain = make_chain(stock=50)
    till = TillClient(chain.store).sign_in(chain.cashier)
    late = pickups.waiting(chain.store, {chain.milk.id: 1}, wishes=pickups.slot(chain.store))
    soon = pickups.waiting(chain.store, {chain.milk.id: 1})
    pickups.ordered(chain.store, {chain.milk.id: 1})
    pickups.waiting(chain.other_store, {chain.milk.id: 1})
    fetched = pickups.waiting(chain.store, {chain.milk.id: 1})
    till.post(f"/orders/{fetched.id}/hand-over", {"code": fetched.pickup_code}).expect(200)
    listed = till.get("/pickups").expect(200)
    assert ([one["id"] for one in listed["items"]], listed["next_cursor"]) == ([str(soon.id), str(late.id)], None)
    assert soon.pickup_code not in str(listed)
    assert late.pickup_code not in str(listed)
    first = till.get("/pickups?limit=1").expect(200)
    second = till.get(f"/pickups?limit=1&cursor={first['next_cursor']}").expect(200)
    assert [one["items"][0]["id"] for one in (first, second)] == [str(soon.id), str(late.id)]
    assert second["next_cursor"] is None


def test_ful_01_a_right_code_of_an_order_that_does_not_wait_here_says_why(
    chain: Chain, till: TillClient, at_other_store: TillClient
):
    unpaid, elsewhere, cancelled, done = (
        pickups.ordered(chain.store, {chain.milk.id: 1}),
        pickups.waiting(chain.other_store, {chain.milk.id: 1}),
        pickups.ordered(chain.store, {chain.milk.id: 1}),
        pickups.waiting(chain.store, {chain.milk.id: 1}),
    )
    now = system_clock.now()
    checkout.cancel_order(order_id=cancelled.id, reason="changed_mind", actor=SYSTEM, now=now)
    till.post(f"/orders/{done.id}/hand-over", {"code": done.pickup_code}).expect(200)
    before, kept = shelf(chain), [orders.order(id=one.id) for one in (unpaid, elsewhere, cancelled, done)]
    at = db.value(
        "SELECT to_char(completed_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') FROM orders_order "
        "WHERE id = %s",
        [done.id],
    )
    answers = [till.post("/pickups", {"code": one.pickup_code}) for one in (unpaid, elsewhere, done)]
    assert [refused(one) for one in answers] == [
        (409, "checkout.pickup_not_paid", "This order is not paid yet."),
        (
            409,
            "checkout.pickup_elsewhere",
            f"This order waits at another store: {chain.other_store.unit.name}.",
        ),
        (409, "checkout.pickup_done", f"This order was already handed out, {at}."),
    ]
    gone = till.post("/pickups", {"code": cancelled.pickup_code})
    assert (gone.status, gone.code) == (409, "checkout.pickup_cancelled")
    handed = till.post(f"/orders/{unpaid.id}/hand-over", {"code": unpaid.pickup_code})
    assert (handed.status, handed.code) == (409, "checkout.pickup_not_paid")
    lost = till.post(f"/orders/{cancelled.id}/hand-over", {"code": cancelled.pickup_code})
    assert (lost.status, lost.code) == (409, "checkout.pickup_cancelled")
    wrong = till.post("/pickups", {"code": pickups.wrong_code(elsewhere)})
    assert (wrong.status, wrong.code) == (422, "checkout.pickup_code_wrong")
    assert (shelf(chain), all(unchanged(one) for one in kept)) == (before, True)
    assert at_other_store.post("/pickups", {"code": elsewhere.pickup_code}).expect(200)["id"] == str(elsewhere.id)


def test_ful_01_a_repeat_is_the_same_hand_over_and_a_colleagues_is_refused(chain: Chain, till: TillClient):
    order = pickups.waiting(chain.store, {chain.milk.id: 3})
    before = shelf(chain)
    code = {"code": order.pickup_code}
    first = till.post(f"/orders/{order.id}/hand-over", code).expect(200)
    assert till.post(f"/orders/{order.id}/hand-over", code).expect(200) == first
    late = beside(chain).post(f"/orders/{order.id}/hand-over", code)
    assert (late.status, late.code) == (409, "checkout.pickup_done")
    assert shelf(chain) == (before[0] - 3, before[1] - 3)


def test_ful_01_of_tills_that_hand_out_at_once_exactly_one_does(chain: Chain):
    order = pickups.waiting(chain.store, {chain.milk.id: 2})
    before, tills = shelf(chain), [beside(chain) for _ in range(5)]
    path, code = f"/orders/{order.id}/hand-over", {"code": order.pickup_code}
    answers = parallel(5, lambda index: tills[index].post(path, code))
    assert sorted(one.status for one in answers) == [200, 409, 409, 409, 409]
    assert {one.code for one in answers if one.status == 409} == {"checkout.pickup_done"}
    assert shelf(chain) == (before[0] - 2, before[1] - 2)
    assert orders.order(id=order.id).state is State.COMPLETED


def test_ful_01_codes_of_orders_that_are_over_count_as_guesses(chain: Chain):
    done, order = pickups.waiting(chain.store, {chain.milk.id: 1}), pickups.waiting(chain.store, {chain.milk.id: 1})
    till = beside(chain)
    till.post(f"/orders/{done.id}/hand-over", {"code": done.pickup_code}).expect(200)
    for _ in range(MISSES_MAX):
        assert till.post("/pickups", {"code": done.pickup_code}).code == "checkout.pickup_done"
    assert till.post("/pickups", {"code": order.pickup_code}).code == "rate_limited"
    assert unchanged(order)


def test_ful_01_few_unknown_codes_are_compared_with_those_of_other_stores(chain: Chain):
    till, elsewhere = beside(chain), pickups.waiting(chain.other_store, {chain.milk.id: 1})
    path, right = "/pickups", {"code": elsewhere.pickup_code}
    for number in range(ELSEWHERE_MAX):
        body = right if number == 0 else {"code": f"{(int(elsewhere.pickup_code) + number) % 10**8:08d}"}
        assert till.post(path, body).code == (
            "checkout.pickup_elsewhere" if number == 0 else "checkout.pickup_code_wrong"
        )
    assert till.post(path, right).code == "checkout.pickup_code_wrong"
    assert beside(chain).post(path, right).code == "checkout.pickup_elsewhere"
    assert unchanged(elsewhere)


@pytest.fixture
def open_chain() -> Chain:
    """A chain whose stores hand out for one another, with twenty pieces of everything in each."""
    chain = make_chain(stock=20)
    settings_tree.set_value(SYSTEM, f"unit:{chain.region.id}", "checkout.pickup_anywhere", True, system_clock.now())
    return chain


def counters(chain: Chain) -> list[tuple[int, int]]:
    return [chain.stocked(store, chain.milk).counters() for store in (chain.store, chain.other_store)]


def test_ful_01_any_store_of_the_brand_hands_out_from_its_own_stock_where_the_policy_says_so(open_chain: Chain):
    chain = open_chain
    till, order = beside(chain), pickups.waiting(chain.other_store, {chain.milk.id: 3})
    assert counters(chain) == [(20, 0), (20, 3)]
    found = till.post("/pickups", {"code": order.pickup_code}).expect(200)
    assert (found["id"], found["store"]["id"]) == (str(order.id), chain.other_store.unit.id)
    path, code = f"/orders/{order.id}/hand-over", {"code": order.pickup_code}
    wrong = till.post(path, {"code": pickups.wrong_code(order)})
    assert ((wrong.status, wrong.code), unchanged(order)) == ((422, "checkout.pickup_code_wrong"), True)
    assert till.get(f"/orders/{order.id}").status == 404
    done = till.post(path, code).expect(200)
    assert done["state"] == "completed"
    assert counters(chain) == [(17, 0), (20, 0)]
    handed = orders.order(id=order.id)
    assert (handed.selling_store_id, {line.location_id for line in handed.lines}) == (
        chain.other_store.unit.id,
        {chain.store.unit.id},
    )
    # A lost answer: the same again is the same, and the till may ask what became of it.
    assert till.post(path, code).expect(200) == done
    assert till.get(f"/orders/{order.id}").expect(200)["state"] == "completed"
    assert counters(chain) == [(17, 0), (20, 0)]
    at_home = TillClient(chain.other_store).sign_in(people.make_person("cashier", unit_id=chain.other_store.unit.id))
    assert at_home.post("/pickups", {"code": order.pickup_code}).code == "checkout.pickup_done"


def test_ful_01_what_another_store_has_not_goes_on_waiting_where_it_was(open_chain: Chain):
    chain = open_chain
    till, order = beside(chain), pickups.waiting(chain.other_store, {chain.milk.id: 3, chain.bread.id: 1})
    pickups.waiting(chain.store, {chain.milk.id: 18})
    before = counters(chain)
    short = till.post(f"/orders/{order.id}/hand-over", {"code": order.pickup_code})
    assert (short.status, short.code) == (409, "inventory.stock_short")
    assert (counters(chain), unchanged(order)) == (before, True)


def test_ful_01_of_two_stores_that_hand_out_at_once_exactly_one_does(open_chain: Chain):
    chain = open_chain
    order = pickups.waiting(chain.other_store, {chain.milk.id: 2})
    tills = [
        beside(chain),
        TillClient(chain.other_store).sign_in(people.make_person("cashier", unit_id=chain.other_store.unit.id)),
    ]
    path, code = f"/orders/{order.id}/hand-over", {"code": order.pickup_code}
    answers = parallel(2, lambda index: tills[index].post(path, code))
    assert sorted(one.status for one in answers) == [200, 409]
    assert sum(on_hand for on_hand, _ in counters(chain)) == 38
    assert [reserved for _, reserved in counters(chain)] == [0, 0]


def test_ful_01_hand_overs_for_other_stores_are_no_guesses(open_chain: Chain):
    chain, till = open_chain, beside(open_chain)
    for _ in range(ELSEWHERE_MAX + 1):
        order = pickups.waiting(chain.other_store, {chain.milk.id: 1})
        assert till.post("/pickups", {"code": order.pickup_code}).expect(200)["id"] == str(order.id)


def test_ful_01_a_code_of_long_ago_is_a_wrong_one(chain: Chain, till: TillClient):
    order = pickups.waiting(chain.store, {chain.milk.id: 1})
    till.post(f"/orders/{order.id}/hand-over", {"code": order.pickup_code}).expect(200)
    at = {"code": order.pickup_code, "store_id": chain.store.unit.id}
    for days, refusal in ((29, PickupDone), (31, PickupCodeWrong)):
        with pytest.raises(refusal):
            checkout.find_pickup(**at, now=system_clock.now() + timedelta(days=days))


def test_ful_01_who_may_not_hand_out_sees_no_list(chain: Chain):
    till = TillClient(chain.store)
    asked = [till.get("/pickups"), till.post("/pickups", {"code": "12345678"})]
    assert [one.status for one in asked] == [401, 401]
    order_id = uuid7()
    assert till.post(f"/orders/{order_id}/hand-over", {"code": "12345678"}).status == 401
