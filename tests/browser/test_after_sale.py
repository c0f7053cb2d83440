"""After-sale requests, invoices and parcels by real clicks, and what customers hear of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import JournalPrice, TenderGiven, WantedLine
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery, Order
from tests.browser.desk import Desk, sit_down
from tests.harness import console
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import command, place, stock_of, till_command
from tests.harness.clients import MallClient
from tests.harness.identity import Person
from tests.harness.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.slow]
REQUESTS, INVOICES = "aftersales.request", "orders.invoicerequest"
Sit = Callable[[Person], Desk]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=50)


@pytest.fixture
def sit(live: Live, chromium: Browser) -> Iterator[Sit]:
    """Sit people down; at the end nothing was loaded from outside and nothing was complained of."""
    desks: list[Desk] = []

    def down(person: Person) -> Desk:
        desks.append(sit_down(chromium, live.url, person, language="en"))
        return desks[-1]

    yield down
    for desk in desks:
        desk.close()


def bought(chain: Chain) -> tuple[MallClient, Order]:
    """Let a new member buy two cartons of milk at the till."""
    mall = MallClient().sign_in()
    member_id = UUID(mall.member_id)
    return mall, place(till_command(chain.store, (chain.milk, 2), cash_fen=2 * MILK_FEN, member_id=member_id))


def asked(chain: Chain) -> tuple[MallClient, Order, str]:
    """Let a new member ask to bring one of two cartons back; return the request's id too."""
    mall, order = bought(chain)
    wish = {"id": str(uuid7()), "kind": "return", "lines": [{"number": 1, "quantity": 1}], "reason": "quality"}
    told = mall.post(f"/orders/{order.id}/requests", wish | {"text": "漏了"}, **{"Idempotency-Key": str(uuid4())})
    assert told.status in (200, 201), told.body
    return mall, order, wish["id"]


def act(desk: Desk, deed: str, **fields: str) -> None:
    """Open a deed from the row's page, look at it, fill it in and do it."""
    page = desk.page
    page.get_by_role("link", name=deed, exact=True).click()
    expect(page.get_by_role("heading", name=deed, exact=True, level=1)).to_be_visible()
    for label, value in fields.items():
        page.locator(f"[name={label}]").fill(value)
    page.get_by_role("button", name=deed, exact=True).click()


def test_aft_01_a_request_is_approved_and_the_goods_are_taken_in(chain: Chain, sit: Sit):
    mall, order, request_id = asked(chain)
    before = stock_of(chain.store, chain.milk)[0]
    desk = sit(chain.manager)
    page = desk.page
    desk.go(console.list_address(REQUESTS))
    page.fill("input[name=q]", mall.get(f"/me/requests/{request_id}").expect(200)["code"])
    page.keyboard.press("Enter")
    page.locator("#result_list tbody a").first.click()
    expect(page.get_by_text("漏了")).to_be_visible()
    assert desk.look() == []
    act(desk, "Approve", answer="请带到店里")
    expect(page.locator(".qy-badge", has_text="Approved").first).to_be_visible()
    heard = mall.get(f"/me/requests/{request_id}").expect(200)
    assert (heard["state"], heard["answer"]) == ("approved", "请带到店里")
    assert orders.order(id=order.id).refunded_fen == 0

    page.get_by_role("link", name="Take the goods in", exact=True).click()
    page.locator("select[name=restock_1]").select_option("sellable")
    assert desk.look() == []
    page.get_by_role("button", name="Take the goods in", exact=True).click()
    expect(page.get_by_text("is done: ¥6.50 goes back.")).to_be_visible()
    heard = mall.get(f"/me/requests/{request_id}").expect(200)
    assert (heard["state"], heard["amount_fen"]) == ("done", MILK_FEN)
    assert (orders.order(id=order.id).refunded_fen, stock_of(chain.store, chain.milk)[0]) == (MILK_FEN, before + 1)
    for gone in ("Approve", "Take the goods in", "Refuse"):
        expect(page.get_by_role("link", name=gone, exact=True)).to_have_count(0)
    assert desk.look() == []


def test_aft_01_a_request_is_refused_with_a_reason_that_the_customer_reads(chain: Chain, sit: Sit):
    mall, order, request_id = asked(chain)
    desk = sit(chain.manager)
    desk.go(console.row_address(REQUESTS, request_id))
    act(desk, "Refuse")
    # Without a word nothing happens, and the form says what is missing.
    expect(desk.page.get_by_text("This field is required.")).to_be_visible()
    assert mall.get(f"/me/requests/{request_id}").expect(200)["state"] == "asked"
    assert desk.look() == []
    desk.page.locator("[name=answer]").fill("已拆封使用")
    desk.page.get_by_role("button", name="Refuse", exact=True).click()
    expect(desk.page.locator(".qy-badge", has_text="Refused").first).to_be_visible()
    heard = mall.get(f"/me/requests/{request_id}").expect(200)
    assert (heard["state"], heard["answer"]) == ("refused", "已拆封使用")
    assert orders.order(id=order.id).refunded_fen == 0


