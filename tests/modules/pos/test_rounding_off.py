"""Rounding off at the till: within the setting nobody is asked, above it is any hand discount; online and offline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.orders import api as orders
from quanyu.platform import db, settings_tree
from tests.harness.chain import APPLES_FEN, TEA_FEN, Chain
from tests.harness.clients import TillClient, cash
from tests.modules.pos.test_till_sales import OfflineTill, digest

# 525 g of apples at 19.90 the kilogram.
APPLES_GRAMS, WEIGHED_FEN = 525, 1045


@pytest.fixture
def offline(chain: Chain, till: TillClient) -> OfflineTill:
    return OfflineTill(till, chain)


@pytest.fixture
def limit(chain: Chain) -> Iterator[Any]:
    node = f"unit:{chain.store.unit.id}"
    yield lambda fen: settings_tree.set_value(SYSTEM, node, "pos.rounding_off_fen", fen, system_clock.now())
    settings_tree.set_value(SYSTEM, node, "pos.rounding_off_fen", None, system_clock.now())


def weighed(chain: Chain, rounding_fen: int, **more: Any) -> dict[str, Any]:
    return {"sku_id": chain.apples.id, "quantity": APPLES_GRAMS, "rounding_fen": rounding_fen, **more}


def sale(till: TillClient, lines: list[dict[str, Any]], payable_fen: int, **more: Any) -> dict[str, Any]:
    return {**till.sale({}, tenders=cash(payable_fen), **more), "lines": lines}


def report(till: TillClient) -> dict[str, Any]:
    shift_id = till.get("/shifts/current").expect(200)["shift"]["id"]
    return dict(till.get(f"/shifts/{shift_id}/report").expect(200))


def trail(sale_id: str) -> list[tuple[str, int, int | None, bool]]:
    rows = db.rows(
        "SELECT reason, (detail->>'discount_fen')::int AS fen, (detail->>'rounding_fen')::int AS rounding, "
        "(detail->>'above_limit')::bool AS above FROM platform_audit WHERE action = 'pos.discount' AND subject_id = %s",
        [sale_id],
    )
    return [(row["reason"], row["fen"], row["rounding"], row["above"]) for row in rows]


def noted(sale_id: str) -> tuple[int, int]:
    row = db.row("SELECT hand_discount_fen, rounding_fen FROM pos_journal_entry WHERE id = %s", [sale_id])
    assert row is not None
    return row["hand_discount_fen"], row["rounding_fen"]


def test_pos01_a_sale_is_rounded_off_alone_beside_its_discounts_and_stands_by_itself_everywhere(
    chain: Chain, till: TillClient
):
    assert WEIGHED_FEN == APPLES_FEN * APPLES_GRAMS // 1000 + 1
    before = report(till)
    tea = {"sku_id": chain.tea.id, "quantity": 1, "discount_fen": TEA_FEN // 10, "discount_reason": "regular"}
    # The discount of the tea is all that a cashier may give; what makes the amount round is beside it.
    lines = [weighed(chain, 40), tea | {"rounding_fen": 25}]
    payable_fen = WEIGHED_FEN + TEA_FEN - TEA_FEN // 10 - 65
    quote = till.post("/quotes", {"lines": lines}).expect(200)
    assert (quote["payable_fen"], payable_fen) == (8900, 8900)
    body = sale(till, lines, payable_fen)
    order = till.post("/sales", body).expect(201)["order"]
    assert (order["payable_fen"], order["discount_fen"]) == (payable_fen, TEA_FEN // 10 + 65)
    assert trail(body["id"]) == [("regular, rounding", TEA_FEN // 10, 65, False)]
    assert noted(body["id"]) == (TEA_FEN // 10, 65)
    paper = till.get(f"/receipts/{order['number']}").expect(200)
    assert (paper["rounding_fen"], paper["discount_fen"]) == (65, TEA_FEN // 10 + 65)
    assert till.get(f"/receipts/{order['number']}?gift=true").expect(200)["rounding_fen"] is None
    after = report(till)
    assert (after["roundings"] - before["roundings"], after["rounding_fen"] - before["rounding_fen"]) == (1, 65)
    assert after["hand_discount_fen"] - before["hand_discount_fen"] == TEA_FEN // 10
    # The same sale again is the same sale, written once.
    till.post("/sales", body).expect(201)
    assert (len(trail(body["id"])), report(till)) == (1, after)


def test_pos01_more_than_the_setting_is_a_discount_by_hand_like_any_other(chain: Chain, till: TillClient, limit: Any):
    limit(44)
    body = sale(till, [weighed(chain, 45)], WEIGHED_FEN - 45)
    # 45 fen of 1045 are within the ten per cent of a cashier: a discount, judged as one.
    till.post("/sales", body).expect(201)
    assert trail(body["id"]) == [("other", 45, None, False)]
    limit(0)
    count = db.value("SELECT count(*) FROM orders_order")
    much = sale(till, [weighed(chain, 145)], WEIGHED_FEN - 145)
    refused = till.post("/sales", much)
    assert (refused.status, refused.code) == (403, "pos.approval_needed")
    assert (orders.orders(ids=[much["id"]]), db.value("SELECT count(*) FROM orders_order")) == ({}, count)
    limit(145)
    till.post("/sales", much).expect(201)
    assert trail(much["id"]) == [("rounding", 0, 145, False)]


def test_pos01_a_till_without_the_network_rounds_off_and_its_sale_is_booked_as_it_was_paid(
    chain: Chain, till: TillClient, offline: OfflineTill, limit: Any
):
    def made(rounding_fen: int) -> dict[str, Any]:
        body = offline.made([(chain.apples.id, APPLES_GRAMS, APPLES_FEN, WEIGHED_FEN - rounding_fen)])["sale"]
        body["lines"][0] |= {"rounding_fen": rounding_fen}
        offline.previous = digest(body)
        return {"sale": body, "digest": offline.previous}

    body = made(45)
    taken = till.post("/journal", body).expect(201)
    assert (taken["state"], taken["gap_fen"]) == ("booked", 0)
    sale_id = body["sale"]["id"]
    assert (trail(sale_id), noted(sale_id)) == ([("rounding", 0, 45, False)], (0, 45))
    assert till.get(f"/receipts/{taken['number']}").expect(200)["rounding_fen"] == 45
    # Above the setting, and above what a cashier may give: it happened, and somebody looks at it.
    limit(99)
    much = made(145)
    taken = till.post("/journal", much).expect(201)
    assert (taken["state"], taken["gap_fen"]) == ("booked", -145)
    assert trail(much["sale"]["id"]) == [("other", 145, None, True)]
    assert orders.by_number(number=taken["number"]).payable_fen == WEIGHED_FEN - 145


def test_pos01_a_closed_shift_keeps_what_was_rounded_off_and_the_till_knows_the_setting(
    chain: Chain, till: TillClient, limit: Any
):
    assert till.get("/rules").expect(200)["rounding_off_fen"] == 99
    limit(50)
    assert till.get("/rules").expect(200)["rounding_off_fen"] == 50
    shift_id = till.get("/shifts/current").expect(200)["shift"]["id"]
    till.post("/sales", sale(till, [weighed(chain, 45)], WEIGHED_FEN - 45)).expect(201)
    open_report = report(till)
    counted = db.value("SELECT float_fen FROM pos_shift WHERE id = %s", [shift_id])
    closed = till.post(f"/shifts/{shift_id}/closing", {"counted_fen": counted}).expect(200)
    assert (closed["roundings"], closed["rounding_fen"]) == (open_report["roundings"], open_report["rounding_fen"])
    assert (closed["roundings"], closed["rounding_fen"]) == (1, 45)
    assert till.get(f"/shifts/{shift_id}/report").expect(200)["rounding_fen"] == closed["rounding_fen"]
