"""What goes with a basket, as a till gets it, and what came of it, counted once (POS-02)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.catalog import api as catalog
from quanyu.modules.insights import api as insights
from quanyu.modules.pos import api
from quanyu.modules.pos.rules.advice_figures import AdviceReport, PairFigures, Share
from quanyu.platform import db, settings_tree
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.clients import TillClient, cash
from tests.harness.members import make_member

PRICES = {"milk": MILK_FEN, "bread": BREAD_FEN, "tea": TEA_FEN}


class Counter:
    """A till with somebody behind it, in a chain of its own."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.till = TillClient(chain.store).sign_in(chain.cashier)
        self.till.open_shift()

    def sell(self, *names: str, **more: Any) -> str:
        """Sell a piece of each for cash; return the sale's id."""
        lines = {getattr(self.chain, name).id: 1 for name in names}
        paid = sum(PRICES[name] for name in names)
        return str(self.till.sell(lines, tenders=cash(paid), **more).expect(201)["order"]["id"])

    def learn(self) -> None:
        """Milk goes with tea, in three of five orders; nothing else goes with anything."""
        for names in (("milk", "tea"),) * 3 + (("milk",),) * 2 + (("bread",),) * 15:
            self.sell(*names)
        insights.learn_habits(now=system_clock.now())

    def given(self, name: str, because: str, *, added: bool) -> dict[str, Any]:
        """Return a piece of advice as a till tells it."""
        skus = (getattr(self.chain, name).id, getattr(self.chain, because).id)
        return {"sku_id": skus[0], "because_sku_id": skus[1], "added": added}

    def tell(self, *sales: tuple[str, bool, list[dict[str, Any]]]) -> list[str]:
        """Tell what was advised; return what is settled."""
        body = [{"sale_id": id_, "is_control": control, "given": given} for id_, control, given in sales]
        return list(self.till.post("/advice/outcomes", {"sales": body}).expect(200)["settled"])

    def report(self) -> AdviceReport:
        """Return the store's figures of today."""
        today = timezone.localdate(system_clock.now())
        units = frozenset({self.chain.store.unit.id})
        return api.advice_report(unit_ids=units, since=today, until=today + timedelta(days=1))

    def products(self) -> dict[int, dict[str, Any]]:
        """Return the advice of a till that has none."""
        found = self.till.post("/advice/differences", {"digests": []}).expect(200)
        return {one["product_id"]: one for bucket in found["buckets"] for one in bucket["products"]}


@pytest.fixture
def counter() -> Counter:
    return Counter(make_chain(stock=500))


@contextmanager
def setting(key: str, value: object, chain: Chain) -> Iterator[None]:
    node = f"unit:{chain.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, key, value, system_clock.now())
    yield
    settings_tree.set_value(SYSTEM, node, key, None, system_clock.now())


def noted(sale_id: str) -> int:
    return int(db.value("SELECT count(*) FROM pos_advice_given WHERE sale_id = %s", [UUID(sale_id)]))


def test_pos_02_a_till_gets_what_goes_with_what_and_then_only_what_has_changed(counter: Counter):
    counter.learn()
    milk, tea = counter.chain.milk, counter.chain.tea
    found = counter.till.post("/advice/differences", {"digests": []}).expect(200)
    assert found["version"] == counter.till.get("/rules").expect(200)["advice"]["version"] != ""
    products = counter.products()
    # 3 of 5 + 10, and 3 of 3 + 10.
    assert products[milk.product_id] == {
        "product_id": milk.product_id,
        "skus": [milk.id],
        "offers": [milk.id],
        "goes_with": [{"product_id": tea.product_id, "strength_bp": 2000}],
    }
    assert products[tea.product_id]["goes_with"] == [{"product_id": milk.product_id, "strength_bp": 2308}]
    assert counter.chain.bread.product_id not in products
    digests = [""] * 64
    for bucket in found["buckets"]:
        digests[bucket["number"]] = bucket["digest"]
    assert counter.till.post("/advice/differences", {"digests": digests}).expect(200)["buckets"] == []
    place = milk.product_id % 64
    digests[place] = "0" * 16
    again = counter.till.post("/advice/differences", {"digests": digests}).expect(200)["buckets"]
    assert [bucket["number"] for bucket in again] == [place]


