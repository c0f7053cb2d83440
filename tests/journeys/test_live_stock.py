"""A sale anywhere is visible everywhere: the live streams of the mall and the till, over HTTP."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import timedelta

import pytest
import requests

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods
from quanyu.modules.organization import api as organization
from quanyu.platform import db
from tests.harness import organization as units
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.clients import MALL, POS, MallClient, TillClient, cash
from tests.harness.events import stream
from tests.harness.inventory import cause
from tests.harness.live import live_server

STOCK = 200
# A reservation that lapses tells nobody; the hub looks at the clock (every 50 ms; a machine may be busy).
LAPSE_SEEN_S_MAX = 2.0
STOPPED_WITHIN_S = 10.0


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=STOCK)


@pytest.fixture(scope="module")
def till(chain, live):
    made = TillClient(chain.store, live.url).sign_in(chain.cashier)
    made.open_shift()
    return made


@pytest.fixture(scope="module")
def shopper(live):
    return MallClient(live.url).sign_in()


def mall_url(live, store):
    return f"{live.url}{MALL}/stores/{store.unit.id}/stock/live"


def till_url(live):
    return f"{live.url}{POS}/stock/live"


def sell(till, sku, quantity, fen):
    return till.sell({sku.id: quantity}, tenders=cash(quantity * fen)).expect(201)


def counted(chain, sku, *, channel="mall"):
    """Return what can be sold of a SKU in the store now."""
    store = chain.store
    found = inventory.availability(
        sku_ids=[sku.id],
        location_ids=[store.unit.id],
        channel=channel,
        seller_owner_id=store.owner_id,
        now=system_clock.now(),
    )
    return found[store.unit.id, sku.id]


def hold(shelf, quantity, *, cause_id=None, seconds=None):
    """Reserve for somebody, for some seconds or until it is released; return the cause."""
    number = cause_id or cause()
    now = system_clock.now()
    inventory.reserve(
        cause_kind="order",
        cause_id=number,
        lines=[shelf.want(quantity)],
        expires_at=None if seconds is None else now + timedelta(seconds=seconds),
        now=now,
    )
    return number


def test_a_sale_at_the_till_is_seen_in_the_mall_as_its_pages_show_it(live, chain, till, shopper):
    with stream(mall_url(live, chain.store)) as mall:
        headers = mall.answer.headers
        assert (mall.answer.status_code, headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
        assert (headers["X-Accel-Buffering"], headers["Cache-Control"]) == ("no", "no-store")
        mall.until("open")
        assert mall.retry_ms == 2000
        before = counted(chain, chain.milk)
        sell(till, chain.milk, 2, MILK_FEN)
        seen = mall.figure(chain.milk.id, available=before - 2)
    product = shopper.get(f"/stores/{chain.store.unit.id}/products/{chain.milk.product_id}").expect(200)
    (offer,) = [one for one in product["offers"] if one["sku_id"] == chain.milk.id]
    assert seen == {
        "sku_id": chain.milk.id,
        "available": offer["available"],
        "express_available": offer["express_available"],
    }


def test_an_order_in_the_mall_and_its_cancellation_are_seen_at_the_till(live, chain, till, shopper):
    with stream(till_url(live), token=till.token) as counter:
        counter.until("open")
        before = counted(chain, chain.bread, channel="pos")
        order = shopper.order(chain.store, {chain.bread.id: 3}).expect(201)
        assert counter.figure(chain.bread.id, available=before - 3) == {
            "sku_id": chain.bread.id,
            "available": before - 3,
        }
        shopper.post(f"/orders/{order['id']}/cancellation", {}).expect(200)
        counter.figure(chain.bread.id, available=before)


def test_what_came_in_breaks_or_is_set_aside_is_seen_with_the_safety_stock_kept_online_only(live, chain, till):
    shelf = chain.stocked(chain.store, chain.tea)
    before = counted(chain, chain.tea)
    now = system_clock.now()
    place = {"location_id": shelf.location_id, "owner_id": shelf.owner_id, "actor": SYSTEM, "now": now}
    with stream(mall_url(live, chain.store)) as mall, stream(till_url(live), token=till.token) as counter:
        mall.until("open")
        counter.until("open")
        inventory.set_safety(sku_id=chain.tea.id, quantity=5, **place)
        assert mall.figure(chain.tea.id, available=before - 5)
        assert counter.figure(chain.tea.id, available=before)
        goods = [Goods(chain.tea.id, 4)]
        inventory.damage(lines=goods, cause_kind="test", cause_id=cause(), reason="dropped", **place)
        mall.figure(chain.tea.id, available=before - 9)
        inventory.receive(lines=goods, cause_kind="test", cause_id=cause(), **place)
        mall.figure(chain.tea.id, available=before - 5)
        counter.figure(chain.tea.id, available=before)


def test_a_reservation_that_lapses_is_seen_within_a_second_and_so_is_its_late_payment(live, chain):
    shelf = chain.stocked(chain.store, chain.tea)
    before = counted(chain, chain.tea)
    with stream(mall_url(live, chain.store)) as mall:
        mall.until("open")
        number = hold(shelf, 7, seconds=1.2)
        lapses_at = time.monotonic() + 1.2
        mall.figure(chain.tea.id, available=before - 7)
        mall.figure(chain.tea.id, available=before)
        assert time.monotonic() < lapses_at + LAPSE_SEEN_S_MAX
        # Nobody took it in the meantime: the payment that comes late takes it back.
        assert inventory.pin(cause_kind="order", cause_id=number, now=system_clock.now())
        mall.figure(chain.tea.id, available=before - 7)
        inventory.release(cause_kind="order", cause_id=number, now=system_clock.now())
        mall.figure(chain.tea.id, available=before)


def test_a_reservation_from_before_the_stream_lapses_on_it(live, chain):
    shelf = chain.stocked(chain.store, chain.apples)
    before = counted(chain, chain.apples)
    hold(shelf, 500, seconds=2)
    with stream(mall_url(live, chain.store)) as mall:
        mall.until("open")
        assert mall.figure(chain.apples.id, available=before)


def test_after_a_gap_the_last_event_id_brings_what_changed_meanwhile(live, chain):
    tea, apples = chain.stocked(chain.store, chain.tea), chain.stocked(chain.store, chain.apples)
    before, weight = counted(chain, chain.tea), counted(chain, chain.apples)
    with stream(mall_url(live, chain.store)) as mall:
        mall.until("open")
        hold(apples, 300, seconds=0.8)
        last_id = mall.until("stock").id
    hold(tea, 3)
    time.sleep(0.8)
    # The control: without the id nothing of the gap is told, the next thing told is what happens now.
    with stream(mall_url(live, chain.store)) as mall:
        mall.until("open")
        hold(chain.stocked(chain.store, chain.milk), 1)
        assert [item["sku_id"] for item in mall.until("stock").data["items"]] == [chain.milk.id]
    for told in ({"last_id": last_id}, {"params": {"last_event_id": last_id}}):
        with stream(mall_url(live, chain.store), **told) as mall:
            mall.until("open")
            items = {item["sku_id"]: item["available"] for item in mall.until("stock").data["items"]}
        assert items == {
            chain.tea.id: before - 3,
            chain.apples.id: weight,  # lapsed in the gap: no transaction told so
            chain.milk.id: counted(chain, chain.milk),
        }


@pytest.mark.parametrize("last_id", ["nonsense", "1763800000000-10:20:"])
def test_after_too_long_a_gap_everything_is_to_be_loaded_again(live, chain, last_id):
    with stream(mall_url(live, chain.store), last_id=last_id) as mall:
        assert mall.until("open").data == {}
        reset = mall.next()
        assert (reset.kind, reset.data) == ("reset", {"reason": "gap"})
        hold(chain.stocked(chain.store, chain.milk), 1)
        mall.figure(chain.milk.id, available=counted(chain, chain.milk))


def test_a_filter_begins_with_the_figures_and_hears_of_nothing_else(live, chain):
    asked = f"{chain.milk.id},{chain.bread.id}"
    with stream(mall_url(live, chain.store), params={"skus": asked}) as mall:
        mall.until("open")
        first = mall.until("stock").data["items"]
        assert {item["sku_id"]: item["available"] for item in first} == {
            sku.id: counted(chain, sku) for sku in (chain.milk, chain.bread)
        }
        hold(chain.stocked(chain.store, chain.tea), 1)
        hold(chain.stocked(chain.store, chain.bread), 1)
        assert [item["sku_id"] for item in mall.until("stock").data["items"]] == [chain.bread.id]


def test_another_store_hears_nothing_but_the_warehouse_is_heard_by_both(live, chain):
    with stream(mall_url(live, chain.other_store)) as mall:
        mall.until("open")
        hold(chain.stocked(chain.store, chain.milk), 1)
        shelf = chain.stocked(chain.warehouse, chain.bread)
        inventory.receive(
            location_id=shelf.location_id,
            owner_id=shelf.owner_id,
            lines=[Goods(chain.bread.id, 300)],
            cause_kind="test",
            cause_id=cause(),
            actor=SYSTEM,
            now=system_clock.now(),
        )
        (item,) = mall.until("stock").data["items"]
        assert item == {"sku_id": chain.bread.id, "available": STOCK, "express_available": STOCK + 300}


def test_shoppers_do_not_see_goods_that_the_store_does_not_offer(live, chain):
    now = system_clock.now()
    hidden = {"unit_id": chain.other_store.unit.id, "sku_id": chain.apples.id, "actor": SYSTEM, "now": now}
    catalog.set_listing(is_listed=False, **hidden)
    asked = {"skus": f"{chain.apples.id},{chain.milk.id}"}
    with stream(mall_url(live, chain.other_store), params=asked) as mall:
        first = mall.until("stock").data["items"]
        assert [item["sku_id"] for item in first] == [chain.milk.id]
        hold(chain.stocked(chain.other_store, chain.apples), 100)
        hold(chain.stocked(chain.other_store, chain.milk), 1)
        assert [item["sku_id"] for item in mall.until("stock").data["items"]] == [chain.milk.id]


def test_new_sharing_rules_make_readers_load_again(live, chain):
    with stream(mall_url(live, chain.store)) as mall:
        mall.until("open")
        inventory.set_sharing(owner_id=chain.dealer.id, is_shared=True, actor=SYSTEM, now=system_clock.now())
        assert mall.until("reset").data == {"reason": "sharing"}
        inventory.remove_sharing(owner_id=chain.dealer.id, actor=SYSTEM, now=system_clock.now())
        assert mall.until("reset").data == {"reason": "sharing"}


def test_who_may_read(live, chain, till, shopper):
    strangers = {"": 401, "nonsense": 401, shopper.token: 401, till.staff_token: 401}
    for token, status in strangers.items():
        with stream(till_url(live), token=token) as counter:
            assert counter.answer.status_code == status
            assert counter.answer.json()["code"] == "unauthenticated"
    refused = {
        f"{live.url}{MALL}/stores/999999999/stock/live": (404, "mall.store_unknown"),
        f"{live.url}{MALL}/stores/{chain.warehouse.unit.id}/stock/live": (404, "mall.store_unknown"),
        f"{mall_url(live, chain.store)}?skus=1;2": (422, "request.invalid"),
        f"{mall_url(live, chain.store)}?skus={','.join(['1'] * 201)}": (422, "request.invalid"),
    }
    for url, expected in refused.items():
        answer = requests.get(url, timeout=10)
        assert (answer.status_code, answer.json()["code"]) == expected
    wrong = requests.post(mall_url(live, chain.store), timeout=10)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")


def test_the_stream_of_a_store_that_closes_ends(live, chain):
    store = units.make_store(parent_id=chain.region.id)
    with stream(mall_url(live, store)) as mall:
        mall.until("open")
        organization.close_unit(unit_id=store.unit.id, actor=SYSTEM, now=system_clock.now())
        assert mall.until("closed").data == {"reason": "store_closed"}
        assert mall.next() is None


def test_a_lost_database_loses_nothing(live, chain):
    """All connections of the server are cut, and goods move before it has new ones."""
    before = counted(chain, chain.bread)
    with stream(mall_url(live, chain.store)) as mall:
        mall.until("open")
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        hold(chain.stocked(chain.store, chain.bread), 2)
        assert mall.figure(chain.bread.id, available=before - 2)
        hold(chain.stocked(chain.store, chain.bread), 1)
        assert mall.figure(chain.bread.id, available=before - 3)


def test_a_server_that_stops_says_so_and_does_not_wait_for_its_readers(chain):
    with ExitStack() as running:
        short_lived = running.enter_context(live_server())
        with stream(mall_url(short_lived, chain.store)) as mall:
            mall.until("open")
            began = time.monotonic()
            stopping = threading.Thread(target=running.pop_all().close)
            stopping.start()
            assert mall.until("closed").data == {"reason": "server_stops"}
            assert mall.next() is None
            stopping.join()
            assert time.monotonic() - began < STOPPED_WITHIN_S
