"""Search: one query for text, category and what a store lists, a page at a time."""

from __future__ import annotations

import re

from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.catalog.contracts import SearchPage
from quanyu.modules.catalog.rules import search_words
from quanyu.platform import db

LIMIT_MAX = 100
_CURSOR = re.compile(r"^([0-3])\.([0-9]{1,18})\Z")


def search(*, text: str, unit_id: int | None, category_id: int | None, cursor: str | None, limit: int) -> SearchPage:
    """Return a page of SKU ids, best match first. Raises ``Invalid`` for a cursor not from here."""
    query = search_words.query(text)
    after = _after(cursor)
    if not query.possible:
        return SearchPage((), None)
    limit = max(1, min(limit, LIMIT_MAX))
    rows = db.rows(
        "SELECT sku_id, rank FROM catalog_search(%s::text[], %s::text[], %s, %s, %s, %s, %s, %s)",
        # One more than asked for tells whether there is another page.
        [list(query.tokens), list(query.patterns), query.exact, unit_id, category_id, *after, limit + 1],
    )
    page = rows[:limit]
    further = f"{page[-1]['rank']}.{page[-1]['sku_id']}" if len(rows) > limit else None
    return SearchPage(tuple(row["sku_id"] for row in page), further)


def _after(cursor: str | None) -> tuple[int | None, int | None]:
    if cursor is None:
        return None, None
    place = _CURSOR.match(cursor)
    if place is None:
        raise Invalid(field="cursor", reason=N_("this is not a place in the list"))
    return int(place[1]), int(place[2])