def test_pos_02_cost_and_margin_stay_on_the_server(counter: Counter):
    counter.learn()
    told = str(counter.till.post("/advice/differences", {"digests": []}).expect(200))
    assert "cost" not in told
    assert "margin" not in told


def test_pos_02_goods_below_the_margin_floor_are_not_offered_and_still_call_for_others(counter: Counter):
    counter.learn()
    milk, tea = counter.chain.milk, counter.chain.tea
    # Milk leaves 250 of 650 (38 %), tea 3800 of 8800 (43 %).
    with setting("pos.advice_margin_bp", 4_000, counter.chain):
        products = counter.products()
        assert (products[milk.product_id]["offers"], products[tea.product_id]["offers"]) == ([], [tea.id])
        assert products[milk.product_id]["goes_with"] == [{"product_id": tea.product_id, "strength_bp": 2000}]
    with setting("pos.advice_margin_bp", 4_400, counter.chain):
        assert counter.products()[tea.product_id]["offers"] == []
    assert counter.products()[milk.product_id]["offers"] == [milk.id]


def test_pos_02_a_store_that_does_not_list_the_goods_does_not_hear_of_them(counter: Counter):
    counter.learn()
    tea = counter.chain.tea
    catalog.set_listing(
        unit_id=counter.chain.store.unit.id, sku_id=tea.id, is_listed=False, actor=SYSTEM, now=system_clock.now()
    )
    products = counter.products()
    assert tea.product_id not in products
    assert products[counter.chain.milk.product_id]["goes_with"] == []


def test_pos_02_a_store_switches_advice_off_and_sets_the_share_without(counter: Counter):
    counter.learn()
    before = counter.till.get("/rules").expect(200)["advice"]
    assert before["control_bp"] == 500
    with setting("pos.advice", False, counter.chain):
        assert counter.till.get("/rules").expect(200)["advice"] == {"version": "", "control_bp": 500}
        assert counter.products() == {}
    with setting("pos.advice_control_bp", 1_000, counter.chain):
        after = counter.till.get("/rules").expect(200)["advice"]
    assert after == {"version": before["version"], "control_bp": 1_000}


def test_pos_02_what_is_out_of_stock_in_this_store_is_told_at_any_time(counter: Counter):
    milk, tea, bread = counter.chain.milk.id, counter.chain.tea.id, counter.chain.bread.id
    asked = {"sku_ids": [tea, milk, bread, 10**9]}
    assert counter.till.post("/advice/stock", asked).expect(200) == {"short": [10**9]}
    counter.till.sell({tea: 500}, tenders=cash(500 * TEA_FEN)).expect(201)
    assert counter.till.post("/advice/stock", asked).expect(200) == {"short": [tea, 10**9]}


def test_pos_02_a_members_rights_say_what_was_bought_lately_by_sku_only(counter: Counter):
    member = make_member()
    address = f"/members/{member.id}/rights"
    assert counter.till.get(address).expect(200)["bought_lately"] == []
    counter.sell("milk", "tea", member_id=str(member.id))
    lately = sorted([counter.chain.milk.id, counter.chain.tea.id])
    assert counter.till.get(address).expect(200)["bought_lately"] == lately
    with setting("pos.advice_lately_days", 0, counter.chain):
        assert counter.till.get(address).expect(200)["bought_lately"] == []


def test_pos_02_what_was_advised_is_counted_once_however_often_it_is_told(counter: Counter):
    sale = counter.sell("milk", "tea")
    told = (sale, False, [counter.given("tea", "milk", added=True), counter.given("bread", "milk", added=False)])
    assert counter.tell(told, told) == [sale]
    assert counter.tell(told) == [sale]
    # Another story about the same sale is not believed any more.
    assert counter.tell((sale, True, [counter.given("bread", "milk", added=False)])) == [sale]
    assert noted(sale) == 2
    report = counter.report()
    paid = MILK_FEN + TEA_FEN
    assert report.whole.advised == Share(baskets=1, added=1, bought=1, lines=2, payable_fen=paid)
    assert report.whole.control == Share()
    assert (report.whole.advised.attach_bp, report.whole.advised.lines_hundredths) == (10_000, 200)
    milk, tea, bread = counter.chain.milk.id, counter.chain.tea.id, counter.chain.bread.id
    assert report.pairs == (PairFigures(milk, tea, 1, 1), PairFigures(milk, bread, 1, 0))
    with pytest.raises(DatabaseError), transaction.atomic():
        db.execute("UPDATE pos_advised_sale SET has_added = false WHERE order_id = %s", [UUID(sale)])


