"""Sales of tills that need a person: booked again from the console, looked at once, never with a card's number."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Forbidden, Problem
from quanyu.modules.orders import api as orders
from quanyu.modules.pos import api as pos
from quanyu.modules.pos.ops import till_sales as ops
from quanyu.modules.pos.rules.till_sales import TillSaleMoved, TillSaleUnknown
from quanyu.platform import db
from tests.harness import console
from tests.harness.chain import MILK_FEN, Chain, make_chain, put
from tests.harness.clients import TillClient
from tests.harness.identity import Person, make_person
from tests.modules.pos.test_till_sales import OfflineTill, only_what_the_books_have

VISA = "4111 1111 1111 1111"


@pytest.fixture
def offline(chain: Chain, till: TillClient) -> OfflineTill:
    return OfflineTill(till, chain)


@pytest.fixture(scope="module")
def manager(chain: Chain) -> Person:
    return make_person("store_manager", unit_id=chain.store.unit.id)


def noted(made: dict[str, Any]) -> dict[str, Any]:
    row = db.row("SELECT * FROM pos_till_sale WHERE id = %s", [made["sale"]["id"]])
    assert row is not None
    return {**row, "content": json.loads(row["content"])}


def card(reference: str) -> list[dict[str, Any]]:
    return [{"tender": "card", "amount_fen": MILK_FEN, "tendered_fen": None, "reference": reference}]


def test_pos_07_a_whole_card_number_is_noted_by_its_last_digits_only(chain: Chain, offline: OfflineTill):
    made = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)], tenders=card(VISA))
    taken = offline.send(made).expect(201)
    assert (taken["state"], taken["gap_fen"]) == ("booked", 0)
    assert noted(made)["content"]["tenders"] == card("1111")
    kept = "SELECT provider_txn FROM payments_payment WHERE order_id = %s"
    assert db.rows(kept, [made["sale"]["id"]]) == [{"provider_txn": "1111"}]
    # The same sale again is the same sale, and the next one goes on from the till's own digest.
    assert offline.send(made).expect(201) == taken
    assert offline.send(offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)])).expect(201)["state"] == "booked"
    assert db.rows("SELECT * FROM pos_breach_till_chain_broken") == []


def test_pos_07_a_slips_number_is_kept_as_it_is(chain: Chain, offline: OfflineTill):
    made = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)], tenders=card("20261123000017"))
    offline.send(made).expect(201)
    assert noted(made)["content"] == made["sale"]


@pytest.mark.parametrize("days", [-20_000, -32, 1])
def test_pos_07_a_sale_with_an_impossible_time_is_booked_for_when_it_came(
    chain: Chain, offline: OfflineTill, days: int
):
    said = datetime.now(UTC) + timedelta(days=days)
    made = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)], sold_at=said.isoformat())
    taken = offline.send(made).expect(201)
    order = orders.by_number(number=taken["number"])
    assert order.placed_at == datetime.fromisoformat(taken["received_at"])
    assert noted(made)["sold_at"] == said


def test_pos_07_a_sale_of_last_week_is_booked_for_last_week(chain: Chain, offline: OfflineTill):
    said = datetime.now(UTC) - timedelta(days=7)
    made = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)], sold_at=said.isoformat())
    assert orders.by_number(number=offline.send(made).expect(201)["number"]).placed_at == said


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-23T10:00:00"])
def test_pos_07_a_time_at_the_ends_of_the_calendar_or_of_nowhere_is_refused(
    chain: Chain, offline: OfflineTill, said: str
):
    made = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)], sold_at=said)
    refused = offline.send(made)
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "sale.sold_at")
    assert db.value("SELECT count(*) FROM pos_till_sale WHERE id = %s", [made["sale"]["id"]]) == 0


def test_pos_07_the_gap_is_told_again_when_the_first_answer_was_lost(
    chain: Chain, offline: OfflineTill, monkeypatch: pytest.MonkeyPatch
):
    made = offline.made([(chain.milk.id, 1, MILK_FEN - 100, MILK_FEN - 100)])

    def lost(**_of: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(ops, "book", lost)
        assert offline.send(made).status == 500
    assert (noted(made)["state"], noted(made)["gap_fen"]) == ("kept", -100)
    taken = offline.send(made).expect(201)
    assert (taken["state"], taken["gap_fen"]) == ("booked", -100)
    assert orders.by_number(number=taken["number"]).payable_fen == MILK_FEN - 100


def test_pos_07_what_is_kept_is_booked_from_the_console_once_it_can_be(manager: Person):
    chain = make_chain(stock=1)
    only_what_the_books_have(chain)
    boss = make_person("store_manager", unit_id=chain.store.unit.id)
    client = TillClient(chain.store).sign_in(chain.cashier)
    client.open_shift()
    offline = OfflineTill(client, chain)
    made = offline.made([(chain.milk.id, 2, MILK_FEN, 2 * MILK_FEN)])
    assert offline.send(made).expect(201)["state"] == "kept"
    of = {"sale_id": noted(made)["id"], "now": system_clock.now()}
    taken, problem = pos.try_again(actor=boss.actor, **of)
    assert problem is not None
    assert (problem.code, taken.state) == ("inventory.stock_short", "kept")
    put(chain.store, chain.milk, 1)
    # Who works in another store finds no such sale.
    with pytest.raises(TillSaleUnknown):
        pos.try_again(actor=manager.actor, **of)
    taken, problem = pos.try_again(actor=boss.actor, **of)
    assert (problem, taken.state, taken.gap_fen) == (None, "booked", 0)
    assert chain.stocked(chain.store, chain.milk).counters() == (0, 0)
    with pytest.raises(TillSaleMoved):
        pos.try_again(actor=boss.actor, **of)
    assert offline.send(made).expect(201)["number"] == taken.number
    assert orders.by_number(number=taken.number).lines[0].credited_staff_id == chain.cashier.id


def test_pos_07_a_price_below_the_rules_waits_for_a_look_by_who_allows_discounts(
    chain: Chain, offline: OfflineTill, manager: Person
):
    made = offline.made([(chain.milk.id, 1, MILK_FEN - 50, MILK_FEN - 50)])
    assert offline.send(made).expect(201)["gap_fen"] == -50
    of = {"sale_id": noted(made)["id"], "note": "促销价签没有换下来", "now": system_clock.now()}
    with pytest.raises(Forbidden):
        pos.look_at(actor=chain.cashier.actor, **of)
    assert noted(made)["looked_at"] is None
    pos.look_at(actor=manager.actor, **of)
    row = noted(made)
    assert (row["looked_by_id"], row["look_note"], row["payable_fen"]) == (manager.id, of["note"], MILK_FEN - 50)
    with pytest.raises(TillSaleMoved):
        pos.look_at(actor=manager.actor, **of)
    told = "SELECT detail->>'gap_fen' AS gap FROM platform_audit WHERE action = %s AND subject_id = %s"
    assert db.rows(told, ["pos.till_sale_looked_at", row["number"]]) == [{"gap": "-50"}]
    with pytest.raises(DatabaseError):
        db.in_transaction(lambda: db.execute("UPDATE pos_till_sale SET look_note = 'x' WHERE id = %s", [row["id"]]))


def test_pos_07_nobody_looks_at_a_sale_that_fits_or_is_not_booked(chain: Chain, offline: OfflineTill, manager: Person):
    fits = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)])
    offline.send(fits).expect(201)
    kept = offline.made([(chain.milk.id, 9_999_999, MILK_FEN, MILK_FEN)])
    assert offline.send(kept).expect(201)["state"] == "kept"
    for made in (fits, kept):
        before = noted(made)
        with pytest.raises(Problem) as refused:
            pos.look_at(sale_id=before["id"], note="x y", actor=manager.actor, now=system_clock.now())
        assert (refused.value.code, noted(made)) == ("pos.till_sale_moved", before)


def test_pos_07_the_console_lists_what_waits_and_does_it(chain: Chain, offline: OfflineTill, manager: Person):
    less = offline.made([(chain.milk.id, 1, MILK_FEN - 70, MILK_FEN - 70)])
    fits = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)])
    numbers = [offline.send(made).expect(201)["number"] for made in (less, fits)]
    desk = console.signed_in(manager, "zh-hans")
    key = less["sale"]["id"]

    def waiting() -> list[bool]:
        """Which of the two stand in the list of prices to look at."""
        page = desk.get(f"{console.list_address('pos.tillsale')}?waits=price").content.decode()
        return [made["sale"]["id"] in page for made in (less, fits)]

    assert waiting() == [True, False]
    page = desk.get(console.row_address("pos.tillsale", key)).content.decode()
    assert all(text in page for text in (numbers[0], "少收 ¥0.70", chain.milk.name))
    answer = desk.post(console.deed_address("pos.tillsale", key, "look"), {"note": "店长同意的优惠"})
    assert (answer.status_code, noted(less)["look_note"]) == (302, "店长同意的优惠")
    assert waiting() == [False, False]
