"""The page of an order: how far it is, lines that add up, one line of time with all that happened, paper."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import JournalPrice, TenderGiven, WantedLine
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery, Order
from quanyu.platform import outbox
from quanyu.platform.console.formats import yuan
from tests.harness import checkout as buying
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_person


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=300)


@pytest.fixture(scope="module")
def browser() -> Client:
    return console.signed_in(make_person("head_office"))


def shown(browser: Client, order: Order) -> str:
    return browser.get(console.row_address("orders.order", order.id)).content.decode()


def moments(page: str) -> list[tuple[str, str]]:
    """Return (kind, title) of the line of time as it stands, newest first."""
    return re.findall(r'qy-moment qy-tone-\w+" data-kind="(\w+)">.*?<strong>(.*?)</strong>', page, flags=re.DOTALL)


def marks(page: str) -> list[tuple[str, str]]:
    """Return (look, title) of the stations."""
    return re.findall(r'qy-mark qy-mark-(\w+)"[^>]*><strong>(.*?)</strong>', page)


def parcel(chain: Chain, quantity: int = 2) -> Order:
    line = WantedLine(
        sku_id=chain.milk.id, quantity=quantity, journal=JournalPrice(unit_price_fen=650, net_fen=650 * quantity)
    )
    order = buying.place(buying.command(chain.store, lines=(line,), delivery=Delivery.EXPRESS))
    tender = TenderGiven(tender="card", amount_fen=order.payable_fen)
    return checkout.add_tenders(order_id=order.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())


def test_what_happened_stands_in_one_line_newest_first(browser, chain):
    life = console.live_a_little(chain, chain.store)
    sent = {"reason": "坏了"}
    assert browser.post(console.deed_address("orders.order", life.paid.id, "cancel"), sent).status_code == 302
    outbox.drain()
    page = shown(browser, life.paid)
    found = moments(page)
    kinds = {kind for kind, _title in found}
    assert kinds == {"state", "money", "stock", "event", "audit"}
    states = [title for kind, title in found if kind == "state"]
    assert (states[0], sorted(states[1:])) == ("Cancelled", ["Paid", "Placed"])
    titles = [title for _kind, title in found]
    fen = yuan(life.paid.payable_fen)
    assert {f"Bank card (recorded): {fen} paid", f"Bank card (recorded): {fen} refunded"} <= set(titles)
    assert "Cancelled a paid order" in titles
    assert "Event “Order cancelled” delivered" in titles
    assert page.count("坏了") >= 2
    assert marks(page) == [("done", "Placed"), ("done", "Paid"), ("bad", "Cancelled"), ("bad", "Refunded whole")]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("unpaid", ["done Placed", "now Waiting for payment", "open Ready for pickup", "open Goods handed over"]),
        ("paid", ["done Placed", "done Paid", "now Ready for pickup", "open Goods handed over"]),
        ("sold", ["done Placed", "done Paid", "done Taken along"]),
    ],
)
def test_the_stations_say_how_far_an_order_is(browser, chain, which, expected):
    order = getattr(console.live_a_little(chain, chain.store), which)
    assert [f"{look} {title}" for look, title in marks(shown(browser, order))][:-1] == expected


def test_every_discount_opens_below_its_line_with_its_bearer(browser, chain):
    line = WantedLine(sku_id=chain.milk.id, quantity=2, manual_discount_fen=100)
    wanted = buying.command(chain.store, lines=(line,))
    order = buying.place(buying.till_command(chain.store, lines=(line,), cash_fen=checkout_amount(wanted)))
    page = shown(browser, order)
    subs = re.findall(r"<li><b>(.*?)</b> <span>(.*?)</span>", page)
    assert ("-¥1.00", "At the till") in subs
    assert "equals the order" in page
    assert "differs from the order" not in page


def checkout_amount(wanted) -> int:
    return checkout.quote(command=wanted, actor=SYSTEM, now=system_clock.now()).payable_fen


def test_an_order_is_given_to_another_store_on_its_page(browser, chain):
    order = parcel(chain)
    address = console.deed_address("orders.order", order.id, "reassign")
    form = browser.get(address).content.decode()
    assert "has everything" in form
    sent = {"location_id": str(chain.other_store.unit.id), "reason": "就近发货"}
    assert browser.post(address, sent).status_code == 302
    assert orders.order(id=order.id).lines[0].location_id == chain.other_store.unit.id
    page = shown(browser, order)
    assert ("audit", "Gave an order to another store") in moments(page)
    assert page.count("就近发货") == 1


def test_what_is_missing_there_is_said_by_name_and_nothing_moves(browser, chain):
    order = parcel(chain, 250)
    address = console.deed_address("orders.order", order.id, "reassign")
    sent = {"location_id": str(chain.franchise.unit.id), "reason": "就近发货"}
    refused = browser.post(address, sent)
    assert refused.status_code == 422
    assert "250" in refused.content.decode()
    assert orders.order(id=order.id) == order


@pytest.mark.parametrize("form", ["58", "80", "a4"])
def test_an_order_is_printed_by_who_may_see_it(browser, chain, form):
    order = parcel(chain)
    address = f"/console/order-print/?order={order.id}&form={form}"
    page = browser.get(address).content.decode()
    assert f"qy-paper-{form}" in page
    assert order.number in page
    elsewhere = console.signed_in(make_person("cashier", unit_id=chain.other_store.unit.id))
    assert elsewhere.get(address).status_code == 404
    assert browser.get(f"/console/order-print/?order={order.id}&form=a5").status_code == 404


def test_the_page_asks_a_fixed_number_of_questions(browser, chain):
    few, many = parcel(chain, 1), console.live_a_little(chain, chain.store).sold

    def asked(order: Order) -> int:
        with CaptureQueriesContext(connection) as captured:
            shown(browser, order)
        return len(captured)

    asked(few)
    assert asked(many) <= asked(few) + 3 <= 30
