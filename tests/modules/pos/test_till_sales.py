"""Sales that tills made by themselves: taken once, booked as facts, kept when they cannot be booked (POS-07)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.orders import api as orders
from quanyu.platform import db, settings_tree
from tests.harness import members
from tests.harness.chain import APPLES_FEN, BREAD_FEN, MILK_FEN, Chain, make_chain, put
from tests.harness.clients import TillClient, cash


def digest(sale: dict[str, Any]) -> str:
    text = json.dumps(sale, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class OfflineTill:
    """Chains sales as the till in the browser does."""

    def __init__(self, client: TillClient, chain: Chain) -> None:
        self.client, self.chain = client, chain
        self.seq, self.previous = 0, ""

    def made(self, lines: list[tuple[int, int, int, int]], **more: Any) -> dict[str, Any]:
        """Return the next sale of (SKU, quantity, unit price, net)."""
        self.seq += 1
        payable_fen = sum(line[3] for line in lines)
        sale = {
            "id": str(uuid7()),
            "seq": self.seq,
            "previous": self.previous,
            "staff_id": self.chain.cashier.id,
            "sold_at": datetime.now(UTC).isoformat(),
            "version": "0" * 16,
            "member_id": None,
            "lines": [
                {"sku_id": sku_id, "quantity": quantity, "unit_price_fen": unit, "net_fen": net, "gift_of": ""}
                for sku_id, quantity, unit, net in lines
            ],
            "tenders": [{**one, "reference": ""} for one in cash(payable_fen)],
            "payable_fen": payable_fen,
            **more,
        }
        self.previous = digest(sale)
        return {"sale": sale, "digest": self.previous}

    def send(self, made: dict[str, Any]):
        return self.client.post("/journal", made)


def only_what_the_books_have(chain: Chain) -> None:
    """Let nothing be booked that the books have too little of."""
    node = f"unit:{chain.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "pos.beyond_stock", 0, system_clock.now())


@pytest.fixture
def offline(chain: Chain, till: TillClient) -> OfflineTill:
    return OfflineTill(till, chain)


def test_pos_07_a_sale_made_alone_is_booked_once_by_the_servers_prices(chain: Chain, offline: OfflineTill):
    before, _ = chain.stocked(chain.store, chain.milk).counters()
    made = offline.made([(chain.milk.id, 2, MILK_FEN, 2 * MILK_FEN), (chain.apples.id, 500, APPLES_FEN, 995)])
    first = offline.send(made).expect(201)
    assert (first["state"], first["gap_fen"], first["reason"]) == ("booked", 0, None)
    assert offline.send(made).expect(201) == first
    assert chain.stocked(chain.store, chain.milk).counters() == (before - 2, 0)
    order = orders.by_number(number=first["number"])
    assert (str(order.id), order.payable_fen, order.discount_fen) == (made["sale"]["id"], 2 * MILK_FEN + 995, 0)
    assert order.placed_at == datetime.fromisoformat(made["sale"]["sold_at"])


def test_pos_07_a_price_that_has_changed_since_is_a_fact_and_the_difference_is_told(chain: Chain, offline: OfflineTill):
    paid = 2 * MILK_FEN - 300
    made = offline.made([(chain.milk.id, 2, MILK_FEN - 100, paid)])
    taken = offline.send(made).expect(201)
    assert (taken["state"], taken["gap_fen"]) == ("booked", -300)
    order = orders.by_number(number=taken["number"])
    assert (order.payable_fen, order.lines[0].unit_price_fen, order.discount_fen) == (paid, MILK_FEN - 100, 100)
    # The drawer has what was paid.
    shift = offline.client.get("/shifts/current").expect(200)["shift"]
    closed = offline.client.post(f"/shifts/{shift['id']}/closing", {"counted_fen": 20_000 + paid}).expect(200)
    assert closed["over_short_fen"] == 0


def test_pos_07_a_bad_sale_is_kept_for_a_person_and_holds_up_nothing():
    chain = make_chain(stock=1)
    only_what_the_books_have(chain)
    client = TillClient(chain.store).sign_in(chain.cashier)
    client.open_shift()
    offline = OfflineTill(client, chain)
    bad = offline.made([(chain.milk.id, 2, MILK_FEN, 2 * MILK_FEN)])
    good = offline.made([(chain.bread.id, 1, BREAD_FEN, BREAD_FEN)])
    kept = offline.send(bad).expect(201)
    assert (kept["state"], kept["number"], kept["reason"]["code"]) == ("kept", "", "inventory.stock_short")
    assert offline.send(good).expect(201)["state"] == "booked"
    assert chain.stocked(chain.store, chain.milk).counters() == (1, 0)
    put(chain.store, chain.milk, 1)
    again = offline.send(bad).expect(201)
    assert (again["state"], again["reason"]) == ("booked", None)
    assert chain.stocked(chain.store, chain.milk).counters() == (0, 0)
    assert offline.send(bad).expect(201)["number"] == again["number"]


def test_pos_07_an_id_or_a_number_never_stands_for_two_sales(chain: Chain, offline: OfflineTill):
    made = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)])
    offline.send(made).expect(201)
    for changes, field in (({"id": str(uuid7())}, "seq"), ({"seq": 99}, "id"), ({"payable_fen": 1}, "id")):
        sale = {**made["sale"], **changes}
        refused = offline.send({"sale": sale, "digest": digest(sale)})
        assert (refused.status, refused.code, refused.body["field"]) == (422, "pos.key_reused", field)
    assert db.value("SELECT count(*) FROM pos_till_sale WHERE digest = %s", [made["digest"]]) == 1


def test_pos_07_a_sale_that_was_changed_on_the_way_is_not_taken(chain: Chain, offline: OfflineTill):
    made = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)])
    made["sale"]["lines"][0]["quantity"] = 2
    refused = offline.send(made)
    assert (refused.status, refused.code) == (422, "pos.chain_broken")
    assert db.value("SELECT count(*) FROM pos_till_sale WHERE id = %s", [made["sale"]["id"]]) == 0


def test_pos_07_a_chain_with_another_history_is_found(chain: Chain, offline: OfflineTill):
    offline.send(offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)])).expect(201)
    with transaction.atomic():
        # A sale that does not name the one before it; it is not left behind.
        db.execute(
            "INSERT INTO pos_till_sale (id, terminal_id, seq, previous, digest, staff_id, sold_at, received_at, "
            "payable_fen, content, state, problem, number) SELECT %s, terminal_id, seq + 1, repeat('0', 64), "
            "repeat('1', 64), staff_id, sold_at, received_at, payable_fen, content, 'kept', '', '' "
            "FROM pos_till_sale WHERE digest = %s",
            [uuid7(), offline.previous],
        )
        found = db.rows("SELECT seq FROM pos_breach_till_chain_broken WHERE digest = %s", [offline.previous])
        transaction.set_rollback(True)
    assert found == [{"seq": 2}]


def test_pos_07_without_a_shift_it_waits_and_a_clock_ahead_is_set_right(chain: Chain):
    client = TillClient(chain.store).sign_in(chain.cashier)
    offline = OfflineTill(client, chain)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)], sold_at=tomorrow)
    assert offline.send(made).expect(201)["reason"]["code"] == "pos.shift_not_open"
    client.open_shift()
    taken = offline.send(made).expect(201)
    assert taken["state"] == "booked"
    assert orders.by_number(number=taken["number"]).placed_at <= datetime.now(UTC)


def test_pos_07_a_members_sale_and_a_gift_arrive(chain: Chain, offline: OfflineTill):
    member = members.sign_in().member
    made = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)], member_id=str(member.id))
    taken = offline.send(made).expect(201)
    assert orders.by_number(number=taken["number"]).member_id == member.id


def test_pos_07_what_a_till_said_is_never_rewritten(chain: Chain, offline: OfflineTill):
    made = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)])
    offline.send(made).expect(201)
    for statement in (
        "UPDATE pos_till_sale SET payable_fen = 1 WHERE id = %s",
        "UPDATE pos_till_sale SET state = 'kept' WHERE id = %s",
        "DELETE FROM pos_till_sale WHERE id = %s",
    ):
        with pytest.raises(DatabaseError):
            db.in_transaction(lambda statement=statement: db.execute(statement, [made["sale"]["id"]]))


def known(found: dict[str, Any], digests: list[str] | None = None) -> list[str]:
    kept = digests or [""] * 256
    for bucket in found["buckets"]:
        kept[bucket["number"]] = bucket["digest"]
    return kept


def test_pos_01_a_till_gets_what_has_changed_and_nothing_else(chain: Chain, till: TillClient):
    first = till.post("/catalogue/differences", {"digests": [], "limit": 5000}).expect(200)
    assert first["is_complete"] is True
    items = {item["sku_id"]: item for bucket in first["buckets"] for item in bucket["items"]}
    assert first["items"] == len(items)
    milk = items[chain.milk.id]
    assert (milk["price_fen"], milk["category_path"][-1]) == (MILK_FEN, chain.category.id)
    assert " cnn " in f"{milk['search']} " or "chunniunai" in milk["search"]
    digests = known(first)
    again = till.post("/catalogue/differences", {"digests": digests}).expect(200)
    assert (again["buckets"], again["is_complete"], again["version"]) == ([], True, first["version"])
    db.execute("UPDATE catalog_sku SET name_en = 'Pure milk' WHERE id = %s", [chain.milk.id])
    changed = till.post("/catalogue/differences", {"digests": digests}).expect(200)
    assert [bucket["number"] for bucket in changed["buckets"]] == [chain.milk.id % 256]
    assert changed["version"] != first["version"]


def test_pos_01_pages_lead_to_the_same_as_one_answer(chain: Chain, till: TillClient):
    whole = till.post("/catalogue/differences", {"digests": [], "limit": 5000}).expect(200)
    digests = [""] * 256
    while not (part := till.post("/catalogue/differences", {"digests": digests, "limit": 1}).expect(200))[
        "is_complete"
    ]:
        assert len(part["buckets"]) == 1
        digests = known(part, digests)
    assert known(part, digests) == known(whole)


def test_pos_07_a_first_sync_in_parts_looks_at_no_other_goods(chain: Chain, till: TillClient):
    whole = till.post("/catalogue/differences", {"digests": [], "limit": 5000}).expect(200)
    full = sorted(bucket["number"] for bucket in whole["buckets"])
    assert len(full) > 1, "one bucket proves nothing"
    digests, left, seen = [""] * 256, list(range(256)), []
    while left:
        part = till.post("/catalogue/differences", {"digests": digests, "limit": 1, "only": left}).expect(200)
        assert part["version"] is None
        assert part["items"] >= whole["items"]
        assert len(part["buckets"]) <= 1
        assert set(part["remaining"]) < set(left)
        seen += [bucket["number"] for bucket in part["buckets"]]
        digests, left = known(part, digests), part["remaining"]
    assert (seen, digests) == (full, known(whole))
    other = next(number for number in full if number != chain.milk.id % 256)
    spoiled = ["0" * 16] * 256
    part = till.post("/catalogue/differences", {"digests": spoiled, "only": [other, other]}).expect(200)
    assert ([bucket["number"] for bucket in part["buckets"]], part["is_complete"]) == ([other], True)


def test_pos_07_a_bucket_that_no_till_can_have_is_refused(till: TillClient):
    refused = till.post("/catalogue/differences", {"digests": [], "only": [256]}).expect(422)
    assert refused["code"] == "request.invalid"


def test_pos_01_the_rules_of_a_till_say_store_labels_and_time(chain: Chain, till: TillClient):
    rules = till.get("/rules").expect(200)
    assert rules["store"]["id"] == chain.store.unit.id
    assert rules["store_path"][-1] == chain.store.unit.id
    assert "21PPPPPAAAAAC" in rules["scale_layouts"]
    assert abs(datetime.fromisoformat(rules["server_time"]) - datetime.now(UTC)) < timedelta(minutes=1)
