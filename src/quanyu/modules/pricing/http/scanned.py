"""What a QR code on paper leads to: goods and what they cost where they were scanned, or an associate's store."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import CodeUnknown
from quanyu.modules.catalog.contracts.overlay_and_labels import CodePlace
from quanyu.modules.members import api as members
from quanyu.modules.organization import api as organization
from quanyu.modules.pricing import api
from quanyu.platform.console.formats import in_language, listed, yuan

_TOKEN_MAX = 32


@require_safe
def scanned(request: HttpRequest, token: str) -> HttpResponse:
    """Show name, picture and price to whoever scans a label; an associate's code leads into the mall of his store."""
    associate = members.associate_by_code(code=token[:_TOKEN_MAX])
    if associate is not None:
        told = {"store": associate.store_id} | ({"staff": associate.staff_code} if associate.is_active else {})
        return HttpResponseRedirect(f"/mall/#/pages/home/index?{urlencode(told)}")
    place = _place(token[:_TOKEN_MAX])
    sku = catalog.skus(ids=[place.sku_id])[place.sku_id]
    content = {
        "name": in_language(sku.name, sku.name_en),
        "specification": listed(sku.specification.values()),
        "picture": sku.image_card,
        "unit": "kg" if sku.is_weighed else sku.unit_name,
        "is_on_sale": sku.is_active,
        "store": "",
        "mall": _in_the_mall(place, sku.product_id),
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


def _place(token: str) -> CodePlace:
    """Return where a printed or a shared code leads. Raises ``Http404``."""
    try:
        return catalog.code_place(token=token)
    except CodeUnknown:
        pass
    try:
        shared = catalog.shared_place(token=token)
    except CodeUnknown:
        raise Http404 from None
    sku_ids = catalog.products(ids=[shared.product_id])[shared.product_id].sku_ids
    return CodePlace(token=token, sku_id=sku_ids[0], unit_id=shared.unit_id)


def _in_the_mall(place: CodePlace, product_id: int) -> str:
    """Return the address of the goods in the mall on the phone, in the store where the label hangs."""
    told = {"id": product_id, "code": place.token}
    if place.unit_id is not None:
        told["store"] = place.unit_id
    return f"/mall/#/pages/product/index?{urlencode(told)}"
