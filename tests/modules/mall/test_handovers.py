"""From the screen to the phone: taken once, by one member, in time; the order is the store's (MALL-19, EA-03)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall.api import kiosk as api
from quanyu.modules.mall.contracts.kiosk import HandoverLapsed, HandoverState
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.platform import db, settings_tree
from tests.harness import breaches
from tests.harness.chain import Chain, make_chain, put
from tests.harness.clients import MallClient
from tests.harness.kiosk import KioskClient, token_in

_VIEW = "mall_breach_handover_outcome"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


def _made(chain: Chain, lines: dict[int, int]) -> tuple[KioskClient, dict[str, Any], str]:
    screen = KioskClient(chain.store)
    made = screen.hand_over(lines).expect(201)
    return screen, made, token_in(made)


def _cart(phone: MallClient, chain: Chain) -> dict[int, int]:
    lines = phone.get(f"/cart?store_id={chain.store.unit.id}").expect(200)["lines"]
    assert {line["store_id"] for line in lines} <= {chain.store.unit.id}
    return {line["sku_id"]: line["quantity"] for line in lines}


def _take(phone: MallClient, token: str) -> Any:
    return phone.post("/handovers/take", {"token": token})


def test_mall19_the_cart_of_a_screen_goes_into_the_cart_of_the_phone_that_takes_it(chain):
    screen, made, token = _made(chain, {chain.milk.id: 2, chain.apples.id: 500})
    assert made["url"].endswith(f"/mall/#/find/handover/index?token={token}")
    assert len(made["modules"]) == len(made["modules"][0]) >= 21
    stranger = MallClient().post("/handovers/look", {"token": token}).expect(200)
    assert [(line["quantity"], line["outcome"]) for line in stranger["lines"]] == [(2, "added"), (500, "added")]
    assert (stranger["state"], screen.get(f"/handovers/{made['id']}").expect(200)) == ("open", {"state": "open"})
    phone = MallClient().sign_in()
    taken = _take(phone, token).expect(200)
    assert (taken["state"], taken["store_id"]) == ("taken", chain.store.unit.id)
    assert _cart(phone, chain) == {chain.milk.id: 2, chain.apples.id: 500}
    assert screen.get(f"/handovers/{made['id']}").expect(200) == {"state": "taken"}


def test_mall19_the_code_leads_to_the_public_address_where_there_is_one(chain, monkeypatch):
    screen = KioskClient(chain.store)
    assert screen.hand_over({chain.milk.id: 1}).expect(201)["url"].startswith("http://testserver/mall/#/")
    public = settings.CONFIG.model_copy(update={"public_url": "https://shop.example.com/"})
    monkeypatch.setattr(settings, "CONFIG", public)
    assert screen.hand_over({chain.milk.id: 1}).expect(201)["url"].startswith("https://shop.example.com/mall/#/")


def test_mall19_only_the_hash_of_the_token_is_kept(chain):
    _, _, token = _made(chain, {chain.milk.id: 1})
    kept = db.value("SELECT count(*) FROM mall_handover t WHERE strpos(t::text, %s) > 0", [token])
    assert (kept, len(token)) == (0, 43)


def test_mall19_the_same_member_again_changes_nothing_and_somebody_else_is_refused(chain):
    _, _, token = _made(chain, {chain.milk.id: 2})
    mine, other = MallClient().sign_in(), MallClient().sign_in()
    first = _take(mine, token).expect(200)
    assert _take(mine, token).expect(200) == first
    assert _cart(mine, chain) == {chain.milk.id: 2}
    assert _take(other, token).code == "mall.handover_taken"
    assert _cart(other, chain) == {}


def test_mall19_what_lies_in_the_cart_is_the_same_wish_and_not_ordered_twice(chain):
    _, _, token = _made(chain, {chain.milk.id: 2, chain.bread.id: 1})
    phone = MallClient().sign_in()
    line = {"store_id": chain.store.unit.id, "sku_id": chain.milk.id, "quantity": 5}
    phone.post("/cart/lines", line).expect(201)
    _take(phone, token).expect(200)
    assert _cart(phone, chain) == {chain.milk.id: 5, chain.bread.id: 1}


def test_mall19_nobody_takes_without_signing_in_nor_under_a_wrong_code(chain):
    _, _, token = _made(chain, {chain.milk.id: 1})
    assert MallClient().post("/handovers/take", {"token": token}).status == 401
    wrong = "A" * 43
    assert MallClient().post("/handovers/look", {"token": wrong}).code == "mall.handover_unknown"
    assert _take(MallClient().sign_in(), wrong).code == "mall.handover_unknown"
    assert MallClient().post("/handovers/look", {"token": token}).expect(200)["state"] == "open"


def test_mall19_after_its_time_nobody_takes_it(chain):
    _, _, token = _made(chain, {chain.milk.id: 1})
    phone = MallClient().sign_in()
    late = system_clock.now() + timedelta(minutes=31)
    with pytest.raises(HandoverLapsed):
        api.take_handover(token=token, member_id=_id(phone), tier=None, now=late)
    assert api.look_at_handover(token=token, tier=None, now=late).state is HandoverState.LAPSED
    assert _cart(phone, chain) == {}


def _id(phone: MallClient) -> UUID:
    return UUID(phone.member_id)


def test_mall19_goods_that_are_gone_say_so_and_the_rest_is_taken():
    chain = make_chain(stock=0)
    for sku, count in ((chain.milk, 3), (chain.bread, 1), (chain.tea, 1)):
        put(chain.store, sku, count)
    _, _, token = _made(chain, {chain.milk.id: 3, chain.bread.id: 4, chain.tea.id: 1, chain.apples.id: 100})
    catalog.set_listing(
        unit_id=chain.store.unit.id, sku_id=chain.tea.id, is_listed=False, actor=SYSTEM, now=system_clock.now()
    )
    phone = MallClient().sign_in()
    taken = _take(phone, token).expect(200)
    assert {line["sku_id"]: line["outcome"] for line in taken["lines"]} == {
        chain.milk.id: "added",
        chain.bread.id: "short",
        chain.tea.id: "not_for_sale",
        chain.apples.id: "added",
    }
    assert _cart(phone, chain) == {chain.milk.id: 3, chain.bread.id: 4, chain.apples.id: 100}


def test_mall19_sold_out_goods_and_a_full_cart_are_told_apart(chain):
    empty = make_chain(stock=0)
    _, _, token = _made(empty, {empty.milk.id: 1, empty.apples.id: 100})
    phone = MallClient().sign_in()
    outcomes = [line["outcome"] for line in _take(phone, token).expect(200)["lines"]]
    assert (outcomes, _cart(phone, empty)) == (["sold_out", "added"], {empty.apples.id: 100})
    now = system_clock.now()
    settings_tree.set_value(SYSTEM, "brand", "mall.cart_lines_max", 1, now)
    try:
        _, _, token = _made(chain, {chain.milk.id: 1, chain.bread.id: 1})
        full = MallClient().sign_in()
        assert [line["outcome"] for line in _take(full, token).expect(200)["lines"]] == ["added", "full"]
        assert _cart(full, chain) == {chain.milk.id: 1}
    finally:
        settings_tree.set_value(SYSTEM, "brand", "mall.cart_lines_max", None, now)


def test_mall19_a_screen_hands_over_only_what_its_store_offers_and_sees_only_its_own(chain):
    screen, made, _ = _made(chain, {chain.milk.id: 1})
    assert screen.hand_over({999_999_999: 1}).code == "mall.offer_unknown"
    assert KioskClient(chain.store).get(f"/handovers/{made['id']}").code == "mall.handover_unknown"
    assert screen.post("/handovers", {"lines": []}).status == 422


def test_ea03_an_order_of_these_goods_is_credited_to_the_store_of_the_screen(chain):
    _, _, token = _made(chain, {chain.milk.id: 2})
    phone = MallClient().sign_in()
    # The phone was in another store before: the cart of the screen's store is the one that is filled.
    there = {"store_id": chain.other_store.unit.id, "sku_id": chain.bread.id, "quantity": 1}
    phone.post("/cart/lines", there).expect(201)
    _take(phone, token).expect(200)
    body = phone.order(chain.store, {chain.milk.id: 2}).expect(201)
    (line,) = orders.order(id=UUID(body["id"])).lines
    assert (line.credited_store_id, line.selling_store_id) == (chain.store.unit.id,) * 2


def test_erasing_a_member_forgets_what_was_taken(chain):
    _, made, token = _made(chain, {chain.milk.id: 1})
    phone = MallClient().sign_in()
    _take(phone, token).expect(200)
    members.erase_member(member_id=_id(phone), reason="asked for it", actor=SYSTEM, now=system_clock.now())
    assert db.value("SELECT count(*) FROM mall_handover WHERE id = %s", [made["id"]]) == 0


def test_what_is_long_over_is_cleared_away_by_its_own_screen(chain):
    screen, old, _ = _made(chain, {chain.milk.id: 1})
    _, others, _ = _made(chain, {chain.milk.id: 1})
    early = "UPDATE mall_handover SET created_at = created_at - interval '3 days', "
    db.execute(early + "expires_at = expires_at - interval '3 days' WHERE id = ANY(%s)", [[old["id"], others["id"]]])
    screen.hand_over({chain.milk.id: 1}).expect(201)
    left = db.rows("SELECT id::text FROM mall_handover WHERE id = ANY(%s)", [[old["id"], others["id"]]])
    assert [row["id"] for row in left] == [others["id"]]


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE mall_handover_line SET outcome = 'added' WHERE handover_id = %s",
        "DELETE FROM mall_handover_line WHERE handover_id = %s",
    ],
)
def test_lines_that_do_not_say_what_became_of_them_are_a_breach(chain, planted):
    _, made, _ = _made(chain, {chain.milk.id: 1})
    assert [str(row["id"]) for row in breaches.found_by(_VIEW, (planted, [made["id"]]))] == [made["id"]]
    assert db.rows(f"SELECT * FROM {_VIEW}") == []
