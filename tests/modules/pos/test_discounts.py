"""Discounts by hand: within the cashier's limit, above it by a manager's PIN, offline too, and each one is written."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.identity import api as identity
from quanyu.modules.orders import api as orders
from quanyu.platform import db, settings_tree
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain, put
from tests.harness.clients import TillClient, cash
from tests.harness.identity import PIN
from tests.modules.pos.test_till_sales import OfflineTill, digest, only_what_the_books_have


class Inconvenience(Problem):
    """The server dies in the middle."""

    code = "test.inconvenience"
    status = 503


HALF_FEN = TEA_FEN // 2
TENTH_FEN = TEA_FEN // 10


@pytest.fixture
def offline(chain: Chain, till: TillClient) -> OfflineTill:
    return OfflineTill(till, chain)


def line(chain: Chain, discount_fen: int, reason: str = "damaged", quantity: int = 1) -> dict[str, Any]:
    return {
        "sku_id": chain.tea.id,
        "quantity": quantity,
        "discount_fen": discount_fen,
        "discount_reason": reason,
    }


def sale(till: TillClient, chain: Chain, discount_fen: int, **more: Any) -> dict[str, Any]:
    return {**till.sale({}, tenders=cash(TEA_FEN - discount_fen), **more), "lines": [line(chain, discount_fen)]}


def asked(chain: Chain, discount_fen: int, *, by: str | None = None, pin: str = PIN) -> dict[str, Any]:
    wanted = {"sku_id": chain.tea.id, "quantity": 1, "list_fen": TEA_FEN, "discount_fen": discount_fen}
    return {"username": by or chain.manager.username, "pin": pin, "lines": [{**wanted, "reason": "damaged"}]}


def made(offline: OfflineTill, chain: Chain, discount_fen: int, **more: Any) -> dict[str, Any]:
    """Return a sale of one tea, made by the till itself, with a discount by hand."""
    body = offline.made([(chain.tea.id, 1, TEA_FEN, TEA_FEN - discount_fen)])["sale"]
    body["lines"][0] |= {"discount_fen": discount_fen, "discount_reason": "expiring"}
    body |= more
    return rechained(offline, body)


def rechained(offline: OfflineTill, body: dict[str, Any]) -> dict[str, Any]:
    offline.previous = digest(body)
    return {"sale": body, "digest": offline.previous}


def audited(sale_id: str, action: str = "pos.discount") -> list[dict[str, Any]]:
    return db.rows(
        "SELECT actor_id, reason, detail->>'cashier' AS cashier, detail->>'approved_by' AS approved_by, "
        "(detail->>'discount_fen')::int AS fen, (detail->>'above_limit')::bool AS above FROM platform_audit "
        "WHERE action = %s AND subject_id = %s",
        [action, sale_id],
    )


def entry_fen(sale_id: str) -> int:
    return db.value("SELECT hand_discount_fen FROM pos_journal_entry WHERE id = %s", [sale_id])


def test_pos_01_a_discount_within_the_limit_is_written_with_its_reason(chain: Chain, till: TillClient):
    body = sale(till, chain, TENTH_FEN)
    order = till.post("/sales", body).expect(201)["order"]
    assert (order["payable_fen"], order["discount_fen"]) == (TEA_FEN - TENTH_FEN, TENTH_FEN)
    me = str(chain.cashier.id)
    expected = {"actor_id": me, "reason": "damaged", "cashier": me, "approved_by": None, "fen": TENTH_FEN}
    assert audited(body["id"]) == [{**expected, "above": False}]
    # The same sale again is the same sale, and is written once.
    till.post("/sales", body).expect(201)
    assert (len(audited(body["id"])), entry_fen(body["id"])) == (1, TENTH_FEN)


def test_pos_01_a_managers_word_from_before_counts_for_one_sale_of_this_till(chain: Chain, till: TillClient):
    given = till.post("/discount-approvals", asked(chain, HALF_FEN)).expect(201)
    manager = identity.staff(ids=[chain.manager.id])[chain.manager.id].name
    assert (given["approved_by"], given["most_bp"], given["most_fen"]) == (manager, 5_000, HALF_FEN)
    body = sale(till, chain, HALF_FEN, approval_id=given["id"])
    assert till.post("/sales", body).expect(201)["order"]["payable_fen"] == TEA_FEN - HALF_FEN
    [row] = audited(body["id"])
    assert (row["cashier"], row["approved_by"], row["above"]) == (str(chain.cashier.id), str(chain.manager.id), False)
    till.post("/sales", body).expect(201)
    again = sale(till, chain, HALF_FEN, approval_id=given["id"])
    refused = till.post("/sales", again)
    assert (refused.status, refused.code) == (409, "pos.approval_spent")
    assert orders.orders(ids=[again["id"]]) == {}
    assert audited(again["id"]) == []
    other = TillClient(chain.store).sign_in(chain.cashier)
    other.open_shift()
    elsewhere = till.post("/discount-approvals", asked(chain, HALF_FEN)).expect(201)
    assert other.post("/sales", sale(other, chain, HALF_FEN, approval_id=elsewhere["id"])).code == "pos.approval_needed"


def test_pos_01_a_managers_word_covers_so_much_and_no_fen_more(chain: Chain, till: TillClient):
    given = till.post("/discount-approvals", asked(chain, HALF_FEN)).expect(201)
    more = sale(till, chain, HALF_FEN + 1, approval_id=given["id"])
    assert till.post("/sales", more).code == "pos.approval_needed"
    two = sale(till, chain, HALF_FEN, approval_id=given["id"])
    two |= {"lines": [line(chain, 2 * HALF_FEN, quantity=2)], "tenders": cash(2 * (TEA_FEN - HALF_FEN))}
    assert till.post("/sales", two).code == "pos.approval_needed"
    assert db.value("SELECT sale_id FROM pos_discount_approval WHERE id = %s", [given["id"]]) is None


def test_pos_01_a_cashier_approves_nothing_and_wrong_pins_are_counted(chain: Chain, till: TillClient):
    before = db.value("SELECT count(*) FROM pos_discount_approval")
    by_cashier = till.post("/discount-approvals", asked(chain, HALF_FEN, by=chain.cashier.username))
    assert (by_cashier.status, by_cashier.code) == (403, "pos.approval_refused")
    small = till.post("/discount-approvals", asked(chain, TENTH_FEN))
    assert (small.status, small.code) == (422, "pos.approval_not_needed")
    own = make_chain(stock=5)
    client = TillClient(own.store).sign_in(own.cashier)
    codes = [client.post("/discount-approvals", asked(own, HALF_FEN, pin="0000")).code for _ in range(6)]
    assert codes[0] == "identity.sign_in_refused"
    assert codes[-1] == "identity.locked"
    assert client.post("/discount-approvals", asked(own, HALF_FEN)).code == "identity.locked"
    assert db.value("SELECT count(*) FROM pos_discount_approval") == before


def test_pos_01_a_refused_sale_gives_the_managers_word_back(chain: Chain, till: TillClient):
    given = till.post("/discount-approvals", asked(chain, HALF_FEN)).expect(201)
    refused = sale(till, chain, HALF_FEN, approval_id=given["id"], expected_payable_fen=1)
    assert till.post("/sales", refused).code == "checkout.price_changed"
    assert str(db.value("SELECT sale_id FROM pos_discount_approval WHERE id = %s", [given["id"]])) == refused["id"]
    again = sale(till, chain, HALF_FEN, approval_id=given["id"])
    till.post("/sales", again).expect(201)
    # The first one cannot come back: its word is the other sale's now.
    late = till.post("/sales", {**refused, "expected_payable_fen": TEA_FEN - HALF_FEN})
    assert (late.code, orders.orders(ids=[refused["id"]])) == ("pos.approval_spent", {})


def test_pos_07_a_sale_that_is_kept_keeps_its_managers_word():
    chain = make_chain(stock=1)
    only_what_the_books_have(chain)
    client = TillClient(chain.store).sign_in(chain.cashier)
    client.open_shift()
    offline = OfflineTill(client, chain)
    given = client.post("/discount-approvals", asked(chain, HALF_FEN)).expect(201)
    client.post("/sales", client.sale({chain.tea.id: 1}, tenders=cash(TEA_FEN))).expect(201)
    offline.seq = 50
    short = made(offline, chain, HALF_FEN, approval_id=given["id"])
    assert offline.send(short).expect(201)["reason"]["code"] == "inventory.stock_short"
    assert client.post("/sales", sale(client, chain, HALF_FEN, approval_id=given["id"])).code == "pos.approval_spent"
    put(chain.store, chain.tea, 1)
    assert offline.send(short).expect(201)["gap_fen"] == 0


def test_pos_01_a_managers_word_is_never_rewritten(chain: Chain, till: TillClient):
    given = till.post("/discount-approvals", asked(chain, HALF_FEN)).expect(201)
    till.post("/sales", sale(till, chain, HALF_FEN, approval_id=given["id"])).expect(201)
    for statement in (
        "UPDATE pos_discount_approval SET most_fen = 1 WHERE id = %s",
        "UPDATE pos_discount_approval SET sale_id = NULL WHERE id = %s",
        "DELETE FROM pos_discount_approval WHERE id = %s",
    ):
        with pytest.raises(DatabaseError):
            db.in_transaction(lambda statement=statement: db.execute(statement, [given["id"]]))


def test_pos_07_a_discount_within_the_limit_is_sold_by_the_till_itself(chain: Chain, offline: OfflineTill):
    sold = made(offline, chain, TENTH_FEN)
    taken = offline.send(sold).expect(201)
    assert (taken["state"], taken["gap_fen"]) == ("booked", 0)
    order = orders.by_number(number=taken["number"])
    [bought] = order.lines
    assert (order.payable_fen, bought.list_fen, order.discount_fen) == (TEA_FEN - TENTH_FEN, TEA_FEN, TENTH_FEN)
    assert [(one.kind, one.amount_fen) for one in bought.discounts] == [("manual", TENTH_FEN)]
    offline.send(sold).expect(201)
    [row] = audited(sold["sale"]["id"])
    assert (row["reason"], row["fen"], row["above"]) == ("expiring", TENTH_FEN, False)
    assert entry_fen(sold["sale"]["id"]) == TENTH_FEN


def test_pos_07_a_discount_above_the_limit_happened_and_waits_for_a_look(chain: Chain, offline: OfflineTill):
    sold = made(offline, chain, HALF_FEN)
    taken = offline.send(sold).expect(201)
    # What was given away without permission, to the fen.
    assert (taken["state"], taken["gap_fen"]) == ("booked", -HALF_FEN)
    assert orders.by_number(number=taken["number"]).payable_fen == TEA_FEN - HALF_FEN
    [row] = audited(sold["sale"]["id"])
    assert (row["approved_by"], row["fen"], row["above"]) == (None, HALF_FEN, True)
    assert entry_fen(sold["sale"]["id"]) == HALF_FEN
    waiting = db.value(
        "SELECT count(*) FROM pos_till_sale WHERE id = %s AND state = 'booked' AND gap_fen <> 0 AND looked_at IS NULL",
        [sold["sale"]["id"]],
    )
    assert waiting == 1


def test_pos_07_a_manager_gives_it_alone_and_his_word_goes_with_the_sale(chain: Chain, offline: OfflineTill):
    by_manager = made(offline, chain, HALF_FEN, staff_id=chain.manager.id)
    assert offline.send(by_manager).expect(201)["gap_fen"] == 0
    [row] = audited(by_manager["sale"]["id"])
    # Whoever is signed in sends it; whoever sold answers for it.
    assert (row["actor_id"], row["cashier"]) == (str(chain.cashier.id), str(chain.manager.id))
    given = offline.client.post("/discount-approvals", asked(chain, HALF_FEN)).expect(201)
    approved = made(offline, chain, HALF_FEN, approval_id=given["id"])
    assert offline.send(approved).expect(201)["gap_fen"] == 0
    assert audited(approved["sale"]["id"])[0]["approved_by"] == str(chain.manager.id)
    # Used up: the next sale that says it has nobody's word.
    assert offline.send(made(offline, chain, HALF_FEN, approval_id=given["id"])).expect(201)["gap_fen"] == -HALF_FEN


def test_pos_07_only_the_line_above_the_limit_is_a_gap(chain: Chain, offline: OfflineTill):
    body = offline.made([(chain.tea.id, 1, TEA_FEN, TEA_FEN - HALF_FEN), (chain.milk.id, 1, MILK_FEN, MILK_FEN - 10)])
    body["sale"]["lines"][0] |= {"discount_fen": HALF_FEN, "discount_reason": "goodwill"}
    body["sale"]["lines"][1] |= {"discount_fen": 10, "discount_reason": "regular"}
    taken = offline.send(rechained(offline, body["sale"])).expect(201)
    assert taken["gap_fen"] == -HALF_FEN
    assert audited(body["sale"]["id"])[0]["reason"] == "goodwill, regular"


def test_pos_07_a_limit_that_changed_does_not_judge_twice(monkeypatch: pytest.MonkeyPatch):
    """The order stands, its answer was lost: asked again it is the same order, whoever may do what now."""
    chain = make_chain(stock=5)
    client = TillClient(chain.store).sign_in(chain.cashier)
    client.open_shift()
    offline = OfflineTill(client, chain)
    sold = made(offline, chain, TENTH_FEN)

    def dies(**_: object) -> bool:
        raise Inconvenience

    with monkeypatch.context() as patched:
        patched.setattr("quanyu.modules.pos.ops.till_sales.book", dies)
        assert offline.send(sold).status == 503
    node = f"unit:{chain.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "pos.discount_limit_bp", 0, system_clock.now())
    taken = offline.send(sold).expect(201)
    assert (taken["state"], taken["gap_fen"]) == ("booked", 0)
    assert offline.send(made(offline, chain, TENTH_FEN)).expect(201)["gap_fen"] == -TENTH_FEN


def test_pos_01_reports_say_what_was_given_by_hand(chain: Chain):
    client = TillClient(chain.store).sign_in(chain.cashier)
    shift = client.open_shift()
    client.post("/sales", sale(client, chain, TENTH_FEN)).expect(201)
    client.post("/sales", client.sale({chain.bread.id: 1}, tenders=cash(BREAD_FEN))).expect(201)
    # Refused: it was not given.
    client.post("/sales", {**sale(client, chain, TENTH_FEN), "expected_payable_fen": 1})
    shift_id = client.get("/shifts/current").expect(200)["shift"]["id"]
    report = client.get(f"/shifts/{shift_id}/report").expect(200)
    assert (report["hand_discounts"], report["hand_discount_fen"]) == (1, TENTH_FEN)
    closed = client.post(f"/shifts/{shift_id}/closing", {"counted_fen": 0}).expect(200)
    assert (closed["hand_discounts"], closed["hand_discount_fen"]) == (1, TENTH_FEN)
    assert shift is not None


def test_pos_01_a_till_knows_the_limit_and_an_approval_needs_a_known_reason(chain: Chain, till: TillClient):
    assert till.get("/rules").expect(200)["discount_limit_bp"] == 1_000
    body = asked(chain, HALF_FEN)
    body["lines"][0]["reason"] = "because"
    assert till.post("/discount-approvals", body).status == 422


def test_pos_01_an_approval_of_yesterday_is_nobodys_word(chain: Chain, till: TillClient):
    given = till.post("/discount-approvals", asked(chain, HALF_FEN)).expect(201)
    stale = uuid7()
    db.execute(
        "INSERT INTO pos_discount_approval (id, terminal_id, asked_by_id, approved_by_id, most_bp, most_fen, given_at) "
        "SELECT %s, terminal_id, asked_by_id, approved_by_id, most_bp, most_fen, %s - interval '13 hours' "
        "FROM pos_discount_approval WHERE id = %s",
        [stale, system_clock.now(), given["id"]],
    )
    body = sale(till, chain, HALF_FEN, approval_id=str(stale))
    assert till.post("/sales", body).code == "pos.approval_spent"
    assert orders.orders(ids=[body["id"]]) == {}
