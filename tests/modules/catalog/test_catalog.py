"""MALL-05: the master record, its variants, barcodes and categories; codes belong to one only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.problem import Invalid
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import (
    BarcodeInvalid,
    BarcodeReserved,
    BarcodeUnknown,
    BrandUnknown,
    CategoryMisplaced,
    CategoryUnknown,
    CodeTaken,
    NewProduct,
    NewSku,
    SkuScan,
)
from quanyu.modules.catalog.events import ProductChanged
from quanyu.modules.catalog.rules import barcodes
from quanyu.platform import db
from tests.harness import catalog as build
from tests.harness import organization
from tests.harness.parallel import parallel

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


def test_a_product_comes_back_as_it_was_made():
    category, brand, supplier = build.make_category(), build.make_brand(), organization.make_supplier()
    made = catalog.create_product(
        product=NewProduct(
            code=build.code("P"),
            name="短袖 T 恤",
            name_en="T-shirt",
            category_id=category.id,
            brand_id=brand.id,
            supplier_id=supplier.id,
            unit_name="件",
            tax_rate_bp=900,
            description_html="<p onclick=x>纯棉</p>",
            specification_names=("颜色", "尺码"),
            skus=tuple(
                NewSku(
                    code=build.code(f"S{size}"),
                    name=f"短袖 T 恤 红 {size}",
                    specification={"颜色": "红", "尺码": size},
                    cost_fen=2350,
                    barcodes=(build.ean13(), f"TS-RED-{size}-{build.code('')}"),
                )
                for size in ("L", "M")
            ),
        ),
        **BY,
    )
    assert (made.category_path, made.brand_name, made.supplier_id) == ((category.id,), brand.name, supplier.id)
    assert (made.description_html, made.specification_names) == ("<p>纯棉</p>", ("颜色", "尺码"))
    assert len(made.sku_ids) == 2
    sku = catalog.skus(ids=made.sku_ids)[made.sku_ids[0]]
    assert sku.specification == {"颜色": "红", "尺码": "L"}
    assert (sku.cost_fen, sku.tax_rate_bp, sku.quantity_scale, sku.is_weighed, sku.is_active) == (
        2350,
        900,
        1,
        False,
        True,
    )
    assert len(sku.barcodes) == 2
    assert facts(ProductChanged.topic, f"product:{made.id}") == 1


def test_weighed_goods_count_grams():
    sku = build.make_sku(name="五花肉", is_weighed=True)
    assert (sku.is_weighed, sku.quantity_scale) == (True, 1000)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"category_id": 10**15}, CategoryUnknown),
        ({"brand_id": 10**15}, BrandUnknown),
        ({"skus": ()}, Invalid),
        ({"tax_rate_bp": 10_001}, Invalid),
        ({"description_html": "x" * 60_001}, Invalid),
        ({"skus": (NewSku(code="X-cost", name="x", cost_fen=-1),)}, Invalid),
        ({"skus": (NewSku(code="X-plu", name="x", plu="123456"),)}, Invalid),
        ({"skus": (NewSku(code="X-digit", name="x", barcodes=("6901234567891",)),)}, BarcodeInvalid),
        ({"skus": (NewSku(code="X-twice", name="x"), NewSku(code="X-twice", name="y"))}, CodeTaken),
        ({"skus": (NewSku(code="X-scale", name="x", barcodes=("2106013040083",)),)}, BarcodeReserved),
    ],
)
def test_a_product_that_cannot_be_is_refused_and_nothing_is_made(given, refusal):
    product = new_product(**given)
    before = rows()
    with pytest.raises(refusal):
        catalog.create_product(product=product, **BY)
    assert rows() == before


def test_a_supplier_is_a_supplier():
    product = new_product(supplier_id=organization.make_store().unit.id)
    with pytest.raises(Invalid):
        catalog.create_product(product=product, **BY)


def test_codes_and_barcodes_belong_to_one_sku_only():
    taken = build.make_sku()
    product = catalog.products(ids=[taken.product_id])[taken.product_id]
    # The same goods as UPC or EAN: one GTIN-14, one SKU.
    body = "0" + build.ean13()[:11]
    upc = f"{body[1:]}{barcodes.check_digit(body[1:])}"
    catalog.add_barcode(sku_id=taken.id, code=upc, **BY)
    before = rows()
    for given in (
        {"code": product.code},
        {"skus": (NewSku(code=taken.code, name="x"),)},
        {"skus": (NewSku(code=build.code(), name="x", barcodes=(taken.barcodes[0],)),)},
        {"skus": (NewSku(code=build.code(), name="x", barcodes=(f"0{upc}",)),)},
    ):
        with pytest.raises(CodeTaken):
            catalog.create_product(product=new_product(category_id=product.category_id, **given), **BY)
    assert rows() == before


@pytest.mark.race
def test_a_barcode_claimed_by_sixteen_at_once_goes_to_one():
    code, skus = build.ean13(), [build.make_sku() for _ in range(4)]
    answers = parallel(16, lambda index: catalog.add_barcode(sku_id=skus[index % 4].id, code=code, **BY))
    assert answers.count(None) == 1
    assert sum(isinstance(answer, CodeTaken) for answer in answers) == 15
    assert db.value("SELECT count(*) FROM catalog_barcode WHERE code = %s", [code]) == 1


@pytest.mark.race
def test_one_product_code_imported_by_eight_at_once_is_made_once():
    product = new_product()
    answers = parallel(8, lambda _: catalog.create_product(product=product, **BY).id)
    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert sum(isinstance(answer, CodeTaken) for answer in answers) == 7


def test_several_barcodes_lead_to_one_sku_and_a_case_counts_its_pieces():
    sku = build.make_sku()
    body = f"1{build.ean13()[:12]}"
    case = f"{body}{barcodes.check_digit(body)}"
    catalog.add_barcode(sku_id=sku.id, code=case, pack_quantity=24, **BY)
    assert catalog.by_barcode(code=sku.barcodes[0]) == SkuScan(sku.id, 1, None)
    assert catalog.by_barcode(code=f"0{sku.barcodes[0]}") == SkuScan(sku.id, 1, None)
    assert catalog.by_barcode(code=case) == SkuScan(sku.id, 24, None)
    assert catalog.by_barcode(code=f"(01){case}(10)LOT7") == SkuScan(sku.id, 24, None)
    catalog.remove_barcode(code=case, **BY)
    with pytest.raises(BarcodeUnknown):
        catalog.by_barcode(code=case)
    with pytest.raises(BarcodeUnknown):
        catalog.remove_barcode(code=case, **BY)


def a_plu() -> str:
    """Return a scale code that no SKU has."""
    return db.value(
        "SELECT lpad(n::text, 5, '0') FROM generate_series(1, 99999) n "
        "WHERE NOT EXISTS (SELECT FROM catalog_sku WHERE plu = lpad(n::text, 5, '0')) ORDER BY random() LIMIT 1"
    )


def label(body: str) -> str:
    return f"{body}{barcodes.check_digit(body)}"


def test_scale_labels_say_grams_or_the_printed_amount():
    plu = a_plu()
    pork = build.make_sku(name="五花肉", is_weighed=True, plu=plu)
    assert catalog.by_barcode(code=label(f"21{plu}04008")) == SkuScan(pork.id, None, 4008)
    assert catalog.by_barcode(code=label(f"22{plu}01234")) == SkuScan(pork.id, 1234, None)
    assert catalog.by_barcode(code=label(f"23{plu}0125000500")) == SkuScan(pork.id, 500, 1250)
    assert catalog.by_barcode(code=plu) == SkuScan(pork.id, None, None)


def test_each_stores_scales_print_as_they_were_set_up():
    plu, node = a_plu(), f"unit:{organization.make_store().unit.id}"
    pork = build.make_sku(name="五花肉", is_weighed=True, plu=plu)
    printed = label(f"26{plu}0125000500")
    with pytest.raises(BarcodeUnknown):
        catalog.by_barcode(code=printed, settings_path=("brand", node))
    catalog.set_scale_masks(node=node, masks=["26PPPPPAAAAAWWWWWC;price=recompute"], **BY)
    assert catalog.by_barcode(code=printed, settings_path=("brand", node)) == SkuScan(pork.id, 500, None)
    with pytest.raises(BarcodeUnknown):
        catalog.by_barcode(code=printed)
    with pytest.raises(Invalid):
        catalog.set_scale_masks(node=node, masks=["26PP"], **BY)
    assert catalog.read_code(code=printed, settings_path=("brand", node))[0].text == plu


def test_a_scale_code_belongs_to_one_sku():
    plu = a_plu()
    build.make_sku(name="五花肉", is_weighed=True, plu=plu)
    other = build.make_sku(name="里脊", is_weighed=True)
    with pytest.raises(CodeTaken):
        catalog.update_sku(sku_id=other.id, plu=plu.lstrip("0"), **BY)
    assert catalog.skus(ids=[other.id])[other.id] == other


@pytest.mark.race
def test_a_scale_code_claimed_by_eight_at_once_goes_to_one():
    plu, skus = a_plu(), [build.make_sku(is_weighed=True) for _ in range(8)]
    answers = parallel(8, lambda index: catalog.update_sku(sku_id=skus[index].id, plu=plu, **BY).plu)
    assert answers.count(plu) == 1
    assert sum(isinstance(answer, CodeTaken) for answer in answers) == 7


def test_changes_are_found_at_once_and_published():
    sku, brand = build.make_sku(), build.make_brand(name="老品牌")
    name = f"{Words.HAN}{build.code()}"
    catalog.update_product(product_id=sku.product_id, name=name, brand_id=brand.id, **BY)
    assert catalog.search(text=name).sku_ids == (sku.id,)
    assert facts(ProductChanged.topic, f"product:{sku.product_id}") == 2
    renamed = f"新{build.code('BR')}"
    catalog.update_brand(brand_id=brand.id, name=renamed, **BY)
    assert catalog.search(text=renamed).sku_ids == (sku.id,)
    catalog.update_sku(sku_id=sku.id, is_active=False, cost_fen=77, **BY)
    assert catalog.search(text=renamed).sku_ids == ()
    after = catalog.skus(ids=[sku.id])[sku.id]
    assert (after.is_active, after.cost_fen) == (False, 77)


def test_a_variant_is_added_later():
    sku = build.make_sku()
    added = catalog.add_sku(product_id=sku.product_id, sku=NewSku(code=build.code("S"), name="纯牛奶 1L"), **BY)
    assert catalog.products(ids=[sku.product_id])[sku.product_id].sku_ids == tuple(
        sorted((sku.id, added.id), key=lambda sku_id: {sku.id: sku.code, added.id: added.code}[sku_id])
    )
    assert catalog.sku_ids_by_code(codes=[sku.code, added.code, "?"]) == {sku.code: sku.id, added.code: added.id}


def test_categories_move_with_everything_below():
    food, drinks = build.make_category(name="食品"), build.make_category(name="饮品")
    milk = build.make_category(name="乳品", parent_id=food.id)
    fresh = build.make_category(name="鲜奶", parent_id=milk.id)
    sku = build.make_sku(category_id=fresh.id)
    assert sku.category_path == (food.id, milk.id, fresh.id)
    moved = catalog.update_category(category_id=milk.id, parent_id=drinks.id, **BY)
    assert moved.path == (drinks.id, milk.id)
    assert catalog.skus(ids=[sku.id])[sku.id].category_path == (drinks.id, milk.id, fresh.id)
    with pytest.raises(CategoryMisplaced):
        catalog.update_category(category_id=drinks.id, parent_id=fresh.id, **BY)
    ids = [category.id for category in catalog.categories()]
    assert ids.index(drinks.id) < ids.index(milk.id) < ids.index(fresh.id)
    assert catalog.search(category_id=drinks.id).sku_ids == (sku.id,)
    assert catalog.search(category_id=food.id).sku_ids == ()


@pytest.mark.race
def test_two_moves_at_once_make_no_ring():
    one, two = build.make_category(), build.make_category()
    answers = parallel(
        8,
        lambda index: catalog.update_category(
            category_id=(one, two)[index % 2].id, parent_id=(two, one)[index % 2].id, **BY
        ),
    )
    assert any(isinstance(answer, CategoryMisplaced) for answer in answers)
    assert db.value("SELECT count(*) FROM catalog_breach_category_path") == 0
    paths = {category.id: category.path for category in catalog.categories()}
    assert sorted(len(paths[category.id]) for category in (one, two)) == [1, 2]


@pytest.mark.race
def test_children_made_while_their_parent_moves_move_along():
    homes, parent = [build.make_category() for _ in range(2)], build.make_category()

    def deed(index: int) -> object:
        if index % 2:
            return build.make_category(parent_id=parent.id)
        return catalog.update_category(category_id=parent.id, parent_id=homes[index // 2 % 2].id, **BY)

    assert not [answer for answer in parallel(16, deed) if isinstance(answer, Exception)]
    assert db.rows("SELECT * FROM catalog_breach_category_path") == []


@pytest.mark.race
def test_mall_05_barcodes_added_at_once_are_all_found():
    sku, codes = build.make_sku(), [build.ean13() for _ in range(8)]
    assert parallel(8, lambda index: catalog.add_barcode(sku_id=sku.id, code=codes[index], **BY)) == [None] * 8
    assert [catalog.search(text=code).sku_ids for code in codes] == [(sku.id,)] * 8
