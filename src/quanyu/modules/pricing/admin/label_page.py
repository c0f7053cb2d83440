"""Labels as PDF: for the shelf, for the goods, or cards with a QR code; chosen goods, or those whose price changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.catalog.contracts.overlay_and_labels import Label, LabelKind
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.pricing import api
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.pricing.models import PriceChange
from quanyu.platform.console import access, registry
from quanyu.platform.console.deeds import refusal_text
from quanyu.platform.console.forms import DeedForm, MomentField, unit_choices
from quanyu.platform.console.registry import SitePage

VIEW = "pricing.view"
SKUS_MAX, EACH_MAX = 2_000, 500
KINDS = {LabelKind.SHELF: _("Shelf labels"), LabelKind.STICKER: _("Barcode stickers"), LabelKind.QR: _("QR cards")}
PAPERS = {
    "a4-3x8": _("A4, 3 × 8 labels (70 × 37 mm)"),
    "a4-2x7": _("A4, 2 × 7 labels (99 × 38 mm)"),
    "a4-4x10": _("A4, 4 × 10 labels (52 × 29 mm)"),
    "roll-60x40": _("Roll, 60 × 40 mm"),
    "roll-40x30": _("Roll, 40 × 30 mm"),
}
# What a variant may call its origin and grade.
_ORIGIN, _GRADE = ("产地", "origin"), ("等级", "grade")


class LabelForm(DeedForm):
    """Asks what to print, where it will hang, and on which paper."""

    unit_id = forms.ChoiceField(
        label=_("Store"), help_text=_("Its prices are printed, and its shop page is in the QR code.")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, text) for kind, text in KINDS.items()])
    layout = forms.ChoiceField(label=_("Paper"), choices=list(PAPERS.items()))
    start = forms.IntegerField(
        label=_("First cell"),
        min_value=1,
        initial=1,
        help_text=_("Of a sheet that is partly used: the first free cell."),
    )
    goods = forms.CharField(
        label=_("SKU codes or barcodes"),
        required=False,
        help_text=_("One a line; a number after a comma or a tab is how many labels."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    since = MomentField(label=_("And all whose price changed since"), required=False)

    def prepare(self) -> None:
        """Offer the stores within reach."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=VIEW)
        stores = organization.units_of_kind(kind=UnitKind.STORE)
        within = unit_choices(store for store in stores if reach is None or store.id in reach)
        self.fields["unit_id"].choices = within  # type: ignore[attr-defined]

    def clean_goods(self) -> dict[int, int]:
        """Return how many labels of each SKU."""
        wanted: dict[str, int] = {}
        for line in self.cleaned_data["goods"].splitlines():
            code, _sign, count = line.replace("，", ",").replace("\t", ",").partition(",")
            count = count.strip() or "1"
            if code.strip():
                if not count.isdecimal() or not 1 <= int(count[:6]) <= EACH_MAX:
                    raise forms.ValidationError(_("%(line)s: how many labels?"), params={"line": line.strip()})
                wanted[code.strip()] = int(count)
        if len(wanted) > SKUS_MAX:
            raise forms.ValidationError(_("These are too many goods for one print."))
        ids = catalog.sku_ids_by_code(codes=wanted)
        others = catalog.sku_codes_of_barcodes(codes=[code for code in wanted if code not in ids])
        behind = catalog.sku_ids_by_code(codes=others.values())
        ids |= {code: behind[sku_code] for code, sku_code in others.items()}
        unknown = [code for code in wanted if code not in ids]
        if unknown:
            raise forms.ValidationError(_("Nothing is known under the code %(code)s."), params={"code": unknown[0]})
        return {ids[code]: count for code, count in wanted.items()}


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Ask what to print; a POST answers with the PDF."""
    actor = access.actor_of(request)
    form = LabelForm(request.POST if request.method == "POST" else None, actor=actor, initial=_asked(request))
    if request.method == "POST" and form.is_valid():
        try:
            printed = _printed(request, form.cleaned_data)
        except Problem as refusal:
            field = refusal.field if refusal.field in form.fields else None
            form.add_error(field, refusal_text(refusal))
        else:
            answer = HttpResponse(printed, content_type="application/pdf")
            answer.headers["Content-Disposition"] = 'inline; filename="labels.pdf"'
            answer.headers["Cache-Control"] = "no-store"
            return answer
    content = {**context, "title": PAGE.title, "form": form}
    return TemplateResponse(request, "pricing/labels.html", content, status=422 if form.errors else 200)


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Return what the address fills in: ``sku`` (several), ``product``, ``unit_id``, ``kind``, ``layout``."""
    ids = [int(text) for text in request.GET.getlist("sku") if text.isdecimal() and len(text) < 18]
    product = request.GET.get("product", "")
    if product.isdecimal() and len(product) < 18:
        found = catalog.products(ids=[int(product)]).get(int(product))
        ids.extend(found.sku_ids if found else ())
    codes = [sku.code for sku in catalog.skus(ids=ids).values()]
    named = {name: request.GET[name] for name in ("unit_id", "kind", "layout", "start") if name in request.GET}
    return {**named, "goods": "\n".join(f"{code}, 1" for code in codes)}


