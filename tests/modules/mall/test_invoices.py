"""The invoice of an order: asked for once, about what was paid and stayed, issued or refused by accountants."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import TenderGiven
from quanyu.modules.orders import api as orders
from quanyu.modules.orders import rules
from quanyu.modules.orders.contracts import InvoiceAnswered, InvoiceEarly, InvoiceNotPossible, InvoiceUnknown, Order
from quanyu.platform import db
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import command, place, till_command
from tests.harness.clients import MallClient, Reply

COMPANY = {"kind": "company", "title": "深圳市测试贸易有限公司", "tax_number": "91350100M000100Y43"}
PERSON = {"kind": "person", "title": "张小三", "email": "zhang.san@example.com"}


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=300)


def shopper(chain: Chain, quantity: int = 3) -> tuple[MallClient, Order]:
    mall = MallClient().sign_in()
    wanted = till_command(
        chain.store, (chain.milk, quantity), cash_fen=quantity * MILK_FEN, member_id=UUID(mall.member_id)
    )
    return mall, place(wanted)


def ask(mall: MallClient, order: Order, wanted: dict[str, str]) -> Reply:
    return mall.post(f"/orders/{order.id}/invoice", wanted, **{"Idempotency-Key": str(uuid4())})


def by_staff(**more):
    return {"actor": SYSTEM, "now": system_clock.now()} | more


def pay_and_hand_over(order: Order) -> None:
    tender = TenderGiven(tender="card", amount_fen=order.payable_fen)
    paid = checkout.add_tenders(order_id=order.id, tenders=(tender,), till=None, **by_staff())
    checkout.hand_over(order_id=order.id, code=paid.pickup_code, store_id=order.selling_store_id, **by_staff())


def give_back(order: Order, quantity: int) -> None:
    lines = (ReturnedLine(1, quantity),)
    aftersales.return_lines(
        command=ReturnCommand(id=uuid7(), order_id=order.id, lines=lines, reason="unwanted"), **by_staff()
    )


def the_id(order: Order) -> UUID:
    return orders.invoices_of(order_ids=[order.id])[order.id].id


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91440300708461136T", "911100001000013428"])
def test_the_last_character_of_a_credit_code_checks_the_others(code):
    assert rules.is_credit_code(code) is (code != "911100001000013428")


@given(st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_character_of_a_credit_code_is_always_seen(place_, other):
    code = "91350100M000100Y43"
    wrong = code[:place_] + other + code[place_ + 1 :]
    assert rules.is_credit_code(wrong) is (wrong == code)


def test_an_invoice_is_asked_for_shown_and_issued(chain):
    mall, order = shopper(chain)
    assert mall.get(f"/orders/{order.id}").expect(200)["may"]["invoice"] is True
    asked = ask(mall, order, PERSON).expect(201)
    assert (asked["state"], asked["title"], asked["email_masked"]) == ("requested", "张小三", "z***@example.com")
    shown = mall.get(f"/orders/{order.id}").expect(200)
    assert (shown["invoice"], shown["may"]["invoice"]) == (asked, False)
    orders.issue_invoice(
        invoice_id=the_id(order), number="24442000000012345678", link="https://inv.example/1", **by_staff()
    )
    issued = mall.get(f"/orders/{order.id}").expect(200)["invoice"]
    assert (issued["state"], issued["number"], issued["link"]) == (
        "issued",
        "24442000000012345678",
        "https://inv.example/1",
    )
    with pytest.raises(InvoiceAnswered):
        orders.refuse_invoice(invoice_id=the_id(order), answer="zu spät", **by_staff())


def test_a_company_needs_its_number_and_nothing_else_is_taken(chain):
    mall, order = shopper(chain)
    for wrong, field in (
        (COMPANY | {"tax_number": "91350100M000100Y44"}, "tax_number"),
        (COMPANY | {"tax_number": ""}, "tax_number"),
        (PERSON | {"tax_number": COMPANY["tax_number"]}, "tax_number"),
        (PERSON | {"email": "nobody"}, "email"),
        (PERSON | {"title": "  "}, "title"),
    ):
        refused = ask(mall, order, wrong)
        assert (refused.status, refused.code, refused.body["field"]) == (422, "orders.invoice_invalid", field)
    assert orders.invoices_of(order_ids=[order.id]) == {}
    asked = ask(mall, order, COMPANY | {"tax_number": COMPANY["tax_number"].lower()}).expect(201)
    assert (asked["title"], asked["tax_number"]) == (COMPANY["title"], COMPANY["tax_number"])


def test_one_invoice_an_order_until_it_was_refused(chain):
    mall, order = shopper(chain)
    ask(mall, order, PERSON).expect(201)
    again = ask(mall, order, COMPANY)
    assert (again.status, again.code) == (409, "orders.invoice_asked")
    orders.refuse_invoice(invoice_id=the_id(order), answer="抬头有误", **by_staff())
    shown = mall.get(f"/orders/{order.id}").expect(200)
    assert (shown["invoice"]["state"], shown["invoice"]["answer"]) == ("refused", "抬头有误")
    assert shown["may"]["invoice"] is True
    assert ask(mall, order, COMPANY).expect(201)["state"] == "requested"


def test_it_is_about_what_was_paid_and_has_not_gone_back(chain):
    mall, order = shopper(chain, 3)
    give_back(order, 1)
    ask(mall, order, PERSON).expect(201)
    assert orders.invoices_of(order_ids=[order.id])[order.id].amount_fen == 2 * MILK_FEN
    give_back(order, 1)
    issued = orders.issue_invoice(invoice_id=the_id(order), number="1", **by_staff())
    assert issued.amount_fen == MILK_FEN


def test_an_invoice_asked_for_with_the_order_is_due_when_the_goods_are_handed_over(chain):
    mall = MallClient().sign_in()
    waiting = place(command(chain.store, (chain.milk, 2), member_id=UUID(mall.member_id)))
    assert mall.get(f"/orders/{waiting.id}").expect(200)["may"]["invoice"] is True
    assert ask(mall, waiting, PERSON).expect(201)["state"] == "requested"
    with pytest.raises(InvoiceEarly):
        orders.issue_invoice(invoice_id=the_id(waiting), number="1", **by_staff())
    assert orders.invoices_of(order_ids=[waiting.id])[waiting.id].state == "requested"
    pay_and_hand_over(waiting)
    issued = orders.issue_invoice(invoice_id=the_id(waiting), number="1", **by_staff())
    assert (issued.state, issued.amount_fen) == ("issued", 2 * MILK_FEN)


def test_no_invoice_without_money(chain):
    mall, order = shopper(chain, 1)
    give_back(order, 1)
    refused = ask(mall, order, PERSON)
    assert (refused.status, refused.code) == (409, "orders.invoice_not_possible")
    cancelled = place(command(chain.store, (chain.milk, 1), member_id=UUID(mall.member_id)))
    mall.post(f"/orders/{cancelled.id}/cancellation", {}).expect(200)
    assert ask(mall, cancelled, PERSON).code == "orders.invoice_not_possible"
    assert mall.get(f"/orders/{cancelled.id}").expect(200)["may"]["invoice"] is False
    other, late = shopper(chain, 1)
    ask(other, late, PERSON).expect(201)
    give_back(late, 1)
    with pytest.raises(InvoiceNotPossible):
        orders.issue_invoice(invoice_id=the_id(late), number="1", **by_staff())
    assert orders.invoices_of(order_ids=[late.id])[late.id].state == "requested"


def test_somebody_elses_order_has_no_invoice_to_ask_for(chain):
    (_, order), (other, _) = shopper(chain), shopper(chain)
    refused = ask(other, order, PERSON)
    assert (refused.status, refused.code) == (404, "orders.order_unknown")
    assert orders.invoices_of(order_ids=[order.id]) == {}


def test_nobody_answers_without_the_permission(chain):
    mall, order = shopper(chain)
    ask(mall, order, PERSON).expect(201)
    nobody = Actor(kind=ActorKind.STAFF, id="1")
    with pytest.raises((Forbidden, InvoiceUnknown)):
        orders.issue_invoice(invoice_id=the_id(order), number="1", **by_staff(actor=nobody))
    assert orders.invoices_of(order_ids=[order.id])[order.id].state == "requested"


def test_who_it_is_for_lies_encrypted_and_is_forgotten_with_the_member(chain):
    mall, order = shopper(chain)
    ask(mall, order, PERSON).expect(201)
    row = db.row("SELECT * FROM orders_invoice WHERE order_id = %s", [order.id])
    assert (row["title_masked"], row["email_masked"]) == ("张*三", "z***@example.com")
    for blob in (bytes(row["title_encrypted"]), bytes(row["email_encrypted"])):
        assert "张小三".encode() not in blob
        assert b"zhang" not in blob
    shown = orders.reveal_invoice(invoice_id=row["id"], purpose="开具发票", **by_staff())
    assert shown == {"title": "张小三", "email": "zhang.san@example.com"}
    db.execute("SELECT orders_forget_invoices(%s)", [[UUID(mall.member_id)]])
    kept = orders.invoices_of(order_ids=[order.id])[order.id]
    assert (kept.title, kept.email_masked, kept.amount_fen) == ("", "", 3 * MILK_FEN)
    assert kept.requested_at <= datetime.now(UTC)
