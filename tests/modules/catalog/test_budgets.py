"""The statements of the catalog's hot paths, pinned."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanyu.modules.catalog import api as catalog
from tests.harness import catalog as build
from tests.harness import organization


def statements(deed) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        deed()
    return len(captured)


def test_reads_take_the_same_statements_for_one_and_for_many():
    store = organization.make_store().unit.id
    skus = [build.make_sku() for _ in range(5)]
    for ids in ([skus[0].id], [sku.id for sku in skus]):
        assert statements(lambda ids=ids: catalog.skus(ids=ids)) == 1
        assert statements(lambda ids=ids: catalog.sellable(unit_id=store, sku_ids=ids)) == 1
        assert statements(lambda ids=ids: catalog.products(ids=[skus[0].product_id])) == 2
    assert statements(lambda: catalog.search(text="牛奶", unit_id=store)) == 1
    assert statements(lambda: catalog.by_barcode(code=skus[0].barcodes[0])) == 2