def _printed(request: HttpRequest, values: dict[str, Any]) -> bytes:
    """Return the PDF. Raises the refusals of the door."""
    now = system_clock.now()
    unit_id, actor = int(values["unit_id"]), access.actor_of(request)
    path = organization.paths(unit_ids=[unit_id])[unit_id]
    counts: dict[int, int] = dict(values["goods"])
    if values["since"]:
        for sku_id in _changed(path, values["since"]):
            counts.setdefault(sku_id, 1)
    skus = catalog.skus(ids=counts)
    prices = api.prices(unit_id=unit_id, sku_ids=counts, tier="", at=now, path=path)
    tokens = catalog.codes_of(sku_ids=counts, unit_id=unit_id, actor=actor, now=now)
    dated = timezone.localtime(now).strftime("%Y-%m-%d")
    labels = []
    for sku in sorted(skus.values(), key=lambda one: one.code):
        address = request.build_absolute_uri(f"/q/{tokens[sku.id]}")
        labels.extend([label_of(sku, prices.get(sku.id), address=address, dated=dated)] * counts[sku.id])
    return catalog.label_sheet(
        labels=labels, kind=LabelKind(values["kind"]), layout=values["layout"], start=values["start"]
    )


def _changed(path: tuple[int, ...], since: datetime) -> list[int]:
    found = PriceChange.objects.filter(book__unit_id__in=path, at__gte=since, after_fen__isnull=False)
    return list(found.order_by("sku_id").values_list("sku_id", flat=True).distinct()[:SKUS_MAX])


def label_of(sku: SkuInfo, price: PriceSet | None, *, address: str, dated: str) -> Label:
    """Return what a label says of a SKU: the price of today, the timed one where it is lower, and the members'."""
    shelf = None if price is None else min(price.base_fen, price.timed_fen or price.base_fen)
    member = None if price is None else price.member_fen
    facts = dict(sku.specification)
    origin = next((facts.pop(name) for name in _ORIGIN if name in facts), "")
    grade = next((facts.pop(name) for name in _GRADE if name in facts), "")
    return Label(
        name=sku.name,
        code=sku.code,
        barcode=_best(sku.barcodes),
        specification=" ".join(facts.values()),
        unit=gettext("kg") if sku.is_weighed else sku.unit_name,
        origin=origin,
        grade=grade,
        price_fen=shelf,
        member_fen=member if member is not None and shelf is not None and member < shelf else None,
        address=address,
        dated=dated,
    )


def _best(codes: tuple[str, ...]) -> str:
    """Return the barcode that tills know best: thirteen digits before twelve, eight and whatever else."""
    order = {13: 0, 12: 1, 8: 2}
    return min(codes, key=lambda code: (order.get(len(code), 3), code), default="")


PAGE = SitePage("labels", "pricing/labels", _("Print labels"), VIEW, view)
registry.add_page(PAGE)
