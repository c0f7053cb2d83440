"""What a product's page tells beside its description: size guide, real photos, sections with goods, services."""

from __future__ import annotations

from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.catalog.contracts.content import ProductContent
from quanyu.platform import http
from quanyu.platform.console import access, registry
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.registry import SitePage

EDIT = "catalog.edit"
STATE_MAX = 600_000
_HITS = 12
KINDS = {"how_to": _("How to use it"), "outfit": _("Goes well with"), "care": _("Care"), "story": _("Story")}
LABELS: dict[str, Any] = {
    "title": _("Heading"),
    "title_en": _("English heading"),
    "body_html": _("Text (HTML)"),
    "body_html_en": _("English text (HTML)"),
    "name": _("Name"),
    "name_en": _("English name"),
    "text": _("What is done"),
    "text_en": _("What is done, in English"),
    "minutes": _("Duration (minutes)"),
    "goods": _("Goods that go with it"),
    "find": _("Name, SKU code, scale code or barcode"),
    "add_picture": _("Add a picture"),
    "remove": _("Remove"),
    "up": _("Move up"),
    "down": _("Move down"),
    "unsaved": _("Changes are not saved yet."),
    "failed": _("That did not work. Check the connection and try again."),
}


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the editor of a product's content; a POST saves it or takes a picture, ``find`` searches goods."""
    if "find" in request.GET:
        return JsonResponse({"hits": _hits(request.GET["find"])})
    asked = request.GET.get("product", "")
    product = api.products(ids=[int(asked)]).get(int(asked)) if asked.isdecimal() and len(asked) < 18 else None
    if product is None:
        raise Http404
    if request.method == "POST":
        return _done(request, product.id)
    content = api.product_content(product_id=product.id)
    wanted = {sku_id for section in content.sections for sku_id in section.sku_ids}
    editor = {
        "content": msgspec.to_builtins(content),
        "skus": {sku.id: _hit(sku) for sku in api.skus(ids=wanted).values()},
        "kinds": {kind: str(text) for kind, text in KINDS.items()},
        "new_titles": {kind: _both(text) for kind, text in KINDS.items()},
        "labels": {name: str(text) for name, text in LABELS.items()},
        "media": api.media_address(path="-")[:-1],
    }
    shown = {"title": PAGE.title, "product": product, "heading": in_language(product.name, product.name_en)}
    return TemplateResponse(request, "catalog/content.html", {**context, **shown, "editor": editor})


def _both(text: object) -> tuple[str, str]:
    """Return a text in Chinese and in English: what a section is called at first."""
    with translation.override("zh-hans"):
        chinese = str(text)
    with translation.override("en"):
        return chinese, str(text)


def _done(request: HttpRequest, product_id: int) -> HttpResponse:
    if not access.may(request, EDIT):
        raise PermissionDenied
    try:
        picture = request.FILES.get("picture")
        if picture is not None:
            return JsonResponse(msgspec.to_builtins(api.store_shot(content=picture.read())))
        content = _sent(request)
        actor, now = access.actor_of(request), system_clock.now()
        api.write_content(product_id=product_id, content=content, actor=actor, now=now)
    except Problem as problem:
        params = {name: http.text(str(value), {}) for name, value in problem.params.items()}
        told = {"problem": http.text(problem.title, params), "remedy": http.text(problem.remedy, params)}
        return JsonResponse(told, status=422)
    return JsonResponse({"version": content.version + 1, "said": gettext("Saved. The product's page shows it now.")})


def _sent(request: HttpRequest) -> ProductContent:
    text = request.POST.get("state", "")
    if len(text) > STATE_MAX:
        raise Http404
    try:
        return msgspec.json.decode(text, type=ProductContent)
    except msgspec.MsgspecError:
        raise Http404 from None


def _hits(text: str) -> list[dict[str, Any]]:
    ids = api.search(text=text[:60], limit=_HITS).sku_ids
    skus = api.skus(ids=ids)
    return [_hit(skus[id_]) for id_ in ids if id_ in skus]


def _hit(sku: SkuInfo) -> dict[str, Any]:
    return {"id": sku.id, "name": in_language(sku.name, sku.name_en), "code": sku.code, "image": sku.image_thumb}


PAGE = SitePage("product_content", "catalog/content", _("Page content"), EDIT, view)
registry.add_page(PAGE)
