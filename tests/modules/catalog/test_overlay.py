"""What a store sells by the rules over what is kept in memory, as by ``catalog_sellable``: every combination."""

from __future__ import annotations

from itertools import product

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import ListingChange
from quanyu.platform import db
from quanyu.platform.marks import Reading
from tests.harness import catalog as goods
from tests.harness import organization

LISTINGS = (None, *product((True, False), repeat=4))


FLAGS = (True, False)


def test_rules_and_sql_decide_alike():
    here, elsewhere = organization.make_store(), organization.make_store()
    sku = goods.make_sku()
    for listing, sku_active, product_active, by_default in product(LISTINGS, FLAGS, FLAGS, FLAGS):
        db.execute("UPDATE catalog_sku SET is_active = %s WHERE id = %s", [sku_active, sku.id])
        db.execute(
            "UPDATE catalog_product SET is_active = %s, is_listed_by_default = %s WHERE id = %s",
            [product_active, by_default, sku.product_id],
        )
        if listing is not None:
            change = ListingChange(sku.id, *listing)
            catalog.set_listings(unit_id=here.unit.id, listings=[change], actor=SYSTEM, now=system_clock.now())
        asked = [sku.id, 0]
        reading = Reading()
        catalog.want_skus(reading=reading, ids=asked)
        reading.read()
        for unit_id in (here.unit.id, elsewhere.unit.id):
            by_rules = catalog.sellable_read(reading=reading, unit_id=unit_id, sku_ids=asked)
            assert by_rules == catalog.sellable(unit_id=unit_id, sku_ids=asked)
        assert catalog.skus_read(reading=reading) == catalog.skus(ids=asked)
