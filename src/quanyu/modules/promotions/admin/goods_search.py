"""Finds products for the fields that ask for goods: the few best matches, as a piece of a page for the search box."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.platform.console import registry
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.registry import SitePage

VIEW = "promotions.view"
_SHOWN = 12
_TEXT_MAX = 60


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Return the matches of ``?q=`` as a list of buttons: name, pinyin, code or barcode."""
    text = request.GET.get("q", "").strip()[:_TEXT_MAX]
    ids = catalog.search(text=text, limit=_SHOWN).sku_ids if text else ()
    skus = catalog.skus(ids=ids)
    found = [(sku.code, in_language(sku.name, sku.name_en)) for sku in (skus[each] for each in ids if each in skus)]
    return TemplateResponse(request, "promotions/goods_found.html", {"found": found})


registry.add_page(SitePage("goods_search", "goods-search", _("Find a product"), VIEW, view))
