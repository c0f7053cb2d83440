"""The same price by the rules over what is kept in memory as by ``pricing_resolve``, on books drawn at random."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.period import Period
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import BooksOverlap
from quanyu.platform.marks import Reading
from tests.harness import catalog, organization
from tests.harness.pricing import NOW, make_book

HOUR = timedelta(hours=1)
TIERS = (None, "", "silver", "gold")
# A book: kind, how deep its unit stands, tier, from and until in hours, and what it says of two SKUs.
_BOOK = st.tuples(
    st.sampled_from(["base", "base", "member", "timed"]),
    st.integers(0, 2),
    st.sampled_from(["", "silver", "gold"]),
    st.tuples(st.integers(-3, 2), st.integers(1, 4)),
    st.tuples(st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)),
    st.booleans(),
)


@pytest.fixture(scope="module")
def skus():
    return [catalog.make_sku() for _ in range(2)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_BOOK, max_size=8), st.lists(st.integers(-3, 5), min_size=1, max_size=3))
def test_rules_and_sql_decide_alike(skus, drawn, moments):
    brand = organization.make_unit(UnitKind.BRAND, parent_id=organization.enterprise().id)
    region = organization.make_region(parent_id=brand.id)
    store = organization.make_store(parent_id=region.id)
    ids = [sku.id for sku in skus]
    for kind, depth, tier, (start, hours), amounts, closes in drawn:
        period = Period(NOW + start * HOUR, NOW + (start + hours) * HOUR)
        prices = {sku_id: amount for sku_id, amount in zip(ids, amounts, strict=True) if amount is not None}
        try:
            book = make_book(
                unit_id=(brand.id, region.id, store.unit.id)[depth],
                kind=kind,
                tier=tier if kind == "member" else "",
                period=period,
                prices=prices,
            )
        except BooksOverlap:
            continue
        if closes:
            pricing.close_book(book_id=book.id, at=period.start + HOUR / 2, actor=SYSTEM, now=NOW)
    path = store.unit.path
    for at in [NOW + hours * HOUR for hours in moments]:
        reading = Reading()
        pricing.want_prices(reading=reading, sku_ids=ids, at=at)
        reading.read()
        named = pricing.member_prices(path=path, sku_ids=ids, tiers=[tier for tier in TIERS if tier is not None], at=at)
        for tier in TIERS:
            by_rules = pricing.prices_read(reading=reading, path=path, sku_ids=ids, tier=tier, at=at)
            by_sql = pricing.prices(unit_id=store.unit.id, sku_ids=ids, tier=tier, at=at, path=path)
            # The books of the whole enterprise that other tests made hold for both.
            assert by_rules == by_sql
            assert tier is None or {sku_id: price.member_fen for sku_id, price in by_sql.items()} == {
                sku_id: named.get(sku_id, {}).get(tier) for sku_id in by_sql
            }
