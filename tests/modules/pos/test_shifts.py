"""A shift from its float to the counted cash: one open at a till, counted blind, stored for good."""

from __future__ import annotations

from typing import Any

from django.db import connection

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.platform import db, settings_tree
from tests.harness.chain import MILK_FEN, Chain
from tests.harness.clients import TillClient, cash
from tests.harness.parallel import parallel


def _close(till: TillClient, shift_id: str, counted_fen: int) -> Any:
    return till.post(f"/shifts/{shift_id}/closing", {"counted_fen": counted_fen})


def test_a_till_has_one_open_shift_and_a_repeat_is_the_same_one(chain: Chain):
    till, shift_id = TillClient(chain.store).sign_in(chain.cashier), str(uuid7())
    opened = till.post("/shifts", {"id": shift_id, "float_fen": 20_000}).expect(201)
    assert till.post("/shifts", {"id": shift_id, "float_fen": 20_000}).expect(201) == opened
    other = till.post("/shifts", {"id": str(uuid7()), "float_fen": 20_000})
    assert (other.status, other.code) == (409, "pos.shift_already_open")
    changed = till.post("/shifts", {"id": shift_id, "float_fen": 1})
    assert (changed.status, changed.code) == (422, "pos.key_reused")
    assert till.get("/shifts/current").expect(200)["shift"] == opened


def test_of_shifts_opened_at_once_exactly_one_stands(chain: Chain):
    till = TillClient(chain.store).sign_in(chain.cashier)
    ids = [str(uuid7()) for _ in range(6)]
    answers = parallel(6, lambda index: till.post("/shifts", {"id": ids[index], "float_fen": 0}).status)
    assert sorted(answers) == [201, 409, 409, 409, 409, 409]


def test_the_database_refuses_a_second_open_shift_by_itself(chain: Chain):
    """The negative control: without the door's care the constraint still holds."""
    till = TillClient(chain.store).sign_in(chain.cashier)
    till.open_shift()
    device_id = till.till["device_id"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_indexes WHERE indexname = 'pos_shift_one_open_per_till' "
            "AND indexdef LIKE 'CREATE UNIQUE INDEX%%'"
        )
        assert cursor.fetchone() == (1,)
    assert db.value("SELECT count(*) FROM pos_shift WHERE terminal_id = %s AND closed_at IS NULL", [device_id]) == 1


def test_a_shift_closes_with_the_counted_cash_and_its_report_stays(chain: Chain):
    till = TillClient(chain.store).sign_in(chain.cashier)
    shift_id = till.open_shift(20_000)
    till.sell({chain.milk.id: 2}, tenders=cash(2 * MILK_FEN, 2000)).expect(201)
    till.sell({chain.milk.id: 1}, tenders=[{"tender": "card", "amount_fen": MILK_FEN}]).expect(201)
    taken = {"id": str(uuid7()), "amount_fen": -10_000, "reason": "bank"}
    till.post(f"/shifts/{shift_id}/cash-moves", taken).expect(201)
    till.post(f"/shifts/{shift_id}/cash-moves", taken).expect(201)
    till.post(f"/shifts/{shift_id}/cash-moves", {"id": str(uuid7()), "amount_fen": 500, "reason": "coins"}).expect(201)

    expected_fen = 20_000 + 2 * MILK_FEN - 10_000 + 500
    closed = _close(till, shift_id, expected_fen - 30).expect(200)
    assert (closed["kind"], closed["expected_fen"], closed["counted_fen"], closed["over_short_fen"]) == (
        "Z",
        expected_fen,
        expected_fen - 30,
        -30,
    )
    assert (closed["cash_in_fen"], closed["cash_out_fen"]) == (500, 10_000)
    totals = {one["tender"]: (one["paid_fen"], one["refunded_fen"], one["count"]) for one in closed["tenders"]}
    assert totals == {"cash": (2 * MILK_FEN, 0, 1), "card": (MILK_FEN, 0, 1)}

    assert _close(till, shift_id, expected_fen - 30).expect(200) == closed
    recounted = _close(till, shift_id, expected_fen)
    assert (recounted.status, recounted.code) == (409, "pos.shift_closed")
    assert till.get(f"/shifts/{shift_id}/report").expect(200) == closed
    assert till.get("/shifts/current").expect(200) == {"shift": None}


