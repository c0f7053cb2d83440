"""Refresh what SKUs are found by, from their names, brand, codes and barcodes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from quanyu.modules.catalog.models import Sku
from quanyu.modules.catalog.rules import search_words
from quanyu.platform import db, locks

_SOURCES = """
SELECT s.id, s.name, s.name_en, p.name AS product_name, p.name_en AS product_name_en,
       b.name AS brand, b.name_en AS brand_en,
       ARRAY(SELECT jsonb_each_text.value FROM jsonb_each_text(s.specification)) AS variants,
       ARRAY[s.code, p.code, s.plu]::text[]
           || ARRAY(SELECT c.code FROM catalog_barcode c WHERE c.sku_id = s.id ORDER BY c.code)::text[] AS codes
  FROM catalog_sku s
  JOIN catalog_product p ON p.id = s.product_id
  LEFT JOIN catalog_brand b ON b.id = p.brand_id
 WHERE s.id = ANY(%s)
"""
_STORE = """
UPDATE catalog_sku s
   SET search_tokens = ARRAY(SELECT jsonb_array_elements_text(found.tokens)), search_text = found.text
  FROM jsonb_to_recordset(%s::jsonb) AS found(id bigint, tokens jsonb, text text)
 WHERE s.id = found.id
"""


def index_skus(sku_ids: Sequence[int]) -> None:
    """Rewrite the search words of the SKUs: a fixed number of statements for any number of them."""
    if not sku_ids:
        return
    # Of two writers who each add a barcode, the second must see the first one's when it writes the words.
    locks.rows_for_update(Sku.objects.filter(pk__in=sku_ids).only("pk"))
    found = []
    for row in db.rows(_SOURCES, [list(sku_ids)]):
        names = ["name", "name_en", "product_name", "product_name_en", "brand", "brand_en"]
        indexed = search_words.index(
            names=[row[name] for name in names if row[name]] + row["variants"],
            codes=[code for code in row["codes"] if code],
        )
        found.append({"id": row["id"], "tokens": indexed.tokens, "text": indexed.text})
    db.execute(_STORE, [msgspec.json.encode(found).decode()])
