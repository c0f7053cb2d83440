"""Products from files: before and after, exactly; variants join one product; barcodes are checked beforehand."""

from __future__ import annotations

import secrets

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api
from quanyu.modules.catalog.events import ProductChanged
from quanyu.modules.catalog.models import Product, Sku
from quanyu.platform.models import AuditEvent, FileJob, OutboxEvent
from tests.harness import catalog, files, organization

HEAD = [
    "商品编码",
    "款号",
    "商品名称",
    "规格",
    "分类",
    "单位",
    "条码",
    "成本价",
    "税率",
    "称重",
    "品牌",
    "供应商编码",
    "在售",
]


def code(lead: str = "P") -> str:
    """Return a code that nobody has."""
    return f"{lead}{secrets.token_hex(4).upper()}"


def gtin() -> str:
    """Return a barcode that nobody has, with its check digit."""
    from quanyu.modules.catalog.rules.barcodes import check_digit

    body = f"69{secrets.randbelow(10**10):010d}"
    return f"{body}{check_digit(body)}"


@pytest.fixture(scope="module")
def category():
    return catalog.make_category()


def test_a_new_product_with_variants_is_made_as_the_file_says(tmp_path, category):
    supplier, red, green, style, bar = organization.make_supplier(), code(), code(), code("S"), gtin()
    rows = [
        HEAD,
        [
            red,
            style,
            "T 恤",
            "颜色=红;尺码=M",
            category.code,
            "件",
            bar,
            "￥29.00",
            "13%",
            "否",
            None,
            supplier.code,
            "是",
        ],
        [green, style, None, "颜色=绿;尺码=M", None, None, None, "２９.5", None, None, None, None, "否"],
    ]
    job = files.applied("products", files.text_file(tmp_path / "a.csv", rows, encoding="gbk"))
    assert (job.counts, job.outcome, job.problems) == ({"new": 2}, {"written": 2}, {})

    (product,) = api.products(ids=api.product_ids_by_code(codes=[style]).values()).values()
    assert (product.name, product.category_id, product.supplier_id, product.unit_name, product.tax_rate_bp) == (
        "T 恤", category.id, supplier.id, "件", 1300,
    )  # fmt: skip
    assert product.specification_names == ("尺码", "颜色")
    found = {sku.code: sku for sku in api.skus(ids=product.sku_ids).values()}
    assert found.keys() == {red, green}
    one, two = found[red], found[green]
    assert (one.name, one.specification, one.cost_fen, one.barcodes, one.is_active) == (
        "T 恤 红 M", {"颜色": "红", "尺码": "M"}, 2900, (bar,), True,
    )  # fmt: skip
    assert (two.name, two.cost_fen, two.barcodes, two.is_active) == ("T 恤 绿 M", 2950, (), False)


def test_changes_touch_what_the_file_says_and_nothing_else(tmp_path, category):
    sku = catalog.make_sku(name="纯牛奶", category_id=category.id, cost_fen=400)
    before, bar = api.skus(ids=[sku.id])[sku.id], gtin()
    other = catalog.make_category()
    rows = [["商品编码", "商品名称", "分类", "条码", "成本价"], [sku.code, "鲜牛奶", other.code, bar, "4.50"]]
    job = files.applied("products", files.xlsx(tmp_path / "a.xlsx", rows))
    assert (job.counts, job.outcome) == ({"changed": 1}, {"written": 1})
    kept = files.rows_of(job)[0].content.before
    assert (kept["name"], kept["cost"], kept["category"]) == ("纯牛奶", "4.00", category.code)

    after = api.skus(ids=[sku.id])[sku.id]
    assert (after.name, after.category_id, after.cost_fen) == ("鲜牛奶", other.id, 450)
    assert set(after.barcodes) == {*before.barcodes, bar}
    assert (after.unit_name, after.tax_rate_bp, after.specification, after.plu, after.supplier_id) == (
        before.unit_name, before.tax_rate_bp, before.specification, before.plu, before.supplier_id,
    )  # fmt: skip
    assert api.search(text="鲜牛奶", category_id=other.id).sku_ids == (sku.id,)
    told = OutboxEvent.objects.filter(topic=ProductChanged.topic).order_by("-id").first()
    assert told.payload == {"product_id": sku.product_id, "sku_ids": [sku.id]}
    assert AuditEvent.objects.get(action="catalog.goods_import", subject_id=str(job.id)).detail == {
        "products": 0, "variants": 0, "products_changed": 1, "skus_changed": 1, "barcodes": 1,
    }  # fmt: skip
    again = files.checked("products", files.text_file(tmp_path / "a.csv", rows))
    assert again.counts == {"unchanged": 1}


