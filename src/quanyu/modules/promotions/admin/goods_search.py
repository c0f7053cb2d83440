"""Finds products for the fields that ask for goods: the few best matches, as JSON for the field's search box."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.platform.console import registry
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.registry import SitePage

VIEW = "promotions.view"
_SHOWN = 12
_TEXT_MAX = 60


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """Return ``{"found": [{code, name, unit}]}`` for ``?q=``: name, pinyin, code or barcode."""
    text = request.GET.get("q", "").strip()[:_TEXT_MAX]
    ids = catalog.search(text=text, limit=_SHOWN).sku_ids if text else ()
    skus = catalog.skus(ids=ids)
    found = [
        {"code": sku.code, "name": in_language(sku.name, sku.name_en), "unit": sku.unit_name}
        for sku in (skus[sku_id] for sku_id in ids if sku_id in skus)
    ]
    return JsonResponse({"found": found})


PAGE = SitePage("goods_search", "goods-search", _("Find a product"), VIEW, view)
registry.add_page(PAGE)
