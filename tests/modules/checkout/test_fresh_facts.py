"""Whatever decides a price or a sale may change between two orders: the next one knows it, in every process.

Facts are kept in memory (``platform.marks``). For each of them the change is seen with the marks; and with the marks
ignored it is missed, so that none of these tests is green by chance.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.queries import kept as catalog_kept
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.ops import options, price_batch
from quanyu.modules.flash.queries import kept as flash_kept
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.queries import kept as inventory_kept
from quanyu.modules.members import api as members_api
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.queries import kept as organization_kept
from quanyu.modules.pricing.api import books, close_book
from quanyu.modules.pricing.contracts import Book
from quanyu.modules.pricing.queries import kept as pricing_kept
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import Scope, Step
from quanyu.modules.promotions.queries import kept as promotions_kept
from quanyu.platform import db, marks, settings_tree
from tests.harness import members, pricing
from tests.harness.chain import MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.checkout import command, coupon_for, place, till_command
from tests.harness.promotions import random_code
from tests.modules.checkout.test_budgets import statements
from tests.modules.checkout.test_coupons import make_address

Change = Callable[[Chain, datetime], object]
Seen = tuple[object, ...]


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def look(chain: Chain, *, at: datetime | None = None) -> Seen:
    """Price a parcel of a tea and a milk, a pickup of a milk and a till sale; return all that matters of them."""
    member = members.make_member()
    address = make_address(member)
    goods = [(chain.tea, 1), (chain.milk, 1)]
    wanted = [
        command(chain.store, *goods),
        command(chain.store, *goods, member_id=member.id, points=1),
        command(chain.store, *goods, delivery=Delivery.EXPRESS, member_id=member.id, address_id=address),
        command(chain.franchise, (chain.milk, 1)),
        command(chain.store, (chain.milk, 1), channel=Channel.POS, delivery=Delivery.CARRY_OUT),
    ]
    found = price_batch.priced(wanted, now=at or system_clock.now())
    return tuple(_seen(found[one]) for one in wanted)


def _seen(one: price_batch.PricedOrder | Problem) -> object:
    if isinstance(one, Problem):
        return one.code
    shop, price = one.shop, one.price
    return (
        price.payable_fen,
        price.freight_fen,
        [problem.code for problem in one.problems],
        shop.options,
        shop.spending,
        shop.store.address,
        shop.owners.get(one.command.lines[-1].sku_id),
        [shop.skus[line.sku_id].name for line in price.lines],
        one.sources,
    )


def _setting(key: str, value: object) -> Change:
    def change(chain: Chain, now: datetime) -> None:
        settings_tree.set_value(SYSTEM, f"unit:{chain.store.unit.id}", key, value, now)

    return change


def _chain_setting(key: str, value: object) -> Change:
    def change(chain: Chain, now: datetime) -> None:
        settings_tree.set_value(SYSTEM, "brand", key, value, now)

    return change


def _book(chain: Chain) -> Book:
    (book,) = books(unit_ids=[chain.region.id])
    return book


def _campaign(chain: Chain, now: datetime) -> object:
    return promotions.create_campaign(
        code=random_code(),
        name="满减",
        period=Period(now - timedelta(hours=1), now + timedelta(days=1)),
        steps=[Step(1000, 300)],
        scope=Scope(unit_ids=frozenset({chain.region.id})),
        actor=SYSTEM,
        now=now,
    )


def _category(chain: Chain, now: datetime) -> None:
    """A campaign on another category holds for the goods once their category moves below it."""
    other = catalog.create_category(code=random_code(), name="别处", actor=SYSTEM, now=now)
    promotions.create_campaign(
        code=random_code(),
        name="满减",
        period=Period(now - timedelta(hours=1), now + timedelta(days=1)),
        steps=[Step(1000, 300)],
        scope=Scope(unit_ids=frozenset({chain.region.id}), category_ids=frozenset({other.id})),
        actor=SYSTEM,
        now=now,
    )
    catalog.update_category(category_id=chain.category.id, parent_id=other.id, actor=SYSTEM, now=now)


def _owner(chain: Chain, now: datetime) -> None:
    inventory.set_sharing(
        owner_id=chain.dealer.id, seller_owner_id=chain.store.owner_id, is_shared=True, actor=SYSTEM, now=now
    )


def _warehouse(chain: Chain, now: datetime) -> None:
    organization.close_unit(unit_id=chain.warehouse.unit.id, actor=SYSTEM, now=now)


CHANGES: dict[str, Change] = {
    "a new price book": lambda chain, now: pricing.make_book(unit_id=chain.store.unit.id, prices={chain.milk.id: 1}),
    "a price": lambda chain, now: pricing.set_prices(_book(chain), {chain.milk.id: MILK_FEN + 1}),
    "a price that goes": lambda chain, now: pricing.set_prices(_book(chain), {chain.milk.id: None}),
    "a book that closes": lambda chain, now: close_book(book_id=_book(chain).id, at=now, actor=SYSTEM, now=now),
    "a campaign": _campaign,
    "a category that moves": _category,
    "freight": _setting(options.EXPRESS_FREIGHT.key, 4321),
    "time to pay": _setting(options.PAY_WITHIN.key, 77),
    "how points pay": _chain_setting("points.least", 17),
    "a SKU that goes off sale": lambda chain, now: catalog.update_sku(
        sku_id=chain.milk.id, is_active=False, actor=SYSTEM, now=now
    ),
    "a product's name": lambda chain, now: catalog.update_sku(
        sku_id=chain.milk.id, name="鲜牛奶", actor=SYSTEM, now=now
    ),
    "a listing": lambda chain, now: catalog.set_listing(
        unit_id=chain.store.unit.id, sku_id=chain.tea.id, is_listed=False, actor=SYSTEM, now=now
    ),
    "a store's address": lambda chain, now: organization.update_location(
        unit_id=chain.store.unit.id, address="新址 8 号", actor=SYSTEM, now=now
    ),
    "a store that closes": lambda chain, now: organization.close_unit(
        unit_id=chain.store.unit.id, actor=SYSTEM, now=now
    ),
    "a warehouse that closes": _warehouse,
    "a sharing rule": _owner,
}


@pytest.fixture(autouse=True)
def others_as_before(chain: Chain) -> Iterator[None]:
    """Take back what would hold for other tests as well."""
    yield
    settings_tree.set_value(SYSTEM, "brand", "points.least", None, system_clock.now())
    inventory.remove_sharing(
        owner_id=chain.dealer.id, seller_owner_id=chain.store.owner_id, actor=SYSTEM, now=system_clock.now()
    )


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_next_order_knows_what_has_changed(chain, change):
    before = look(chain)
    assert look(chain) == before
    change(chain, system_clock.now())
    after = look(chain)
    assert after != before
    # What is in memory now is what a process that starts just now would read.
    forget()
    assert look(chain) == after


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_with_the_marks_ignored_it_would_not(chain, change, monkeypatch):
    monkeypatch.setattr(marks.Kept, "_mark", lambda *_: ("blind",))
    forget()
    try:
        before = look(chain)
        change(chain, system_clock.now())
        assert look(chain) == before
    finally:
        monkeypatch.undo()
        forget()


DAY = marks.day_of(system_clock.now())
# Everything that is kept, with a key of each.
KEPT: list[tuple[marks.Kept[Any, Any], Any]] = [
    (catalog_kept.SKUS, 1),
    (catalog_kept.LISTINGS, 1),
    (flash_kept.BOARD, DAY),
    (inventory_kept.SHARING, None),
    (organization_kept.LOCATIONS, 1),
    (organization_kept.WAREHOUSES, None),
    (organization_kept.AREA_NAMES, "440305"),
    (pricing_kept.BOOKS, DAY),
    (pricing_kept.PRICES, (1, DAY)),
    (promotions_kept.CAMPAIGNS, DAY),
    (settings_tree._KEPT, "points.least"),
]


def forget() -> None:
    for kept, _ in KEPT:
        kept.forget()


def test_every_table_that_facts_are_read_from_is_watched():
    """Each table in the plan of a fact's query leaves a mark for one of the fact's topics, and none does in vain."""
    every = [one for one in gc.get_objects() if isinstance(one, marks.Kept) and "test.fact" not in one.topics]
    assert {id(one) for one in every} == {id(kept) for kept, _ in KEPT}
    watched = {
        row["name"]: row["topic"].removesuffix("\\000")
        for row in db.rows(
            "SELECT tgrelid::regclass::text AS name, encode(tgargs, 'escape') AS topic FROM pg_trigger "
            "WHERE tgfoid = 'platform_mark_change'::regproc AND tgrelid <> coalesce(to_regclass('marks_test_fact'), 0)"
        )
    }
    read = set()
    for kept, key in KEPT:
        part = kept.part([key])
        plan = db.json_value(f"EXPLAIN (FORMAT JSON) {part.select}", part.parameters)
        tables = set(_tables(plan))
        assert {watched.get(table) for table in tables} <= set(kept.topics), (kept.topics, tables)
        read |= tables
    assert read == set(watched)


def _tables(plan: object) -> Iterator[str]:
    if isinstance(plan, dict):
        if "Relation Name" in plan:
            yield plan["Relation Name"]
        plan = list(plan.values())
    if isinstance(plan, list):
        for part in plan:
            yield from _tables(part)


def test_a_price_begins_and_ends_at_its_moment(chain):
    """Nothing is written at these moments: what is kept has its time."""
    starts = system_clock.now().replace(microsecond=0) + timedelta(seconds=30)
    ends = starts + timedelta(seconds=30)
    pricing.make_book(
        unit_id=chain.store.unit.id, kind="timed", period=Period(starts, ends), prices={chain.tea.id: 100}
    )
    least = timedelta(microseconds=1)
    for at, fen in (
        (starts - least, TEA_FEN),
        (starts, 100),
        (ends - least, 100),
        (ends, TEA_FEN),
        # A clock that goes back, and days before and after.
        (starts, 100),
        (starts - timedelta(days=1), TEA_FEN),
        (starts + timedelta(days=2), TEA_FEN),
        (starts, 100),
    ):
        wanted = command(chain.store, (chain.tea, 1))
        assert price_batch.priced([wanted], now=at)[wanted].price.payable_fen == fen


def test_a_campaign_begins_and_ends_at_its_moment(chain):
    starts = system_clock.now().replace(microsecond=0) + timedelta(seconds=30)
    ends = starts + timedelta(days=3)
    promotions.create_campaign(
        code=random_code(),
        name="满减",
        period=Period(starts, ends),
        steps=[Step(1000, 300)],
        scope=Scope(unit_ids=frozenset({chain.region.id})),
        actor=SYSTEM,
        now=system_clock.now(),
    )
    least = timedelta(microseconds=1)
    for at, off in ((starts - least, 0), (starts, 300), (ends - least, 300), (ends, 0), (starts, 300)):
        wanted = command(chain.store, (chain.tea, 1))
        assert price_batch.priced([wanted], now=at)[wanted].price.payable_fen == TEA_FEN - off


def test_one_statement_reads_for_any_number_of_stores_channels_and_tiers(chain):
    now = system_clock.now()
    member = members.make_member()
    wanted = [
        command(store, (sku, 1), channel=channel, delivery=delivery, member_id=who)
        for store in (chain.store, chain.other_store, chain.franchise)
        for sku in (chain.milk, chain.tea)
        for channel, delivery in ((Channel.MALL, Delivery.PICKUP), (Channel.POS, Delivery.CARRY_OUT))
        for who in (None, member.id)
    ]
    price_batch.priced(wanted, now=now)
    assert len(statements(lambda: price_batch.priced(wanted, now=now))) == 1
    # A change of one kind of facts costs one more statement, once, for all of them.
    pricing.make_book(unit_id=chain.store.unit.id, prices={chain.milk.id: MILK_FEN + 1})
    assert len(statements(lambda: price_batch.priced(wanted, now=now))) == 2
    assert len(statements(lambda: price_batch.priced(wanted, now=now))) == 1


def test_a_coupon_that_two_members_name_is_its_holders(chain):
    holder, other = members.make_member(), members.make_member()
    coupon = coupon_for(holder)
    mine, theirs = (
        command(chain.store, (chain.tea, 1), member_id=one.id, coupon_ids=(coupon.id,)) for one in (holder, other)
    )
    for wanted in ([mine, theirs], [theirs, mine]):
        found = price_batch.priced(wanted, now=system_clock.now())
        assert [problem.code for problem in found[mine].problems] == []
        assert [problem.code for problem in found[theirs].problems] == ["checkout.coupon_refused"]


def test_an_address_is_only_its_members(chain):
    one, other = members.make_member(), members.make_member()
    address = make_address(one)
    given = {"delivery": Delivery.EXPRESS, "address_id": address}
    mine, theirs = (command(chain.store, (chain.tea, 1), member_id=who.id, **given) for who in (one, other))
    found = price_batch.priced([mine, theirs], now=system_clock.now())
    assert (found[mine].address.name, found[mine].address.area_code) == ("王小明", "440305")
    assert found[mine].address == members_api.address_for_order(member_id=one.id, address_id=address)
    assert found[theirs].code == "members.address_unknown"


def test_the_life_of_orders_changes_nothing_that_is_kept(chain):
    """Otherwise every order would make the next one read everything anew."""
    before = db.value("SELECT platform_marks()::text")
    now = system_clock.now()
    paid = place(till_command(chain.store, (chain.tea, 1), cash_fen=TEA_FEN))
    unpaid = place(command(chain.store, (chain.milk, 1), member_id=members.make_member().id))
    checkout.cancel_order(order_id=unpaid.id, reason="unwanted", actor=SYSTEM, now=now)
    assert (paid.state, unpaid.state) == ("completed", "placed")
    assert db.value("SELECT platform_marks()::text") == before
