"""MALL-02 and MALL-05: what each store makes of the master record, and how shoppers find it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Forbidden, Invalid, NotFound
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import (
    BarcodeUnknown,
    ListingChange,
    NewProduct,
    NewSku,
    Sellable,
    SkuUnknown,
)
from quanyu.modules.catalog.events import ListingChanged
from quanyu.platform import db
from tests.harness import catalog as build
from tests.harness import organization

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
BY: dict = {"actor": SYSTEM, "now": NOW}


def rows() -> tuple[int, ...]:
    tables = ("catalog_product", "catalog_sku", "catalog_barcode", "catalog_category", "catalog_listing")
    return tuple(db.value(f"SELECT count(*) FROM {table}") for table in (*tables, "platform_outbox", "platform_audit"))


def facts(topic: str, aggregate: str) -> int:
    return db.value("SELECT count(*) FROM platform_outbox WHERE topic = %s AND aggregate = %s", [topic, aggregate])


def new_product(**given) -> NewProduct:
    sku = NewSku(code=build.code("S"), name="纯牛奶 250ml", barcodes=(build.ean13(),))
    chosen = {"code": build.code("P"), "name": "纯牛奶", "unit_name": "盒", "skus": (sku,)} | given
    return NewProduct(**{"category_id": chosen.pop("category_id", None) or build.make_category().id, **chosen})


class Words:
    """Names that no other test has."""

    HAN: ClassVar[str] = "龘靐齉爩麤灪"


def test_mall_02_a_store_lists_and_limits_for_itself_only():
    here, there = organization.make_store().unit.id, organization.make_store().unit.id
    sku = build.make_sku()
    everything = Sellable(listed=True, pickup=True, express=True, instant=True)
    assert catalog.sellable(unit_id=here, sku_ids=[sku.id]) == {sku.id: everything}
    catalog.set_listing(unit_id=here, sku_id=sku.id, allows_express=False, **BY)
    limited = Sellable(listed=True, pickup=True, express=False, instant=True)
    assert catalog.sellable(unit_id=here, sku_ids=[sku.id]) == {sku.id: limited}
    catalog.set_listing(unit_id=here, sku_id=sku.id, is_listed=False, **BY)
    nothing = Sellable(listed=False, pickup=False, express=False, instant=False)
    assert catalog.sellable(unit_id=here, sku_ids=[sku.id, 0]) == {sku.id: nothing, 0: nothing}
    assert catalog.sellable(unit_id=there, sku_ids=[sku.id]) == {sku.id: everything}
    assert catalog.search(text=sku.code, unit_id=here).sku_ids == ()
    assert catalog.search(text=sku.code, unit_id=there).sku_ids == (sku.id,)
    catalog.clear_listings(unit_id=here, sku_ids=[sku.id], **BY)
    assert catalog.sellable(unit_id=here, sku_ids=[sku.id]) == {sku.id: everything}
    assert facts(ListingChanged.topic, f"unit:{here}") == 3


def test_mall_02_goods_that_are_not_for_every_store_need_a_listing():
    store = organization.make_store().unit.id
    product = build.make_product(is_listed_by_default=False)
    sku_id = product.sku_ids[0]
    assert not catalog.sellable(unit_id=store, sku_ids=[sku_id])[sku_id].listed
    catalog.set_listings(unit_id=store, listings=[ListingChange(sku_id)], **BY)
    assert catalog.sellable(unit_id=store, sku_ids=[sku_id])[sku_id].listed
    catalog.update_product(product_id=product.id, is_active=False, **BY)
    assert not catalog.sellable(unit_id=store, sku_ids=[sku_id])[sku_id].listed


def test_an_unknown_sku_is_not_listed_and_nothing_is_written():
    store, sku = organization.make_store().unit.id, build.make_sku()
    before = rows()
    with pytest.raises(SkuUnknown):
        catalog.set_listings(unit_id=store, listings=[ListingChange(sku.id), ListingChange(10**15)], **BY)
    assert rows() == before


def test_only_those_who_may_change_the_catalogue_do():
    mine, theirs, sku = organization.make_store().unit.id, organization.make_store().unit.id, build.make_sku()
    manager = Actor(ActorKind.STAFF, "1", grants=(Grant(frozenset({"catalog.list"}), Scope.STORE, mine),))
    product = new_product()
    before = rows()
    for attempt, refusal in (
        (lambda: catalog.create_product(product=product, actor=manager, now=NOW), Forbidden),
        (lambda: catalog.update_sku(sku_id=sku.id, cost_fen=1, actor=manager, now=NOW), Forbidden),
        (lambda: catalog.add_barcode(sku_id=sku.id, code=build.ean13(), actor=manager, now=NOW), Forbidden),
        (lambda: catalog.add_image(product_id=sku.product_id, content=b"", actor=manager, now=NOW), Forbidden),
        (lambda: catalog.set_listing(unit_id=theirs, sku_id=sku.id, actor=manager, now=NOW), NotFound),
        (lambda: catalog.set_listing(unit_id=10**12, sku_id=sku.id, actor=manager, now=NOW), NotFound),
    ):
        with pytest.raises(refusal):
            attempt()
    assert rows() == before
    catalog.set_listing(unit_id=mine, sku_id=sku.id, is_listed=False, actor=manager, now=NOW)
    assert not catalog.sellable(unit_id=mine, sku_ids=[sku.id])[sku.id].listed


def test_mall_05_whole_codes_come_first_then_names_that_begin_with_the_text():
    stem = f"{Words.HAN}{build.code('')}"
    inside = build.make_sku(name=f"有机{stem}")
    begins = build.make_sku(name=f"{stem}鲜")
    exact = catalog.add_sku(product_id=inside.product_id, sku=NewSku(code=stem, name="无关"), **BY)
    page = catalog.search(text=stem)
    assert page.sku_ids[0] == exact.id
    assert page.sku_ids.index(begins.id) < page.sku_ids.index(inside.id)


def test_mall_05_pages_hold_every_hit_once():
    stem = f"{Words.HAN}{build.code('')}"
    category = build.make_category().id
    products = [new_product(category_id=category, name=f"{stem}{n}") for n in range(25)]
    made = catalog.create_products(products=products, **BY)
    seen, cursor = [], None
    while True:
        page = catalog.search(text=stem, limit=10, cursor=cursor)
        seen.extend(page.sku_ids)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == 25
    assert set(seen) == {product.sku_ids[0] for product in made}
    with pytest.raises(Invalid):
        catalog.search(text=stem, cursor="x")


def test_mall_05_nothing_but_punctuation_finds_nothing():
    build.make_sku()
    assert catalog.search(text="!!!").sku_ids == ()
    assert catalog.search(text="%").sku_ids == ()


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "牛\x00奶", "\n\t", "'; DROP TABLE catalog_sku; --", "%' OR '1'='1"]
)
def test_s11_no_text_breaks_the_search_or_the_scan(text):
    build.make_sku()
    assert catalog.search(text=f"{text}zzqx").sku_ids == ()
    with pytest.raises(BarcodeUnknown):
        catalog.by_barcode(code=text)
