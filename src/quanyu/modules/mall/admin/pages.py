"""The pages of stores, arranged block by block: draft, preview as a phone shows it, published, taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall import api
from quanyu.modules.mall.admin.page_texts import ICON_TEXTS, KIND_TEXTS, LABELS, LINK_TEXTS, RULE_TEXTS
from quanyu.modules.mall.contracts.window import Block
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit, UnitKind
from quanyu.platform import http
from quanyu.platform.console import access, registry
from quanyu.platform.console.formats import in_language, moment, yuan
from quanyu.platform.console.registry import SitePage

VIEW = "mall.view"
EDIT = "mall.edit"
STATE_MAX = 200_000
_HITS = 12


class State(msgspec.Struct):
    """What the editor sends: the version it saw, and the blocks as they stand on the screen."""

    version: int
    blocks: tuple[Block, ...]


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the editor; a POST is one of its deeds, a GET with ``find`` a search for goods."""
    units = _units(request)
    if "find" in request.GET:
        return JsonResponse({"hits": _hits(request.GET["find"])})
    asked = request.GET.get("unit", "")
    chosen = next((one for one in units if str(one.id) == asked), None)
    if asked and chosen is None:
        raise Http404
    unit = chosen or next(iter(units), None)
    if unit is None:
        raise Http404
    if request.method == "POST":
        return _done(request, unit)
    return TemplateResponse(request, "mall/pages.html", {**context, **_content(request, unit, units)})


def _content(request: HttpRequest, unit: Unit, units: list[Unit]) -> dict[str, Any]:
    page = api.unit_page(unit_id=unit.id)
    arranged = api.arranged_pages()
    above = organization.units(ids=[page.inherited_from]).get(page.inherited_from) if page.inherited_from else None
    blocks = [{**msgspec.to_builtins(one), **_shown_goods(one)} for one in page.blocks]
    editor = {
        "version": page.version,
        "blocks": blocks,
        "is_english": not (get_language() or "").startswith("zh"),
        "products": _linked(page.blocks),
        "categories": [(one.id, "　" * (len(one.path) - 1) + in_language(one.name, one.name_en)) for one in _tree()],
        "icons": {icon: str(text) for icon, text in ICON_TEXTS.items()},
        "kinds": {kind: str(text) for kind, text in KIND_TEXTS.items()},
        "rules": {rule: str(text) for rule, text in RULE_TEXTS.items()},
        "links": {link: str(text) for link, text in LINK_TEXTS.items()},
        "labels": {name: str(text) for name, text in LABELS.items()},
        "media": catalog.media_address(path="-")[:-1],
    }
    return {
        "title": PAGE.title,
        "unit": unit,
        "heading": in_language(unit.name, unit.name_en),
        "units": [(one.id, _indented(one), one.id in arranged) for one in units],
        "page": page,
        "published": moment(page.published_at) if page.published_at else "",
        "above": in_language(above.name, above.name_en) if above else "",
        "editor": editor,
        "may_edit": _may_edit(request, unit),
        "preview_store": _store_of(unit) is not None,
    }


def _done(request: HttpRequest, unit: Unit) -> HttpResponse:
    deed = request.POST.get("deed", "")
    if deed != "preview" and not _may_edit(request, unit):
        raise PermissionDenied
    deeds: dict[str, Callable[[HttpRequest, Unit], dict[str, Any]]] = {
        "preview": _preview,
        "save": _save,
        "publish": _publish,
        "take-back": _take_back,
        "upload": _upload,
    }
    if deed not in deeds:
        raise Http404
    try:
        return JsonResponse(deeds[deed](request, unit))
    except Problem as problem:
        params = {name: http.text(str(value), {}) for name, value in problem.params.items()}
        said = http.text(problem.title, params)
        told = {"problem": said, "remedy": http.text(problem.remedy, params), "field": problem.field}
        return JsonResponse(told, status=422)


def _preview(request: HttpRequest, unit: Unit) -> dict[str, Any]:
    store_id = _store_of(unit)
    if store_id is None:
        return {"html": "", "faults": {}}
    arranged = _state(request).blocks
    blocks = api.previewed(store_id=store_id, blocks=arranged, now=system_clock.now())
    shown = [
        {
            "block": one.block,
            "title": in_language(one.block.title, one.block.title_en),
            "text": in_language(one.block.text, one.block.text_en),
            "items": [
                (catalog.media_address(path=item.image), in_language(item.title, item.title_en), item.icon)
                for item in one.block.items
            ],
            "categories": [(in_language(name, name_en), image) for _id, name, name_en, image in one.categories],
            "goods": [_card(offer) for offer in (*one.goods, *(sale.goods for sale in one.flash))],
            "coupons": [in_language(coupon.name, coupon.name_en) for coupon in one.coupons],
        }
        for one in blocks
    ]
    faults = {place: http.text(fault, {}) for place, fault in api.page_faults(blocks=arranged).items()}
    return {"html": render_to_string("mall/preview.html", {"blocks": shown}, request=request), "faults": faults}


