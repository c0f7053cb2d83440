"""Staff decide about after-sale requests and invoices in the console; nobody else, and nothing twice."""

from __future__ import annotations

import pytest
from django.test import Client

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import AskCommand, AskedLine, Request, RequestKind
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import InvoiceKind, InvoiceWish, Order
from tests.harness import console
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import place, stock_of, till_command
from tests.harness.identity import Person, make_person
from tests.harness.members import make_member

REQUESTS, INVOICES = "aftersales.request", "orders.invoicerequest"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


@pytest.fixture(scope="module")
def manager(chain: Chain) -> Person:
    return make_person("store_manager", unit_id=chain.store.unit.id)


@pytest.fixture
def browser(manager: Person) -> Client:
    return console.signed_in(manager)


def sold(chain: Chain, member) -> Order:
    return place(till_command(chain.store, (chain.milk, 2), cash_fen=2 * MILK_FEN, member_id=member.id))


def asked(chain: Chain, kind: RequestKind = RequestKind.RETURN) -> Request:
    member = make_member()
    wanted = AskCommand(uuid7(), sold(chain, member).id, kind, (AskedLine(1, 1),), "quality", "漏了")
    actor = Actor(kind=ActorKind.MEMBER, id=str(member.id))
    return aftersales.ask(command=wanted, member_id=member.id, actor=actor, now=system_clock.now())


def act(browser: Client, where: str, key: object, deed: str, **values: str) -> int:
    return browser.post(console.deed_address(where, key, deed), values).status_code


def state(request: Request) -> str:
    return aftersales.request(request_id=request.id).state.value


def test_aft_01_a_return_goes_from_the_list_to_the_money(chain, browser):
    request = asked(chain)
    found = browser.get(console.list_address(REQUESTS), {"q": request.code}).content.decode()
    assert request.number in found
    assert (act(browser, REQUESTS, request.id, "approve", answer="请带来"), state(request)) == (302, "approved")
    before = stock_of(chain.store, chain.milk)[0]
    assert act(browser, REQUESTS, request.id, "receive", restock_1="sellable") == 302
    assert (state(request), stock_of(chain.store, chain.milk)[0]) == ("done", before + 1)
    assert orders.order(id=request.order_id).refunded_fen == MILK_FEN
    # The deed is gone; posting it once more moves nothing.
    assert act(browser, REQUESTS, request.id, "receive", restock_1="sellable") in (404, 422)
    assert orders.order(id=request.order_id).refunded_fen == MILK_FEN


def test_aft_02_an_exchange_is_swapped_or_paid_back(chain, browser):
    swapped, instead = asked(chain, RequestKind.EXCHANGE), asked(chain, RequestKind.EXCHANGE)
    for request, deed, refunded in ((swapped, "swap", 0), (instead, "instead", MILK_FEN)):
        act(browser, REQUESTS, request.id, "approve", answer="")
        assert (act(browser, REQUESTS, request.id, deed, restock_1="damaged"), state(request)) == (302, "done")
        assert orders.order(id=request.order_id).refunded_fen == refunded


def test_aft_01_a_refusal_needs_a_reason(chain, browser):
    request = asked(chain)
    assert (act(browser, REQUESTS, request.id, "refuse", answer=""), state(request)) == (422, "asked")
    assert (act(browser, REQUESTS, request.id, "refuse", answer="已使用"), state(request)) == (302, "refused")


def test_aft_01_a_page_tells_its_story_in_both_languages(chain, manager):
    request = asked(chain, RequestKind.EXCHANGE)
    for language, words in (("en", ("Exchange", "Quality problem")), ("zh-hans", ("换货", "质量问题", "漏了"))):
        page = console.signed_in(manager, language).get(console.row_address(REQUESTS, request.id)).content.decode()
        assert [word for word in (*words, request.code) if word not in page] == []


def test_aft_01_another_store_sees_and_decides_nothing(chain):
    request = asked(chain)
    other = console.signed_in(make_person("store_manager", unit_id=make_chain(stock=1).store.unit.id))
    assert other.get(console.row_address(REQUESTS, request.id)).status_code == 404
    assert (act(other, REQUESTS, request.id, "approve", answer=""), state(request)) == (404, "asked")


def test_an_associate_sees_requests_and_decides_none(chain):
    request = asked(chain)
    cashier = console.signed_in(make_person("cashier", unit_id=chain.store.unit.id))
    assert act(cashier, REQUESTS, request.id, "approve", answer="") in (403, 404)
    assert state(request) == "asked"


def test_an_invoice_is_issued_from_the_list(chain, browser):
    member = make_member()
    order = sold(chain, member)
    wish = InvoiceWish(InvoiceKind.PERSON, "张小三", email="zhang.san@example.com")
    invoice = orders.ask_invoice(order_id=order.id, member_id=member.id, wish=wish, now=system_clock.now())
    page = browser.get(console.row_address(INVOICES, invoice.id)).content.decode()
    assert "张*三" in page
    assert "张小三" not in page
    assert act(browser, INVOICES, invoice.id, "issue", number="2444200000001", link="ftp://x") == 422
    assert orders.invoice(invoice_id=invoice.id).state == "requested"
    assert act(browser, INVOICES, invoice.id, "issue", number="2444200000001", link="") == 302
    assert orders.invoice(invoice_id=invoice.id).number == "2444200000001"
