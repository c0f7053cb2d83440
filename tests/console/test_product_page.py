"""The product page and the grid of stores: stale forms and cells are refused, stores beyond reach stay as they are."""

from __future__ import annotations

import html
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Forbidden
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import EditedMeanwhile, NewSku
from quanyu.modules.catalog.contracts.overlay_and_labels import CellState, OverlayCell, OverlayField
from quanyu.modules.catalog.models import Listing, Product
from quanyu.modules.identity import api as identity
from tests.harness import catalog as goods
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_person

GRID = "/console/catalog/overlay/"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


@pytest.fixture(scope="module")
def head(chain: Chain) -> Client:
    return console.signed_in(make_person("head_office"))


def cell(
    unit_id: int, sku_id: int, *, was: bool, wanted: bool, field: OverlayField = OverlayField.LISTED
) -> OverlayCell:
    return OverlayCell(unit_id, sku_id, field, was, wanted)


def write(*cells: OverlayCell) -> list[CellState]:
    return [one.state for one in catalog.write_overlay(cells=cells, actor=SYSTEM, now=system_clock.now())]


def test_a_stale_form_is_refused_with_what_changed_and_saves_nothing(chain: Chain, head: Client):
    product = goods.make_product(name="酸奶", category_id=chain.category.id)
    address = console.deed_address("catalog.product", product.id, "edit")
    fields = head.get(address).context_data["form"]
    sent = {name: field.value() for name in fields.fields if (field := fields[name]).value() not in (None, False)}
    catalog.update_product(product_id=product.id, name="希腊酸奶", actor=SYSTEM, now=system_clock.now())
    answer = head.post(address, {**sent, "unit_name": "杯"})
    assert answer.status_code == 422
    assert "Name: 希腊酸奶" in html.unescape(answer.content.decode())
    assert Product.objects.get(pk=product.id).unit_name == "盒"
    fresh = head.get(address).context_data["form"]
    sent = {name: field.value() for name in fresh.fields if (field := fresh[name]).value() not in (None, False)}
    assert head.post(address, {**sent, "unit_name": "杯"}).status_code == 302
    assert (Product.objects.get(pk=product.id).name, Product.objects.get(pk=product.id).unit_name) == ("希腊酸奶", "杯")


def test_variants_stand_in_the_order_in_which_people_count(chain: Chain, head: Client):
    code = goods.code()
    skus = tuple(NewSku(code=f"{code}-{number}", name=f"第{number}款") for number in (10, 2, 1))
    product = goods.make_product(category_id=chain.category.id, skus=skus)
    text = head.get(console.row_address("catalog.product", product.id)).content.decode()
    places = [text.index(f">{code}-{number}<") for number in (1, 2, 10)]
    assert places == sorted(places)


def test_the_door_compares_with_what_was_seen(chain: Chain):
    product = goods.make_product(category_id=chain.category.id)
    now = system_clock.now()
    with pytest.raises(EditedMeanwhile):
        catalog.update_product(product_id=product.id, seen={"name": "x"}, unit_name="杯", actor=SYSTEM, now=now)
    assert Product.objects.get(pk=product.id).unit_name == "盒"


def test_a_barcode_of_other_goods_is_refused_with_a_link_to_them(chain: Chain, head: Client):
    address = console.deed_address("catalog.sku", chain.tea.id, "add-barcode")
    answer = head.post(address, {"code": chain.milk.barcodes[0], "pack_quantity": "1"})
    assert answer.status_code == 422
    assert f'<a class="qy-link" href="{console.row_address("catalog.sku", chain.milk.id)}">' in answer.content.decode()


def test_a_cell_is_saved_once_and_stale_to_whoever_saw_it_before(chain: Chain):
    store, milk = chain.store.unit.id, chain.milk.id
    pickup = OverlayField.PICKUP
    assert write(cell(store, milk, was=True, wanted=False, field=pickup)) == [CellState.SAVED]
    assert write(cell(store, milk, was=True, wanted=False, field=pickup)) == [CellState.SAME]
    row = Listing.objects.get(unit_id=store, sku_id=milk)
    assert (row.is_listed, row.allows_pickup, row.allows_express, row.allows_instant) == (True, False, True, True)
    # As the master record says again: the deviation is gone.
    assert write(cell(store, milk, was=False, wanted=True, field=pickup)) == [CellState.SAVED]
    assert not Listing.objects.filter(unit_id=store, sku_id=milk).exists()
    assert write(cell(store, milk, was=False, wanted=True)) == [CellState.SAME]
    catalog.set_listing(unit_id=store, sku_id=milk, is_listed=False, actor=SYSTEM, now=system_clock.now())
    stale = cell(store, milk, was=True, wanted=False, field=pickup), cell(store, milk, was=False, wanted=True)
    assert write(*stale) == [CellState.SAVED, CellState.SAVED]
    catalog.clear_listings(unit_id=store, sku_ids=[milk], actor=SYSTEM, now=system_clock.now())