def test_a_new_variant_of_a_known_product_needs_not_say_again_what_the_product_says(tmp_path, category):
    sku = catalog.make_sku(name="毛巾", category_id=category.id)
    (product,) = api.products(ids=[sku.product_id]).values()
    new = code()
    job = files.applied("products", files.xlsx(tmp_path / "a.xlsx", [HEAD[:4], [new, product.code, None, "蓝"]]))
    assert job.outcome == {"written": 1}
    made = api.skus(ids=api.sku_ids_by_code(codes=[new]).values())
    assert [(one.product_id, one.name, one.specification) for one in made.values()] == [
        (sku.product_id, "毛巾 蓝", {"规格": "蓝"})
    ]


def test_what_is_wrong_is_told_by_row_and_column_and_nothing_of_it_is_written(tmp_path, category):
    taken = catalog.make_sku(name="已有", category_id=category.id)
    bar = gtin()
    api.add_barcode(sku_id=taken.id, code=bar, actor=SYSTEM, now=system_clock.now())
    codes = [code() for _ in range(9)]
    name, unit = "新品", "件"
    twice = gtin()
    rows = [
        ["商品编码", "商品名称", "分类", "单位", "条码", "成本价", "称重"],
        [codes[0], name, "没有这个分类", unit, None, "1", None],
        [codes[1], name, category.code, unit, "6901234567890", "1", None],
        [codes[2], name, category.code, unit, bar, "1", None],
        [codes[3], name, category.code, unit, "6.90123E+12", "1", None],
        [codes[4], None, category.code, None, None, "1", None],
        [codes[5], name, category.code, unit, None, "一元", "也许"],
        [codes[6], name, category.code, unit, twice, "1", None],
        [codes[7], name, category.code, unit, twice, "1", None],
        [taken.code, None, None, None, None, None, "是"],
        [codes[6], name, category.code, unit, None, "2", None],
    ]
    skus, products = Sku.objects.count(), Product.objects.count()
    job = files.checked("products", files.xlsx(tmp_path / "a.xlsx", rows))
    assert files.errors_of(job) == [
        (2, "category", "unknown"),
        (3, "barcodes", "catalog.barcode_invalid"),
        (4, "barcodes", "catalog.code_taken"),
        (5, "barcodes", "number_damaged"),
        (6, "name", "required"),
        (6, "unit_name", "required"),
        (7, "is_weighed", "not_yes_or_no"),
        (7, "cost", "not_money"),
        (9, "barcodes", "catalog.code_taken"),
        (10, "is_weighed", "fixed"),
        (11, "code", "repeated"),
    ]
    files.start(job.id)
    files.work(job.id)
    assert FileJob.objects.get(id=job.id).outcome == {"refused": 9, "written": 1}
    assert (Sku.objects.count(), Product.objects.count()) == (skus + 1, products + 1)


def test_rows_of_one_product_that_say_different_things_are_refused(tmp_path, category):
    style, one, two = code("S"), code(), code()
    rows = [HEAD[:6], [one, style, "甲", "1", category.code, "件"], [two, style, "乙", "2", category.code, "件"]]
    job = files.checked("products", files.xlsx(tmp_path / "a.xlsx", rows))
    assert files.errors_of(job) == [(3, "name", "differs")]


def test_a_barcode_that_somebody_takes_meanwhile_refuses_its_row_alone(tmp_path, category):
    bar, one, two = gtin(), code(), code()
    rows = [
        ["商品编码", "商品名称", "分类", "单位", "条码"],
        [one, "甲", category.code, "件", bar],
        [two, "乙", category.code, "件", gtin()],
    ]
    job = files.checked("products", files.xlsx(tmp_path / "a.xlsx", rows))
    other = catalog.make_sku(name="抢先", category_id=category.id)
    api.add_barcode(sku_id=other.id, code=bar, actor=SYSTEM, now=system_clock.now())
    files.start(job.id)
    files.work(job.id)
    assert FileJob.objects.get(id=job.id).outcome == {"refused": 1, "written": 1}
    assert files.errors_of(job) == [(2, "barcodes", "catalog.code_taken")]
    assert api.sku_ids_by_code(codes=[one, two]).keys() == {two}


def test_barcodes_typed_as_numbers_keep_every_digit(tmp_path, category):
    new, bar = code(), gtin()
    rows = [["商品编码", "商品名称", "分类", "单位", "条码"], [new, "数字条码", category.code, "件", int(bar)]]
    files.applied("products", files.xlsx(tmp_path / "a.xlsx", rows, text=False))
    (made,) = api.skus(ids=api.sku_ids_by_code(codes=[new]).values()).values()
    assert made.barcodes == (bar,)