def test_aft_01_who_refuses_what_a_colleague_has_approved_meanwhile_is_told(chain: Chain, sit: Sit):
    mall, _order, request_id = asked(chain)
    desk = sit(chain.manager)
    page = desk.page
    desk.go(console.deed_address(REQUESTS, request_id, "refuse"))
    aftersales.approve(request_id=UUID(request_id), actor=SYSTEM, now=system_clock.now())
    page.locator("[name=answer]").fill("已拆封使用")
    page.get_by_role("button", name="Refuse", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("[name=answer]")).to_have_value("已拆封使用")
    assert mall.get(f"/me/requests/{request_id}").expect(200)["state"] == "approved"
    # Who has seen that it is approved may still refuse it.
    desk.go(console.row_address(REQUESTS, request_id))
    act(desk, "Refuse", answer="已拆封使用")
    expect(page.locator(".qy-badge", has_text="Refused").first).to_be_visible()
    assert mall.get(f"/me/requests/{request_id}").expect(200)["state"] == "refused"


def test_a_parcel_is_given_to_its_carrier_and_its_way_stands_on_the_order(chain: Chain, sit: Sit):
    line = WantedLine(sku_id=chain.milk.id, quantity=1, journal=JournalPrice(unit_price_fen=650, net_fen=650))
    order = place(command(chain.store, lines=(line,), delivery=Delivery.EXPRESS))
    tender = TenderGiven(tender="card", amount_fen=order.payable_fen)
    checkout.add_tenders(order_id=order.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())
    desk = sit(chain.manager)
    page = desk.page
    desk.go(console.row_address("orders.order", order.id))
    page.get_by_role("link", name="Give to a carrier", exact=True).click()
    page.locator("select[name=carrier]").select_option("YTO")
    page.locator("[name=tracking]").fill("YT20261123")
    page.get_by_role("button", name="Give to a carrier", exact=True).click()
    way = page.locator(".qy-card", has=page.get_by_role("heading", name="YTO Express YT20261123"))
    expect(way.get_by_text("Given to the carrier")).to_be_visible()
    expect(way.get_by_text("Under way")).to_be_visible()
    (sent,) = fulfilment.parcels_of(order_ids=[order.id])[order.id]
    assert (sent.carrier, sent.number, sent.state.value) == ("YTO", "YT20261123", "moving")
    assert desk.look() == []


def test_an_invoice_is_noted_with_its_number_and_another_one_refused(chain: Chain, sit: Sit):
    wish = {"kind": "person", "title": "张小三", "email": "zhang.san@example.com"}
    waiting = []
    for _ in range(2):
        mall, order = bought(chain)
        mall.post(f"/orders/{order.id}/invoice", wish, **{"Idempotency-Key": str(uuid4())}).expect(201)
        waiting.append((mall, order))
    desk = sit(chain.manager)
    page = desk.page
    (mall, order), (other, refused) = waiting
    desk.go(f"{console.list_address(INVOICES)}?q={order.number}")
    assert desk.look() == []
    page.locator("#result_list tbody a").first.click()
    expect(page.get_by_text("张*三")).to_be_visible()
    act(desk, "Note the invoice", number="24442000000012345678", link="http://inv.example/1")
    expect(page.get_by_text("The link must begin with https://.")).to_be_visible()
    assert mall.get(f"/orders/{order.id}").expect(200)["invoice"]["state"] == "requested"
    page.locator("[name=link]").fill("https://inv.example/1")
    page.get_by_role("button", name="Note the invoice", exact=True).click()
    expect(page.get_by_text("is issued about ¥13.00.")).to_be_visible()
    heard = mall.get(f"/orders/{order.id}").expect(200)["invoice"]
    assert (heard["state"], heard["number"], heard["link"]) == (
        "issued",
        "24442000000012345678",
        "https://inv.example/1",
    )
    expect(page.get_by_role("link", name="Note the invoice", exact=True)).to_have_count(0)
    assert desk.look() == []

    desk.go(f"{console.list_address(INVOICES)}?q={refused.number}")
    page.locator("#result_list tbody a").first.click()
    act(desk, "Refuse", answer="抬头与付款人不符")
    expect(page.get_by_text("Refused; the customer reads why.")).to_be_visible()
    heard = other.get(f"/orders/{refused.id}").expect(200)["invoice"]
    assert (heard["state"], heard["answer"]) == ("refused", "抬头与付款人不符")
