"""Returns over the counter: what is shown before is what is done after, and a paper leads to its receipt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.platform import db, settings_tree
from tests.harness import identity
from tests.harness.chain import MILK_FEN, TEA_FEN, Chain
from tests.harness.clients import TillClient, cash


def _line(quantity: int, *, number: int = 1, **more: Any) -> dict[str, Any]:
    return {"line_number": number, "quantity": quantity, **more}


def _previewed(till: TillClient, number: str, *lines: dict[str, Any]) -> dict[str, Any]:
    """Look at a return, then book it; both say the same of money and rights."""
    path = f"/receipts/{number}/returns"
    shown: dict[str, Any] = till.post(f"{path}/preview", {"lines": list(lines)}).expect(200)
    done = till.post(path, {"id": str(uuid7()), "reason": "size", "lines": list(lines)}).expect(201)
    assert {name: done[name] for name in shown} == shown
    return shown


def _paper_number(till: TillClient, seq: int) -> str:
    return f"{till.till['code']}-{seq:06d}"


@pytest.fixture
def there(chain: Chain) -> TillClient:
    """A till of the other store."""
    made = TillClient(chain.other_store).sign_in(identity.make_person("cashier", unit_id=chain.other_store.unit.id))
    made.open_shift()
    return made


def test_the_preview_names_the_tenders_that_the_return_pays_back_by_the_last_one_first(chain: Chain, till: TillClient):
    tenders = [
        {"tender": "card", "amount_fen": 2000, "reference": "8842"},
        {"tender": "card", "amount_fen": 1000},
        *cash(4 * TEA_FEN - 3000),
    ]
    number = till.sell({chain.tea.id: 4}, tenders=tenders).expect(201)["order"]["number"]
    cash_fen = 4 * TEA_FEN - 3000
    first = _previewed(till, number, _line(3))
    assert (first["amount_fen"], first["refunds"]) == (3 * TEA_FEN, [["cash", 3 * TEA_FEN]])
    # What is left of the cash, then the cards, the second one first.
    last = _previewed(till, number, _line(1))
    assert last["refunds"] == [["card", 2000], ["card", 1000], ["cash", cash_fen - 3 * TEA_FEN]]
    refused = till.post(f"/receipts/{number}/returns/preview", {"lines": [_line(1)]})
    assert (refused.status, refused.code) == (409, "aftersales.return_too_much")


def test_a_return_of_nothing_that_was_paid_goes_back_to_no_tender(chain: Chain, till: TillClient):
    lines = [{"sku_id": chain.milk.id, "quantity": 1, "discount_fen": MILK_FEN}]
    manager = TillClient(chain.store).sign_in(chain.manager)
    manager.open_shift()
    sale = {**manager.sale({}), "lines": lines, "tenders": []}
    number = manager.post("/sales", sale).expect(201)["order"]["number"]
    shown = _previewed(till, number, _line(1))
    assert (shown["amount_fen"], shown["refunds"]) == (0, [])


def test_a_paper_leads_to_its_receipt_by_its_number_and_by_its_code(chain: Chain, till: TillClient, there: TillClient):
    sale = till.sale({chain.milk.id: 1}, tenders=cash(MILK_FEN))
    number = till.post("/sales", sale).expect(201)["order"]["number"]
    code = UUID(sale["id"]).hex
    for text in (number, _paper_number(till, sale["seq"]), code):
        found = till.get(f"/receipts/{text}").expect(200)
        assert (found["number"], found["lines"][0]["sku_id"], found["is_return_late"]) == (number, chain.milk.id, False)
    # Every store counts its own tills: there the number on the paper is another sale's, or none.
    assert there.get(f"/receipts/{_paper_number(till, sale['seq'])}").code == "pos.receipt_unknown"
    assert there.get(f"/receipts/{code}").expect(200)["number"] == number
    node = f"terminal:{there.till['device_id']}"
    settings_tree.set_value(SYSTEM, node, "pos.returns_across_stores", False, system_clock.now())
    assert there.get(f"/receipts/{code}").code == "pos.receipt_unknown"
    assert till.get(f"/receipts/{_paper_number(till, 999_999)}").code == "pos.receipt_unknown"
    assert till.get(f"/receipts/{uuid7().hex}").code == "pos.receipt_unknown"


def test_goods_come_back_by_the_papers_number_once(chain: Chain, till: TillClient):
    sale = till.sale({chain.milk.id: 2}, tenders=cash(2 * MILK_FEN))
    till.post("/sales", sale).expect(201)
    before = chain.stocked(chain.store, chain.milk).counters()
    path = f"/receipts/{_paper_number(till, sale['seq'])}/returns"
    body = {"id": str(uuid7()), "reason": "size", "lines": [_line(2)]}
    done = till.post(path, body).expect(201)
    assert till.post(path, body).expect(201) == done
    assert chain.stocked(chain.store, chain.milk).counters() == (before[0] + 2, before[1])


def test_a_receipt_says_that_its_days_for_returns_are_over_and_the_counter_decides(chain: Chain, till: TillClient):
    sold = till.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN)).expect(201)["order"]
    node = f"unit:{chain.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "aftersales.request_days", 0, system_clock.now())
    try:
        assert till.get(f"/receipts/{sold['number']}").expect(200)["is_return_late"] is True
    finally:
        settings_tree.set_value(SYSTEM, node, "aftersales.request_days", None, system_clock.now())
    assert _previewed(till, sold["number"], _line(1))["amount_fen"] == MILK_FEN
    assert db.value("SELECT count(*) FROM aftersales_return WHERE order_id = %s", [sold["id"]]) == 1
