"""Old tills beside the new ones (POS-06): their sales and returns are in the same order book and ledgers, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.orders import api as orders
from quanyu.modules.partners import api as partners
from quanyu.modules.points import api as points
from quanyu.platform import db, outbox
from tests.harness import members
from tests.harness.breaches import found_by
from tests.harness.chain import BREAD_FEN, MILK_FEN, STOCK, TEA_FEN, Chain, make_chain, put
from tests.harness.clients import TillClient
from tests.harness.parallel import parallel
from tests.harness.partners import OldSystem, entry_id


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=1000)


@pytest.fixture(scope="module")
def system(chain: Chain) -> OldSystem:
    return OldSystem(chain.region.id)


@pytest.fixture(scope="module")
def till(chain: Chain, system: OldSystem) -> str:
    return system.till(chain.store)


def noted(system: OldSystem, sale: dict[str, Any]) -> dict[str, Any] | None:
    return db.row(
        "SELECT state, problem, number, unknown_codes FROM partners_entry WHERE id = %s", [entry_id(system, sale)]
    )


def test_pos_06_an_old_tills_sale_is_an_order_like_any_other_once(chain: Chain, system: OldSystem, till: str):
    milk, bread = (chain.stocked(chain.store, sku).counters() for sku in (chain.milk, chain.bread))
    at = datetime.now(UTC) - timedelta(hours=3)
    sale = system.sale(
        till, [(chain.milk.code, 2, 2 * MILK_FEN), (chain.bread.code, 1, BREAD_FEN)], sold_at=at.isoformat()
    )
    (first,) = system.sell(sale)
    assert (first["state"], first["gap_fen"], first["reason"]) == ("booked", 0, None)
    assert system.sell(sale, sale) == [first, first]
    order = orders.by_number(number=first["number"])
    assert (order.id, order.placed_at, order.payable_fen) == (entry_id(system, sale), at, 2 * MILK_FEN + BREAD_FEN)
    assert (order.state, order.selling_store_id) == ("completed", chain.store.unit.id)
    assert chain.stocked(chain.store, chain.milk).counters() == (milk[0] - 2, milk[1])
    assert chain.stocked(chain.store, chain.bread).counters() == (bread[0] - 1, bread[1])


def test_pos_06_the_old_price_is_a_fact_and_the_difference_is_told(chain: Chain, system: OldSystem, till: str):
    (taken,) = system.sell(system.sale(till, [(chain.milk.code, 2, 2 * MILK_FEN - 301)]))
    assert (taken["state"], taken["gap_fen"]) == ("booked", -301)
    assert orders.by_number(number=taken["number"]).payable_fen == 2 * MILK_FEN - 301


def test_pos_06_a_unit_price_that_the_old_system_rounded_down_is_no_obstacle(
    chain: Chain, system: OldSystem, till: str
):
    (taken,) = system.sell(system.sale(till, [(chain.milk.code, 3, 1000), (chain.apples.code, 333, 662)]))
    order = orders.by_number(number=taken["number"])
    assert [(line.quantity, line.unit_price_fen, line.net_fen) for line in order.lines] == [
        (3, 334, 1000),
        (333, 1988, 662),
    ]


def test_pos_06_tenders_are_recorded_by_the_old_systems_names_without_card_numbers(
    chain: Chain, system: OldSystem, till: str
):
    sale = system.sale(till, [(chain.bread.code, 1, BREAD_FEN)])
    sale["tenders"] = [
        {"tender": "cash", "amount_fen": 280, "reference": ""},
        {"tender": "wechat", "amount_fen": 500, "reference": "42000001234567"},
        {"tender": "unionpay", "amount_fen": 500, "reference": "4111111111111111"},
    ]
    (taken,) = system.sell(sale)
    paid = db.rows(
        "SELECT tender, amount_fen, provider_txn FROM payments_payment WHERE order_id = %s "
        "ORDER BY amount_fen, provider_txn",
        [entry_id(system, sale)],
    )
    assert taken["state"] == "booked"
    assert [(row["tender"], row["amount_fen"]) for row in paid] == [("cash", 280), ("card", 500), ("card", 500)]
    assert [row["provider_txn"] for row in paid[1:]] == ["unionpay 1111", "wechat 4567"]
    kept = db.value("SELECT content::text FROM partners_entry WHERE id = %s", [entry_id(system, sale)])
    assert "4111111111111111" not in kept


def test_pos_06_a_member_earns_at_an_old_till(chain: Chain, system: OldSystem, till: str):
    member = members.make_member()
    sale = system.sale(till, [(chain.bread.code, 1, BREAD_FEN)], member=member.number)
    (taken,) = system.sell(sale)
    while outbox.drain():
        pass
    assert orders.by_number(number=taken["number"]).member_id == member.id
    held = points.balance(member_id=member.id, now=datetime.now(UTC))
    assert held.available + held.pending == BREAD_FEN // 100


def test_pos_06_a_phone_is_no_member_number(chain: Chain, system: OldSystem, till: str):
    sale = system.sale(till, [(chain.bread.code, 1, BREAD_FEN)], member="13800138000")
    refused = system.post("/sales", {"sales": [sale]})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "sales.0.member")
    assert noted(system, sale) is None


def test_pos_06_an_id_or_number_never_stands_for_two_sales(chain: Chain, system: OldSystem, till: str):
    sale = system.sale(till, [(chain.milk.code, 1, MILK_FEN)])
    system.sell(sale)
    other_content = sale | {"sold_at": (datetime.now(UTC) - timedelta(days=1)).isoformat()}
    other_id = sale | {"external_id": "another"}
    outcomes = system.sell(other_content, other_id)
    assert [(one["state"], one["reason"]["code"]) for one in outcomes] == [("refused", "partners.key_reused")] * 2
    assert db.value("SELECT count(*) FROM partners_entry WHERE till_code = %s AND seq = %s", [till, sale["seq"]]) == 1


def test_pos_06_what_does_not_add_up_is_refused_and_holds_up_nothing(chain: Chain, system: OldSystem, till: str):
    wrong = system.sale(till, [(chain.milk.code, 1, MILK_FEN)], payable_fen=1)
    short = system.sale(till, [(chain.milk.code, 1, MILK_FEN)], tenders=[])
    good = system.sale(till, [(chain.milk.code, 1, MILK_FEN)])
    outcomes = system.sell(wrong, short, good)
    assert [one["state"] for one in outcomes] == ["refused", "refused", "booked"]
    assert {one["reason"]["code"] for one in outcomes[:2]} == {"partners.sums_differ"}
    assert (noted(system, wrong), noted(system, short)) == (None, None)


def test_pos_06_unknown_articles_wait_and_one_mapping_books_all_of_them(chain: Chain, system: OldSystem, till: str):
    before, _ = chain.stocked(chain.store, chain.milk).counters()
    strange = [system.sale(till, [("ALT-4711", 1, MILK_FEN)]) for _ in range(2)]
    for sale in strange:
        sale["lines"][0]["name"] = "鲜橙汁"
    good = system.sale(till, [(chain.milk.code, 1, MILK_FEN)])
    outcomes = system.sell(*strange, good)
    assert [one["state"] for one in outcomes] == ["kept", "kept", "booked"]
    assert outcomes[0]["reason"]["code"] == "partners.article_unknown"
    assert "ALT-4711" in outcomes[0]["reason"]["title"]
    waiting = {one.code: (one.name, one.waiting) for one in partners.unknown_articles(partner_id=system.id)}
    assert waiting["ALT-4711"] == ("鲜橙汁", 2)
    mapped = partners.map_article(
        partner_id=system.id, code="ALT-4711", sku_id=chain.milk.id, actor=SYSTEM, now=system_clock.now()
    )
    assert [one.state for one in mapped] == ["booked", "booked"]
    assert "ALT-4711" not in {one.code for one in partners.unknown_articles(partner_id=system.id)}
    assert chain.stocked(chain.store, chain.milk).counters() == (before - 3, 0)
    assert system.sell(*strange) == [
        {**one, "state": "booked", "number": done.number, "gap_fen": 0, "reason": None}
        for one, done in zip(outcomes, mapped, strict=False)
    ]


def test_pos_06_an_unknown_till_waits_until_it_is_registered(chain: Chain, system: OldSystem):
    sale = system.sale("SOMEWHERE", [(chain.milk.code, 1, MILK_FEN)])
    (kept,) = system.sell(sale)
    assert (kept["state"], kept["reason"]["code"]) == ("kept", "partners.till_unknown")
    system.till(chain.other_store, "SOMEWHERE")
    (booked,) = partners.try_again(ids=[entry_id(system, sale)], actor=SYSTEM, now=system_clock.now())
    assert orders.by_number(number=booked.number).selling_store_id == chain.other_store.unit.id


def test_pos_06_what_the_ledger_does_not_have_waits_and_blocks_nothing(system: OldSystem):
    chain = make_chain(stock=1)
    theirs = OldSystem(chain.region.id)
    till = theirs.till(chain.store)
    bad = theirs.sale(till, [(chain.milk.code, 2, 2 * MILK_FEN)])
    good = theirs.sale(till, [(chain.bread.code, 1, BREAD_FEN)])
    kept, booked = theirs.sell(bad, good)
    assert (kept["state"], kept["reason"]["code"], booked["state"]) == ("kept", "inventory.stock_short", "booked")
    put(chain.store, chain.milk, 1)
    (again,) = theirs.sell(bad)
    assert (again["state"], again["reason"]) == ("booked", None)
    assert chain.stocked(chain.store, chain.milk).counters() == (0, 0)


def test_pos_06_goods_come_back_to_an_old_till_once(chain: Chain, system: OldSystem, till: str):
    sale = system.sale(till, [(chain.milk.code, 3, 3 * MILK_FEN), (chain.bread.code, 1, BREAD_FEN)])
    early = system.back(sale, {1: 1}, MILK_FEN)
    (kept,) = system.take_back(early)
    assert (kept["state"], kept["reason"]["code"]) == ("kept", "partners.sale_unknown")
    (sold,) = system.sell(sale)
    before, _ = chain.stocked(chain.store, chain.milk).counters()
    (done,) = system.take_back(early)
    assert (done["state"], done["gap_fen"]) == ("booked", 0)
    assert system.take_back(early) == [done]
    more = system.back(sale, {1: 3}, 3 * MILK_FEN)
    (refused,) = system.take_back(more)
    assert refused["state"] == "kept"
    order = orders.by_number(number=sold["number"])
    assert (order.refunded_fen, chain.stocked(chain.store, chain.milk).counters()[0]) == (MILK_FEN, before + 1)


def test_pos_06_the_same_batch_at_the_same_moment_is_sold_once(chain: Chain, system: OldSystem, till: str):
    sales = [system.sale(till, [(chain.milk.code, 1, MILK_FEN)]) for _ in range(5)]
    before, _ = chain.stocked(chain.store, chain.milk).counters()
    found = parallel(4, lambda _: [one["number"] for one in system.sell(*sales)])
    assert {tuple(one) for one in found} == {tuple(found[0])}
    assert len(set(found[0])) == 5
    assert chain.stocked(chain.store, chain.milk).counters() == (before - 5, 0)


def test_pos_06_a_lost_answer_between_order_and_note_is_found_again(
    chain: Chain, system: OldSystem, till: str, monkeypatch: pytest.MonkeyPatch
):
    from quanyu.modules.partners.ops import note

    sale = system.sale(till, [("ALT-4712", 1, MILK_FEN)])
    map_to = {"partner_id": system.id, "code": "ALT-4712", "actor": SYSTEM, "now": system_clock.now()}
    partners.map_article(sku_id=chain.milk.id, **map_to)

    def lost(**_of: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(note, "book", lost)
        assert system.post("/sales", {"sales": [sale]}).status == 500
    # Somebody says meanwhile that the code means something else: what stands, stands.
    partners.map_article(sku_id=chain.bread.id, **map_to)
    (taken,) = system.sell(sale)
    assert taken["state"] == "booked"
    assert [line.sku_id for line in orders.by_number(number=taken["number"]).lines] == [chain.milk.id]


def test_pos_06_a_store_says_what_it_has_by_any_code(chain: Chain, system: OldSystem, till: str):
    have, _ = chain.stocked(chain.store, chain.tea).counters()
    found = system.get(f"/stock?till={till}&code={chain.tea.code}&code=NOTHING").expect(200)
    tea = {
        "sku_code": chain.tea.code,
        "name": chain.tea.name,
        "barcodes": list(chain.tea.barcodes),
        "price_fen": TEA_FEN,
    }
    nothing = {"sku_code": "", "name": "", "barcodes": [], "available": None, "price_fen": None}
    assert found == [{"code": chain.tea.code, "available": have, **tea}, {"code": "NOTHING", **nothing}]
    unknown = system.get("/stock?till=NOWHERE&code=1")
    assert (unknown.status, unknown.code) == (404, "partners.till_unknown")


def test_pos_06_pages_lead_through_all_goods_of_a_store(chain: Chain, system: OldSystem, till: str):
    seen, after = [], 0
    for _ in range(4):
        page = system.get(f"/goods?till={till}&after={after}&limit=2").expect(200)
        seen += [one["code"] for one in page["goods"]]
        if page["next_after"] is None:
            break
        after = page["next_after"]
    assert seen == [sku.code for sku in sorted(chain.skus, key=lambda one: one.id)]


def test_pos_06_what_an_old_till_said_is_never_rewritten(chain: Chain, system: OldSystem, till: str):
    sale = system.sale(till, [(chain.milk.code, 1, MILK_FEN)])
    system.sell(sale)
    for statement in (
        "UPDATE partners_entry SET amount_fen = 1 WHERE id = %s",
        "UPDATE partners_entry SET state = 'kept', number = '' WHERE id = %s",
        "DELETE FROM partners_entry WHERE id = %s",
    ):
        with pytest.raises(DatabaseError):
            db.in_transaction(lambda statement=statement: db.execute(statement, [entry_id(system, sale)]))
    assert noted(system, sale)["state"] == "booked"


def test_pos_06_a_store_of_somebody_else_takes_nothing(chain: Chain, system: OldSystem):
    other = make_chain(stock=STOCK)
    from quanyu.kernel.problem import Problem

    with pytest.raises(Problem) as refused:
        system.till(other.store, "THEIRS")
    assert refused.value.status in (403, 404)
    assert db.value("SELECT count(*) FROM partners_till WHERE code = 'THEIRS'") == 0


# --- counts ----------------------------------------------------------------------------------------------------------


def test_pos_06_a_count_books_the_difference_of_its_moment_once(chain: Chain):
    theirs = OldSystem(chain.region.id, may_count=True)
    till = theirs.till(chain.other_store)
    shelf = chain.stocked(chain.other_store, chain.milk)
    have, _ = shelf.counters()
    at = datetime.now(UTC)
    # Sold after the shelf was counted, and booked before the count arrives.
    theirs.sell(theirs.sale(till, [(chain.milk.code, 4, 4 * MILK_FEN)]))
    count = theirs.count(till, at, {chain.milk.code: have - 10, chain.bread.code: chain_stock(chain) + 3})
    bread, _ = chain.stocked(chain.other_store, chain.bread).counters()
    (done,) = theirs.post("/counts", {"counts": [count]}).expect(200)["outcomes"]
    assert (done["state"], done["reason"]) == ("booked", None)
    assert theirs.post("/counts", {"counts": [count]}).expect(200)["outcomes"] == [done]
    assert shelf.counters() == (have - 14, 0)
    assert chain.stocked(chain.other_store, chain.bread).counters() == (bread + 3, 0)


def chain_stock(chain: Chain) -> int:
    """What lies of the bread in the other store, where nothing was sold of it."""
    return chain.stocked(chain.other_store, chain.bread).counters()[0]


def test_pos_06_a_count_waits_where_the_chain_takes_none(chain: Chain, system: OldSystem, till: str):
    before = chain.stocked(chain.store, chain.milk).counters()
    count = system.count(till, datetime.now(UTC), {chain.milk.code: 0})
    (kept,) = system.post("/counts", {"counts": [count]}).expect(200)["outcomes"]
    assert (kept["state"], kept["reason"]["code"]) == ("kept", "partners.counts_not_taken")
    assert chain.stocked(chain.store, chain.milk).counters() == before


# --- beside the new tills --------------------------------------------------------------------------------------------


def test_pos_06_a_new_till_shows_and_takes_back_what_an_old_one_sold(chain: Chain, system: OldSystem, till: str):
    (sold,) = system.sell(system.sale(till, [(chain.milk.code, 2, 2 * MILK_FEN)]))
    new = TillClient(chain.store).sign_in(chain.cashier)
    new.open_shift()
    receipt = new.get(f"/receipts/{sold['number']}").expect(200)
    assert (receipt["payable_fen"], receipt["till_code"]) == (2 * MILK_FEN, "")
    body = {
        "id": str(uuid4()),
        "reason": "changed_mind",
        "lines": [{"line_number": 1, "quantity": 1, "restock": "sellable"}],
    }
    done = new.post(f"/receipts/{sold['number']}/returns", body).expect(201)
    assert done["amount_fen"] == MILK_FEN
    # The old till hears of it when it takes more back than is left.
    (kept,) = system.take_back(system.back({"till": till, "external_id": sold["external_id"]}, {1: 2}, 2 * MILK_FEN))
    assert (kept["state"], orders.by_number(number=sold["number"]).refunded_fen) == ("kept", MILK_FEN)


def test_pos_06_a_booked_return_without_its_sale_or_till_is_found(chain: Chain, system: OldSystem, till: str):
    sale = system.sale(till, [(chain.milk.code, 1, MILK_FEN)])
    back = system.back(sale, {1: 1}, MILK_FEN)
    system.sell(sale)
    assert system.take_back(back)[0]["state"] == "booked"
    lost = "UPDATE partners_entry SET state = 'kept', number = '' WHERE id = %s"
    found = found_by("partners_breach_return_before_its_sale", (lost, [entry_id(system, sale)]))
    assert [row["external_id"] for row in found] == [back["external_id"]]
    renamed = found_by(
        "partners_breach_booked_without_till", ("UPDATE partners_till SET code = 'X' WHERE code = %s", [till])
    )
    assert entry_id(system, sale) in {row["id"] for row in renamed}