def test_pos_02_added_and_taken_out_again_is_no_attach(counter: Counter):
    out_again, kept, ignored = counter.sell("milk"), counter.sell("milk", "tea"), counter.sell("milk")
    tea = counter.given("tea", "milk", added=True)
    told = [(out_again, False, [tea]), (kept, False, [tea]), (ignored, False, [{**tea, "added": False}])]
    assert sorted(counter.tell(*told)) == sorted([out_again, kept, ignored])
    share = counter.report().whole.advised
    assert (share.baskets, share.added, share.attach_bp) == (3, 1, 3_333)


def test_pos_02_the_control_share_is_compared_and_never_added_to(counter: Counter):
    shown, silent, by_itself = counter.sell("milk", "tea"), counter.sell("milk"), counter.sell("milk", "tea")
    tea = counter.given("tea", "milk", added=True)
    counter.tell((shown, False, [tea]), (silent, True, [{**tea, "added": False}]), (by_itself, True, [tea]))
    report = counter.report()
    both = MILK_FEN + TEA_FEN
    assert report.whole.advised == Share(baskets=1, added=1, bought=1, lines=2, payable_fen=both)
    assert report.whole.control == Share(baskets=2, added=0, bought=1, lines=3, payable_fen=MILK_FEN + both)
    assert (report.whole.control.bought_bp, report.whole.control.lines_hundredths) == (5_000, 150)
    today = timezone.localdate(system_clock.now())
    assert report.by_day == {today: report.whole}
    assert report.by_store == {counter.chain.store.unit.id: report.whole}
    assert report.by_staff == {counter.chain.cashier.id: report.whole}


def test_pos_02_what_is_no_paid_order_yet_is_told_again_later(counter: Counter):
    unknown, tea = str(uuid7()), [counter.given("tea", "milk", added=True)]
    waiting = counter.till.sell({counter.chain.milk.id: 1}).expect(201)["order"]
    assert counter.tell((unknown, False, tea), (waiting["id"], False, tea)) == []
    counter.till.post(f"/sales/{waiting['id']}/tenders", {"tenders": cash(MILK_FEN)}).expect(200)
    assert counter.tell((unknown, False, tea), (waiting["id"], False, tea)) == [waiting["id"]]
    cancelled = counter.till.sell({counter.chain.milk.id: 1}).expect(201)["order"]
    counter.till.post(f"/sales/{cancelled['id']}/cancellation", {}).expect(200)
    assert counter.tell((cancelled["id"], False, tea)) == [cancelled["id"]]
    assert (noted(cancelled["id"]), counter.report().whole.advised.baskets) == (0, 1)


def test_pos_02_a_till_tells_of_its_own_sales_only(counter: Counter):
    sale = counter.sell("milk", "tea")
    other = Counter(counter.chain)
    assert other.tell((sale, False, [counter.given("tea", "milk", added=True)])) == [sale]
    assert noted(sale) == 0
    assert counter.tell((sale, False, [counter.given("tea", "milk", added=True)])) == [sale]
    assert noted(sale) == 1


def test_pos_02_who_may_not_sell_tells_nothing(counter: Counter):
    sale = counter.sell("milk", "tea")
    body = {"sales": [{"sale_id": sale, "is_control": False, "given": [counter.given("tea", "milk", added=True)]}]}
    counter.till.sign_in(counter.chain.associate)
    refused = counter.till.post("/advice/outcomes", body)
    assert (refused.status, refused.code) == (403, "forbidden")
    counter.till.staff_token = ""
    assert counter.till.post("/advice/outcomes", body).status == 401
    assert noted(sale) == 0
