"""Outfits and tutorials: all of them, and the editor of one (CNT-01)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api
from quanyu.modules.catalog.api import guides
from quanyu.modules.catalog.contracts import ProductInfo
from quanyu.modules.catalog.contracts.guides import Guide, GuideKind
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit, UnitKind
from quanyu.platform import http
from quanyu.platform.console import access, registry
from quanyu.platform.console.formats import in_language, moment
from quanyu.platform.console.registry import SitePage

VIEW = "catalog.view"
EDIT = "catalog.edit"
STATE_MAX = 60_000
_HITS = 12
_CHINA = ZoneInfo("Asia/Shanghai")
_UNIT_KINDS = (UnitKind.ENTERPRISE, UnitKind.BRAND, UnitKind.REGION, UnitKind.DEALER, UnitKind.STORE)
KINDS = {GuideKind.OUTFIT: _("Outfit"), GuideKind.TUTORIAL: _("Tutorial")}
LABELS: dict[str, Any] = {
    "text": _("Step"),
    "text_en": _("Step, in English"),
    "find": _("Name, SKU code, scale code or barcode"),
    "add_picture": _("Add a picture"),
    "remove": _("Remove"),
    "up": _("Move up"),
    "down": _("Move down"),
    "unsaved": _("Changes are not saved yet."),
    "failed": _("That did not work. Check the connection and try again."),
}


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show all, or the editor of one; a POST saves it or takes a picture, ``find`` searches products."""
    if "find" in request.GET:
        return JsonResponse({"hits": _hits(request.GET["find"])})
    if request.method == "POST":
        return _done(request)
    asked = request.GET.get("guide", "")
    if not asked:
        return TemplateResponse(request, "catalog/guides.html", {**context, **_list(request)})
    guide = _guide(asked)
    may_edit = access.may(request, EDIT)
    if guide is None and not may_edit:
        raise PermissionDenied
    units = _units()
    known = api.products(ids=guide.product_ids if guide else ())
    editor = {
        "guide": msgspec.to_builtins(guide or Guide(kind=GuideKind.OUTFIT, unit_id=units[0].id, title="")),
        "products": {one.id: _hit(one) for one in known.values()},
        "labels": {name: str(text) for name, text in LABELS.items()},
        "media": api.media_address(path="-")[:-1],
    }
    shown = {
        "title": PAGE.title,
        "guide": guide,
        "heading": in_language(guide.title, guide.title_en) if guide else gettext("New outfit or tutorial"),
        "units": [(one.id, _indented(one)) for one in units],
        "kinds": [(kind.value, text) for kind, text in KINDS.items()],
        "from": _typed(guide.published_from if guide else None),
        "until": _typed(guide.published_until if guide else None),
        "may_edit": may_edit,
        "editor": editor,
    }
    return TemplateResponse(request, "catalog/guide.html", {**context, **shown})


def _list(request: HttpRequest) -> dict[str, Any]:
    found, now = guides.guides(), system_clock.now()
    units = organization.units(ids={one.unit_id for one in found})
    firsts = api.products(ids={one.product_ids[0] for one in found if one.product_ids})
    rows = [
        {
            "id": one.id,
            "title": in_language(one.title, one.title_en),
            "kind": KINDS[one.kind],
            "unit": in_language(units[one.unit_id].name, units[one.unit_id].name_en),
            "goods": len(one.product_ids),
            "image": api.media_address(path=one.cover.thumb) if one.cover else _picture(firsts, one),
            "state": _state(one, now),
            "is_shown": one.is_shown(now),
        }
        for one in found
    ]
    return {"title": PAGE.title, "rows": rows, "may_edit": access.may(request, EDIT)}


def _state(guide: Guide, now: datetime) -> str:
    if guide.published_from is None:
        return gettext("Draft")
    if now < guide.published_from:
        return gettext("From %(time)s") % {"time": moment(guide.published_from)}
    if not guide.is_shown(now):
        return gettext("Ended")
    return gettext("On the screens")


def _picture(products: dict[int, ProductInfo], guide: Guide) -> str:
    product = products.get(guide.product_ids[0]) if guide.product_ids else None
    return product.pictures[0].thumb if product and product.pictures else ""


def _guide(asked: str) -> Guide | None:
    if asked == "new":
        return None
    if not asked.isdecimal() or len(asked) > 18:
        raise Http404
    try:
        return guides.guide(guide_id=int(asked))
    except Problem:
        raise Http404 from None


def _done(request: HttpRequest) -> HttpResponse:
    if not access.may(request, EDIT):
        raise PermissionDenied
    try:
        picture = request.FILES.get("picture")
        if picture is not None:
            return JsonResponse(msgspec.to_builtins(api.store_shot(content=picture.read())))
        guide = _sent(request)
        id_ = guides.write_guide(guide=guide, actor=access.actor_of(request), now=system_clock.now())
    except Problem as problem:
        params = {name: http.text(str(value), {}) for name, value in problem.params.items()}
        told = {"problem": http.text(problem.title, params), "remedy": http.text(problem.remedy, params)}
        return JsonResponse(told, status=422)
    said = gettext("Saved. The screens show it as it says.")
    return JsonResponse({"id": id_, "version": guide.version + 1, "said": said})


def _sent(request: HttpRequest) -> Guide:
    text = request.POST.get("state", "")
    if len(text) > STATE_MAX:
        raise Http404
    try:
        return msgspec.json.decode(text, type=Guide)
    except msgspec.MsgspecError:
        raise Http404 from None


def _hits(text: str) -> list[dict[str, Any]]:
    skus = api.skus(ids=api.search(text=text[:60], limit=_HITS).sku_ids)
    found = api.products(ids=dict.fromkeys(sku.product_id for sku in skus.values()))
    return [_hit(one) for one in found.values()]


def _hit(product: ProductInfo) -> dict[str, Any]:
    image = product.pictures[0].thumb if product.pictures else ""
    return {"id": product.id, "name": in_language(product.name, product.name_en), "code": product.code, "image": image}


def _units() -> list[Unit]:
    found = [one for kind in _UNIT_KINDS for one in organization.units_of_kind(kind=kind) if one.active]
    return sorted(found, key=lambda one: one.path)


def _indented(unit: Unit) -> str:
    return "　" * (len(unit.path) - 1) + in_language(unit.name, unit.name_en)


def _typed(moment_: datetime | None) -> str:
    """Return a moment as a field for date and time takes it, on China's clock."""
    return moment_.astimezone(_CHINA).strftime("%Y-%m-%dT%H:%M") if moment_ else ""


PAGE = SitePage("catalog_guides", "catalog/guides", _("Outfits and tutorials"), VIEW, view)
registry.add_page(PAGE)
