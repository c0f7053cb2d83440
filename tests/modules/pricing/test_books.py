"""Price books: which one wins, what is refused, what is remembered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import (
    BookCodeTaken,
    BookInvalid,
    BooksOverlap,
    BookUnknown,
    NewPrice,
    PriceInvalid,
    PriceSet,
)
from quanyu.platform import db
from tests.harness import catalog, organization
from tests.harness.parallel import parallel
from tests.harness.pricing import ALWAYS, NOW, SYSTEM, make_book, set_prices

DAY = timedelta(days=1)


def price_of(store, sku, *, tier=None, at=NOW):
    return pricing.prices(unit_id=store.unit.id, sku_ids=[sku.id], tier=tier, at=at).get(sku.id)


def create(**given):
    settings = {
        "code": "X",
        "name": "X",
        "kind": "base",
        "unit_id": organization.enterprise().id,
        "period": ALWAYS,
        "actor": SYSTEM,
        "now": NOW,
    }
    return pricing.create_book(**(settings | given))


def test_the_nearest_unit_wins_for_each_kind():
    region = organization.make_region()
    store = organization.make_store(parent_id=region.id)
    sku = catalog.make_sku()
    base = make_book(unit_id=region.id, prices={sku.id: 1000})
    member = make_book(unit_id=region.id, kind="member", prices={sku.id: 900})
    assert price_of(store, sku) == PriceSet(sku.id, 1000, None, None, base.id)
    own = make_book(unit_id=store.unit.id, prices={sku.id: 1100})
    timed = make_book(unit_id=store.unit.id, kind="timed", prices={sku.id: 950})
    assert price_of(store, sku, tier="gold") == PriceSet(sku.id, 1100, 900, 950, own.id, member.id, timed.id)
    elsewhere = organization.make_store(parent_id=region.id)
    assert price_of(elsewhere, sku, tier="gold") == PriceSet(sku.id, 1000, 900, None, base.id, member.id)


def test_a_member_price_is_for_members_and_a_tier_price_for_its_tier():
    store, sku = organization.make_store(), catalog.make_sku()
    make_book(unit_id=store.unit.id, prices={sku.id: 1000})
    make_book(unit_id=store.unit.id, kind="member", prices={sku.id: 900})
    make_book(unit_id=store.unit.id, kind="member", tier="gold", prices={sku.id: 800})
    found = {tier: price_of(store, sku, tier=tier).member_fen for tier in (None, "", "silver", "gold")}
    assert found == {None: None, "": 900, "silver": 900, "gold": 800}


def test_a_timed_price_holds_in_its_half_open_period():
    store, sku = organization.make_store(), catalog.make_sku()
    make_book(unit_id=store.unit.id, prices={sku.id: 1000})
    make_book(unit_id=store.unit.id, kind="timed", period=Period(NOW, NOW + DAY), prices={sku.id: 700})
    moments = [NOW - timedelta(microseconds=1), NOW, NOW + DAY - timedelta(microseconds=1), NOW + DAY]
    assert [price_of(store, sku, at=at).timed_fen for at in moments] == [None, 700, 700, None]


def test_a_sku_without_a_base_price_has_no_price():
    store, sku = organization.make_store(), catalog.make_sku()
    make_book(unit_id=store.unit.id, kind="timed", prices={sku.id: 700})
    assert price_of(store, sku) is None


def test_a_list_of_prices_is_one_query():
    store = organization.make_store()
    skus = [catalog.make_sku() for _ in range(3)]
    make_book(unit_id=store.unit.id, prices={sku.id: 100 + index for index, sku in enumerate(skus)})
    queries = []

    def count(execute, sql, parameters, many, context):
        queries.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(count):
        found = pricing.prices(unit_id=store.unit.id, sku_ids=[sku.id for sku in skus], at=NOW, path=store.unit.path)
    assert [found[sku.id].base_fen for sku in skus] == [100, 101, 102]
    assert len(queries) == 1


def test_books_of_one_kind_place_and_tier_never_overlap():
    store = organization.make_store()
    first = make_book(unit_id=store.unit.id, period=Period(NOW, NOW + DAY))
    for period in (Period(NOW, NOW + DAY), Period(NOW + DAY / 2), ALWAYS):
        with pytest.raises(BooksOverlap) as refusal:
            create(code=catalog.code(), unit_id=store.unit.id, period=period)
        assert (refusal.value.field, refusal.value.params) == ("period", {"code": first.code})
    assert [book.id for book in pricing.books(unit_ids=[store.unit.id])] == [first.id]
    # Touching ends, another kind, another tier, another place: no overlap.
    make_book(unit_id=store.unit.id, period=Period(NOW + DAY))
    make_book(unit_id=store.unit.id, kind="member", period=Period(NOW, NOW + DAY))
    make_book(unit_id=store.unit.id, kind="member", tier="gold", period=Period(NOW, NOW + DAY))
    make_book(unit_id=organization.make_store().unit.id, period=Period(NOW, NOW + DAY))


def test_of_many_editors_opening_the_same_book_one_succeeds():
    store = organization.make_store()
    results = parallel(8, lambda _index: make_book(unit_id=store.unit.id))
    assert sorted(type(result).__name__ for result in results) == ["Book"] + ["BooksOverlap"] * 7


def test_a_taken_code_and_wrong_fields_are_refused():
    taken = make_book(unit_id=organization.make_store().unit.id)
    with pytest.raises(BookCodeTaken) as refusal:
        create(code=taken.code, unit_id=organization.make_store().unit.id)
    assert refusal.value.field == "code"
    for field, given in {"code": {"code": " "}, "name": {"name": ""}, "tier": {"tier": "gold"}}.items():
        with pytest.raises(BookInvalid) as invalid:
            create(**given)
        assert invalid.value.field == field


def test_a_closed_book_ends_and_makes_room():
    store, sku = organization.make_store(), catalog.make_sku()
    book = make_book(unit_id=store.unit.id, period=Period(NOW), prices={sku.id: 1000})
    closed = pricing.close_book(book_id=book.id, at=NOW + DAY, actor=SYSTEM, now=NOW)
    assert (closed.period, closed.is_active) == (Period(NOW, NOW + DAY), True)
    make_book(unit_id=store.unit.id, period=Period(NOW + DAY), prices={sku.id: 1200})
    assert [price_of(store, sku, at=NOW + shift).base_fen for shift in (DAY / 2, DAY)] == [1000, 1200]
    never = pricing.close_book(book_id=book.id, at=NOW - DAY, actor=SYSTEM, now=NOW)
    assert never.is_active is False
    assert price_of(store, sku, at=NOW) is None
    with pytest.raises(BookUnknown):
        pricing.close_book(book_id=book.id, at=NOW, actor=SYSTEM, now=NOW)


def test_prices_change_together_and_are_remembered():
    store = organization.make_store()
    skus = [catalog.make_sku().id for _ in range(3)]
    book = make_book(unit_id=store.unit.id, prices={skus[0]: 100, skus[1]: 200})
    assert set_prices(book, {skus[0]: 100, skus[1]: None, skus[2]: 300}) == 2
    assert set_prices(book, {skus[0]: 100, skus[1]: None, skus[2]: 300}) == 0
    found = pricing.prices(unit_id=store.unit.id, sku_ids=skus, at=NOW)
    assert {sku_id: found[sku_id].base_fen for sku_id in found} == {skus[0]: 100, skus[2]: 300}
    steps = [(entry.before_fen, entry.after_fen) for entry in pricing.history(sku_id=skus[1])]
    assert steps == [(200, None), (None, 200)]
    events = db.rows(
        "SELECT payload->'changes' AS changes FROM platform_outbox "
        "WHERE topic = 'pricing.price_changed.1' AND aggregate = %s ORDER BY id",
        [str(book.id)],
    )
    assert len(events) == 2


def test_a_refused_price_changes_none():
    sku = catalog.make_sku()
    book = make_book(unit_id=organization.make_store().unit.id, prices={sku.id: 100})
    refused = {
        "prices.1.amount_fen": [NewPrice(sku.id, 200), NewPrice(catalog.make_sku().id, -1)],
        "prices.1.sku_id": [NewPrice(sku.id, 200), NewPrice(sku.id, 300)],
        "prices.0.sku_id": [NewPrice(2**60, 300)],
    }
    for field, wanted in refused.items():
        with pytest.raises(PriceInvalid) as refusal:
            pricing.set_prices(book_id=book.id, prices=wanted, actor=SYSTEM, now=NOW)
        assert refusal.value.field == field
    assert [entry.after_fen for entry in pricing.history(sku_id=sku.id)] == [100]


def test_the_history_is_append_only():
    sku = catalog.make_sku()
    make_book(unit_id=organization.make_store().unit.id, prices={sku.id: 100})
    for statement in ("UPDATE pricing_price_change SET after_fen = 1", "DELETE FROM pricing_price_change"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            db.execute(statement)
    assert [entry.after_fen for entry in pricing.history(sku_id=sku.id)] == [100]


def test_prices_are_edited_where_the_permission_reaches():
    store, other = organization.make_store(), organization.make_store()
    here = Grant(frozenset({"pricing.edit"}), Scope.STORE, store.unit.id)
    manager = Actor(ActorKind.STAFF, "1", grants=(here,))
    book = create(code=catalog.code(), unit_id=store.unit.id, actor=manager)
    foreign = make_book(unit_id=other.unit.id)
    sku = catalog.make_sku()
    assert pricing.set_prices(book_id=book.id, prices=[NewPrice(sku.id, 5)], actor=manager, now=NOW) == 1
    with pytest.raises(NotFound):
        pricing.set_prices(book_id=foreign.id, prices=[NewPrice(sku.id, 5)], actor=manager, now=NOW)
    with pytest.raises(Forbidden):
        pricing.set_prices(book_id=book.id, prices=[NewPrice(sku.id, 6)], actor=Actor(ActorKind.STAFF, "2"), now=NOW)
    with pytest.raises(NotFound):
        create(code=catalog.code(), actor=manager)
    assert [entry.after_fen for entry in pricing.history(sku_id=sku.id)] == [5]