def _save(request: HttpRequest, unit: Unit) -> dict[str, Any]:
    state = _state(request)
    actor, now = access.actor_of(request), system_clock.now()
    api.save_page(unit_id=unit.id, version=state.version, blocks=state.blocks, actor=actor, now=now)
    return {"version": state.version + 1, "said": gettext("The draft is saved.")}


def _publish(request: HttpRequest, unit: Unit) -> dict[str, Any]:
    state = _state(request)
    actor, now = access.actor_of(request), system_clock.now()
    api.publish_page(unit_id=unit.id, version=state.version, blocks=state.blocks, actor=actor, now=now)
    return {"version": state.version + 2, "said": gettext("Published: shoppers see it now."), "reload": True}


def _take_back(request: HttpRequest, unit: Unit) -> dict[str, Any]:
    version = _state(request).version
    api.take_page_back(unit_id=unit.id, version=version, actor=access.actor_of(request), now=system_clock.now())
    return {"version": version + 1, "said": gettext("Shoppers see the inherited page again."), "reload": True}


def _upload(request: HttpRequest, _unit: Unit) -> dict[str, Any]:
    sent = request.FILES.get("picture")
    if sent is None:
        raise Http404
    shot = api.store_banner(content=sent.read(), actor=access.actor_of(request))
    return {"image": shot.full}


def _state(request: HttpRequest) -> State:
    text = request.POST.get("state", "")
    if len(text) > STATE_MAX:
        raise Http404
    try:
        return msgspec.json.decode(text, type=State)
    except msgspec.MsgspecError:
        raise Http404 from None


def _card(offer: Any) -> tuple[str, str, str, str]:
    price = offer.price
    was = yuan(price.base_fen) if price.price_fen < price.base_fen else ""
    return offer.sku.image_card, in_language(offer.sku.name, offer.sku.name_en), yuan(price.price_fen), was


def _shown_goods(block: Block) -> dict[str, Any]:
    skus = catalog.skus(ids=block.sku_ids) if block.sku_ids else {}
    return {"goods": [_hit(skus[id_]) for id_ in block.sku_ids if id_ in skus]}


def _linked(blocks: Iterable[Block]) -> dict[str, str]:
    """Return what the products are called that blocks lead to."""
    links = [link for block in blocks for link in (block.more, *(item.link for item in block.items))]
    found = catalog.products(ids={int(link.value) for link in links if link.kind == "product"})
    return {str(one.id): in_language(one.name, one.name_en) for one in found.values()}


def _hits(text: str) -> list[dict[str, Any]]:
    ids = catalog.search(text=text[:60], limit=_HITS).sku_ids
    skus = catalog.skus(ids=ids)
    return [_hit(skus[id_]) for id_ in ids if id_ in skus]


def _hit(sku: Any) -> dict[str, Any]:
    return {
        "id": sku.id,
        "product": sku.product_id,
        "name": in_language(sku.name, sku.name_en),
        "code": sku.code,
        "image": sku.image_thumb,
    }


def _tree() -> list[Any]:
    return catalog.categories()


def _units(request: HttpRequest) -> list[Unit]:
    reached = access.units_of(request, VIEW)
    found = [one for kind in api.PAGE_KINDS for one in organization.units_of_kind(kind=kind)]
    mine = [one for one in found if one.active and (reached is None or one.id in reached)]
    # The one whose page most stores inherit comes first.
    return sorted(mine, key=lambda one: (one.kind is UnitKind.ENTERPRISE, one.path))


def _may_edit(request: HttpRequest, unit: Unit) -> bool:
    return access.actor_of(request).reaches(EDIT, unit_path=unit.path)


def _store_of(unit: Unit) -> int | None:
    """Return the store in which a page is previewed: itself, or the first below it."""
    if unit.kind is UnitKind.STORE:
        return unit.id
    return next(iter(organization.subtree_ids(unit_id=unit.id, kind=UnitKind.STORE)), None)


def _indented(unit: Unit) -> str:
    return "　" * (len(unit.path) - 1) + in_language(unit.name, unit.name_en)


PAGE = SitePage("mall_pages", "mall/pages", _("Mall pages"), VIEW, view)
registry.add_page(PAGE)