def test_a_cashier_counts_blind_and_a_manager_sees_the_sum(chain: Chain):
    till = TillClient(chain.store).sign_in(chain.cashier)
    shift_id = till.open_shift(20_000)
    till.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN)).expect(201)
    blind = till.get(f"/shifts/{shift_id}/report").expect(200)
    assert (blind["kind"], blind["expected_fen"], blind["tenders"]) == ("X", None, [])
    till.sign_in(chain.manager)
    seen = till.get(f"/shifts/{shift_id}/report").expect(200)
    assert (seen["expected_fen"], seen["tenders"][0]["paid_fen"]) == (20_000 + MILK_FEN, MILK_FEN)
    now = system_clock.now()
    node = f"terminal:{till.till['device_id']}"
    settings_tree.set_value(SYSTEM, node, "pos.blind_count", False, now)
    till.sign_in(chain.cashier)
    assert till.get(f"/shifts/{shift_id}/report").expect(200)["expected_fen"] == 20_000 + MILK_FEN


def test_nothing_is_sold_or_moved_without_an_open_shift(chain: Chain):
    till = TillClient(chain.store).sign_in(chain.cashier)
    before = chain.stocked(chain.store, chain.milk).counters()
    refused = till.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN))
    assert (refused.status, refused.code) == (409, "pos.shift_not_open")
    shift_id = till.open_shift(0)
    _close(till, shift_id, 0).expect(200)
    again = till.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN))
    assert (again.status, again.code) == (409, "pos.shift_not_open")
    moved = till.post(f"/shifts/{shift_id}/cash-moves", {"id": str(uuid7()), "amount_fen": 1, "reason": "x"})
    assert (moved.status, moved.code) == (409, "pos.shift_not_open")
    assert chain.stocked(chain.store, chain.milk).counters() == before


def test_a_shift_with_an_unfinished_sale_does_not_close(chain: Chain):
    till = TillClient(chain.store).sign_in(chain.cashier)
    shift_id = till.open_shift(0)
    waiting = till.sell({chain.milk.id: 1}).expect(201)["order"]
    assert waiting["state"] == "placed"
    refused = _close(till, shift_id, 0)
    assert (refused.status, refused.code, refused.body["params"]["seq"]) == (409, "pos.sale_unfinished", 1)
    assert till.get("/shifts/current").expect(200)["shift"]["id"] == shift_id
    till.post(f"/sales/{waiting['id']}/cancellation").expect(200)
    assert _close(till, shift_id, 0).expect(200)["over_short_fen"] == 0


def test_another_tills_shift_does_not_exist(chain: Chain):
    mine, other = TillClient(chain.store).sign_in(chain.cashier), TillClient(chain.store).sign_in(chain.cashier)
    shift_id = mine.open_shift(0)
    assert other.get(f"/shifts/{shift_id}/report").code == "pos.shift_unknown"
    assert _close(other, shift_id, 0).code == "pos.shift_unknown"
    assert mine.get("/shifts/current").expect(200)["shift"]["id"] == shift_id


def test_sales_racing_with_the_closing_are_in_its_report_or_refused(chain: Chain):
    till = TillClient(chain.store).sign_in(chain.cashier)
    shift_id = till.open_shift(0)
    bodies = [till.sale({chain.milk.id: 1}, tenders=cash(MILK_FEN)) for _ in range(5)]

    def act(index: int) -> Any:
        if index == 5:
            return _close(till, shift_id, 0)
        return till.post("/sales", bodies[index])

    *sales, closing = parallel(6, act)
    # A sale that was under way stops the closing; then it is simply asked again.
    report = closing.body if closing.status == 200 else _close(till, shift_id, 0).expect(200)
    sold = [answer for answer in sales if answer.status == 201]
    assert {answer.status for answer in sales} <= {201, 409}
    assert report["expected_fen"] == len(sold) * MILK_FEN
