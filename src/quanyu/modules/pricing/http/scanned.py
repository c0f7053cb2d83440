"""What a QR code on a label leads to: the goods, and what they cost in the store where they were scanned."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import CodeUnknown
from quanyu.modules.organization import api as organization
from quanyu.modules.pricing import api
from quanyu.platform.console.formats import in_language, listed, yuan

_TOKEN_MAX = 32


@require_safe
def scanned(request: HttpRequest, token: str) -> HttpResponse:
    """Show name, picture and price to whoever scans a label; no code but a printed one leads anywhere."""
    try:
        place = catalog.code_place(token=token[:_TOKEN_MAX])
    except CodeUnknown:
        raise Http404 from None
    sku = catalog.skus(ids=[place.sku_id])[place.sku_id]
    content = {
        "name": in_language(sku.name, sku.name_en),
        "specification": listed(sku.specification.values()),
        "picture": sku.image_card,
        "unit": "kg" if sku.is_weighed else sku.unit_name,
        "is_on_sale": sku.is_active,
        "store": "",
    }
    if place.unit_id is not None:
        store = organization.units(ids=[place.unit_id])[place.unit_id]
        content["store"] = in_language(store.name, store.name_en)
        listed_here = catalog.sellable(unit_id=store.id, sku_ids=[sku.id])[sku.id].listed
        content["is_on_sale"] = listed_here
        now = system_clock.now()
        price = api.prices(unit_id=store.id, sku_ids=[sku.id], tier="", at=now, path=store.path).get(sku.id)
        if price is not None and listed_here:
            shelf = min(price.base_fen, price.base_fen if price.timed_fen is None else price.timed_fen)
            content["price"] = yuan(shelf)
            if price.member_fen is not None and price.member_fen < shelf:
                content["member_price"] = yuan(price.member_fen)
    answer = render(request, "pricing/scanned.html", content)
    answer.headers["Cache-Control"] = "no-store"
    return answer