def test_two_editors_of_one_row_at_once_lose_nothing_of_each_other(chain: Chain):
    store, tea = chain.other_store.unit.id, chain.tea.id

    def edit(field: OverlayField) -> list[CellState]:
        try:
            return write(cell(store, tea, was=True, wanted=False, field=field))
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(edit, (OverlayField.PICKUP, OverlayField.EXPRESS, OverlayField.INSTANT)))
    assert outcomes == [[CellState.SAVED]] * 3
    row = Listing.objects.get(unit_id=store, sku_id=tea)
    assert (row.is_listed, row.allows_pickup, row.allows_express, row.allows_instant) == (True, False, False, False)


def test_the_grid_writes_within_reach_and_leaves_other_stores_alone(chain: Chain):
    near, far, bread = chain.store.unit.id, chain.other_store.unit.id, chain.bread.id
    manager = console.signed_in(make_person("store_manager", unit_id=near))
    changes = [[f"{near}:{bread}:is_listed", "1", "0"], [f"{far}:{bread}:is_listed", "1", "0"]]
    answer = manager.post(f"{GRID}?sku={bread}", {"changes": json.dumps(changes)})
    assert answer.status_code == 422
    assert "1 saved, 0 changed by others meanwhile, 1 refused." in answer.content.decode()
    assert Listing.objects.get(unit_id=near, sku_id=bread).is_listed is False
    assert not Listing.objects.filter(unit_id=far, sku_id=bread).exists()
    assert f"{far}:{bread}" not in answer.content.decode()


def test_who_lists_nowhere_cannot_write(chain: Chain):
    cashier = make_person("cashier", unit_id=chain.store.unit.id)
    browser, before = console.signed_in(cashier), Listing.objects.count()
    changes = json.dumps([[f"{chain.store.unit.id}:{chain.tea.id}:is_listed", "1", "0"]])
    assert browser.post(f"{GRID}?sku={chain.tea.id}", {"changes": changes}).status_code == 403
    wanted = cell(chain.store.unit.id, chain.tea.id, was=True, wanted=False)
    with pytest.raises(Forbidden):
        catalog.write_overlay(
            cells=[wanted], actor=identity.actor_for_staff(staff_id=cashier.id), now=system_clock.now()
        )
    assert Listing.objects.count() == before


@pytest.mark.parametrize("sent", ["", "{}", "[1]", '[["1:2:name","1","0"]]', '[["x:2:is_listed","1","0"]]'])
def test_nonsense_is_not_found(head: Client, sent: str):
    assert head.post(GRID, {"changes": sent}).status_code == 404


def test_one_store_is_read_page_by_page_with_a_fixed_number_of_queries(chain: Chain, head: Client):
    address = f"{GRID}?store={chain.store.unit.id}"
    head.get(address)
    with CaptureQueriesContext(
        connection,
    ) as counted:
        page = head.get(address)
    assert page.status_code == 200
    assert len(counted) <= 12
    found = head.get(address, {"store": chain.store.unit.id, "q": chain.milk.code})
    assert f"{chain.store.unit.id}:{chain.milk.id}:is_listed" in found.content.decode()


def test_a_supplier_does_not_find_the_goods_of_others(chain: Chain):
    supplier = console.signed_in(make_person("supplier", unit_id=chain.supplier.id))
    assert supplier.get(f"{GRID}?sku={chain.milk.id}").status_code == 200
    assert supplier.get(f"{GRID}?sku={chain.apples.id}").status_code == 404


def _with_pictures(chain: Chain, count: int) -> tuple[Product, list[int]]:
    product = goods.make_product(category_id=chain.category.id)
    for number in range(count):
        content = goods.picture(colour=(40 * number, 90, 120))
        catalog.add_image(
            product_id=product.id, content=content, alt=f"第{number}张", actor=SYSTEM, now=system_clock.now()
        )
    return Product.objects.get(pk=product.id), _order(product.id)


def _order(product_id: int) -> list[int]:
    return [one.id for one in catalog.products(ids=[product_id])[product_id].pictures]


def test_pictures_are_put_in_order_and_the_first_is_the_main_one(chain: Chain, head: Client):
    product, (first, second, third) = _with_pictures(chain, 3)
    address = console.deed_address("catalog.product", product.pk, "arrange-pictures")
    sent = {f"at_{first}": "3", f"at_{second}": "2", f"at_{third}": "1"}
    assert head.post(address, sent).status_code == 302
    assert _order(product.pk) == [third, second, first]
    assert head.post(address, {**sent, f"at_{first}": "0"}).status_code == 422
    assert head.post(address, {f"at_{first}": "1"}).status_code == 422
    assert _order(product.pk) == [third, second, first]


def test_pictures_are_arranged_by_who_may_edit_products_only(chain: Chain, head: Client):
    product, order = _with_pictures(chain, 2)
    manager = console.signed_in(chain.manager)
    page = console.row_address("catalog.product", product.pk)
    assert "data-gallery" in head.get(page).content.decode()
    assert "data-gallery" not in manager.get(page).content.decode()
    sent = {f"at_{order[0]}": "2", f"at_{order[1]}": "1"}
    address = console.deed_address("catalog.product", product.pk, "arrange-pictures")
    assert manager.post(address, sent).status_code in {403, 404}
    assert _order(product.pk) == order


def test_one_picture_has_no_order(chain: Chain, head: Client):
    product, _order_now = _with_pictures(chain, 1)
    assert head.get(console.deed_address("catalog.product", product.pk, "arrange-pictures")).status_code == 404
