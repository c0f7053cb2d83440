"""Shelves follow the goods: also when a category moves, a product changes its category, and both at once."""

from __future__ import annotations

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import NewSku
from quanyu.platform import db
from tests.harness import catalog as goods
from tests.harness.parallel import parallel


def shelves_of(sku_id: int) -> set[int]:
    """Return the categories on whose shelves a SKU stands."""
    return {row["category_id"] for row in db.rows("SELECT category_id FROM catalog_shelf WHERE sku_id = %s", [sku_id])}


def breaches(*sku_ids: int) -> list[dict]:
    """Return what is wrong with the shelves of SKUs."""
    return db.rows("SELECT * FROM catalog_breach_shelf WHERE coalesce(sku_id, sku_expected) = ANY(%s)", [list(sku_ids)])


def test_a_sku_stands_on_the_shelf_of_its_category_and_of_all_above():
    top = goods.make_category()
    middle = goods.make_category(parent_id=top.id)
    below = goods.make_category(parent_id=middle.id)
    sku = goods.make_sku(category_id=below.id)
    assert shelves_of(sku.id) == {top.id, middle.id, below.id}


def test_a_moved_category_takes_its_goods_along():
    old, new = goods.make_category(), goods.make_category()
    moved = goods.make_category(parent_id=old.id)
    below = goods.make_category(parent_id=moved.id)
    sku = goods.make_sku(category_id=below.id)
    catalog.update_category(category_id=moved.id, parent_id=new.id, actor=SYSTEM, now=system_clock.now())
    assert shelves_of(sku.id) == {new.id, moved.id, below.id}


def test_a_product_that_changes_its_category_takes_all_its_variants_along():
    old, new = goods.make_category(), goods.make_category()
    product = goods.make_product(
        category_id=old.id, skus=(NewSku(code=goods.code("S"), name="a"), NewSku(code=goods.code("S"), name="b"))
    )
    catalog.update_product(product_id=product.id, category_id=new.id, actor=SYSTEM, now=system_clock.now())
    assert [shelves_of(sku_id) for sku_id in product.sku_ids] == [{new.id}, {new.id}]


def test_the_check_of_shelves_sees_a_missing_and_a_wrong_one():
    here, there = goods.make_category(), goods.make_category()
    sku = goods.make_sku(category_id=here.id)
    assert breaches(sku.id) == []
    db.execute("UPDATE catalog_shelf SET category_id = %s WHERE sku_id = %s", [there.id, sku.id])
    assert {(row["category_id"], row["category_expected"]) for row in breaches(sku.id)} == {
        (there.id, None),
        (None, here.id),
    }
    db.execute("UPDATE catalog_shelf SET category_id = %s WHERE sku_id = %s", [here.id, sku.id])


@pytest.mark.race
@pytest.mark.parametrize("turn", range(3))
def test_goods_made_while_their_category_moves_stand_where_it_went(turn):
    old, new = goods.make_category(), goods.make_category()
    moved = goods.make_category(parent_id=old.id)
    product = goods.make_product(category_id=moved.id)
    now = system_clock.now()

    def move() -> None:
        catalog.update_category(category_id=moved.id, parent_id=new.id, actor=SYSTEM, now=now)

    def add() -> None:
        new_sku = NewSku(code=goods.code("S"), name="c")
        added.append(catalog.add_sku(product_id=product.id, sku=new_sku, actor=SYSTEM, now=now).id)

    added: list[int] = []
    outcomes = parallel(4, lambda number: add() if number else move())
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert len(added) == 3
    assert breaches(*added, *product.sku_ids) == []
    assert [shelves_of(sku_id) for sku_id in added] == [{new.id, moved.id}] * 3
