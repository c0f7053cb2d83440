"""What a price simulation shows: totals, each step of the chain, each line, what did not apply, who bears what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.promotions.admin.trial_form import Trial
from quanyu.modules.promotions.contracts import (
    REASON_TEXTS,
    Applied,
    DiscountKind,
    QuoteLine,
    Reason,
)
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import NOTHING, badge, in_language, listed, minus, number, quantity, yuan

# Which link of the chain a row belongs to, in the chain's order (docs/algorithms/price-chain.md).
_LINKS: dict[str, Any] = {
    DiscountKind.POINTS_MALL: _("Points mall"),
    DiscountKind.MEMBER: _("Member or timed price"),
    DiscountKind.TIMED: _("Member or timed price"),
    DiscountKind.TIER: _("Member or timed price"),
    DiscountKind.MANUAL: _("At the till"),
    DiscountKind.THRESHOLD: _("Campaign"),
    DiscountKind.NTH: _("Campaign"),
    DiscountKind.BUNDLE: _("Campaign"),
    DiscountKind.NEW_CUSTOMER: _("Campaign"),
    DiscountKind.COUPON: _("Coupon"),
    "points": _("Points as payment"),
    DiscountKind.GIFT: _("Gift"),
}
_MONEY = {"is_number": True}


def trial_tables(trial: Trial) -> dict[str, Any]:
    """Return the figures and tables of the page."""
    quote = trial.quote
    figures = [
        (_("Goods"), yuan(quote.goods_fen)),
        (_("Discounts"), minus(quote.discount_fen)),
        (_("Coupons"), minus(quote.coupon_fen)),
        (_("Points"), minus(quote.points_fen)),
        (_("Delivery fee"), yuan(quote.freight_fen)),
    ]
    return {
        "figures": figures,
        "payable": yuan(quote.payable_fen),
        "steps": _steps(trial),
        "lines": _lines(trial),
        "missed": _missed(trial),
        "bearers": _bearers(trial),
    }


def _name_of_source(trial: Trial, source: str, label: str) -> str:
    right = trial.campaigns.get(source) or trial.coupons.get(source)
    return gettext(label) if right is None else in_language(right.name, right.name_en)


def _product_name(sku: SkuInfo | None) -> str:
    return NOTHING if sku is None else in_language(sku.name, sku.name_en)


def _merged(trial: Trial) -> Iterator[tuple[Applied, int, list[int]]]:
    """Yield what was taken off in the chain's order; a price that holds for several lines is one step."""
    steps: dict[tuple[str, str], tuple[Applied, int, list[int]]] = {}
    for row in trial.quote.applied:
        key = (row.kind, row.label if row.source.startswith("book:") else row.source)
        first, amount, numbers = steps.get(key, (row, 0, []))
        steps[key] = (first, amount + row.amount_fen, [*numbers, *row.line_numbers])
    yield from steps.values()


def _steps(trial: Trial) -> Table:
    """Return each step with what it takes off and what is left to pay after it."""
    names = {line.number: _product_name(trial.skus.get(line.sku_id)) for line in trial.quote.lines}
    left = sum(line.list_fen for line in trial.quote.lines if not line.gift_of)
    rows: list[list[object]] = [[_("Base price"), "", "", yuan(left), yuan(left)]]
    for step, amount, numbers in _merged(trial):
        over = listed(dict.fromkeys(names[each] for each in numbers)) or gettext("Delivery fee")
        shown: object = minus(amount)
        if step.kind == DiscountKind.GIFT:
            shown = gettext("worth %(amount)s") % {"amount": yuan(amount)}
        elif numbers:
            left -= amount
        name = _name_of_source(trial, step.source, step.label)
        rows.append([_LINKS[step.kind], name, over, shown, yuan(left)])
    freight = trial.quote.freight_fen
    if freight:
        left += freight
        rows.append([_("Delivery fee"), "", "", yuan(freight), yuan(left)])
    columns = [
        Column(_("Step")),
        Column(_("What")),
        Column(_("On which products")),
        Column(_("Amount"), **_MONEY),
        Column(_("Left to pay"), **_MONEY),
    ]
    return Table(_("Step by step"), columns, rows)


def _lines(trial: Trial) -> Table:
    """Return each line with a column for every step that took something off one of them."""
    quote = trial.quote
    sources = {
        (row.kind, "" if row.source.startswith("book:") else row.source): row.label
        for line in quote.lines
        for row in line.discounts
    }
    order = list(_LINKS)
    sources = dict(sorted(sources.items(), key=lambda pair: order.index(pair[0][0])))
    columns = [Column(_("Product")), Column(_("Quantity"), **_MONEY), Column(_("Base price"), **_MONEY)]
    columns += [Column(_name_of_source(trial, source, label), **_MONEY) for (_kind, source), label in sources.items()]
    if quote.points_fen:
        columns.append(Column(_("Points"), **_MONEY))
    columns += [Column(_("To pay"), **_MONEY), Column(_("Delivery fee"), **_MONEY)]
    rows = [_line(trial, line, list(sources)) for line in quote.lines]
    sums: list[object] = [_("Together"), "", yuan(quote.goods_fen)]
    sums += [minus(sum(_taken(line, key) for line in quote.lines)) for key in sources]
    if quote.points_fen:
        sums.append(minus(quote.points_fen))
    sums += [yuan(quote.payable_fen - quote.freight_fen), yuan(quote.freight_fen)]
    return Table(_("Line by line"), columns, rows, foot=sums)


def _line(trial: Trial, line: QuoteLine, sources: list[tuple[str, str]]) -> list[object]:
    sku = trial.skus.get(line.sku_id)
    scale, unit = (sku.quantity_scale, sku.unit_name) if sku else (1, "")
    name = _product_name(sku)
    cells: list[object] = [
        format_html("{} {}", name, badge(_("Gift"), "good")) if line.gift_of else name,
        quantity(line.quantity, scale, unit),
        yuan(line.list_fen),
    ]
    cells += [minus(_taken(line, key)) for key in sources]
    if trial.quote.points_fen:
        cells.append(minus(line.points_fen))
    return [*cells, yuan(line.net_fen), yuan(line.freight_fen) if line.freight_fen else NOTHING]


def _taken(line: QuoteLine, key: tuple[str, str]) -> int:
    kind, source = key
    return sum(
        row.amount_fen
        for row in line.discounts
        if row.kind == kind and (row.source == source or (source == "" and row.source.startswith("book:")))
    )


def _missed(trial: Trial) -> Table:
    """Return what did not apply, why, and what is missing."""
    rows: list[list[object]] = [
        [_name_of_source(trial, row.source, row.label), reason_text(row.reason, row.params)]
        for row in trial.quote.not_applied
    ]
    for outcome in trial.quote.coupons:
        if outcome.reason is not None:
            name = _name_of_source(trial, f"coupon:{outcome.id}", "Coupon")
            rows.append([name, reason_text(outcome.reason, outcome.params)])
    columns = [Column(_("What")), Column(_("Why not, and what is missing"))]
    return Table(_("What did not apply"), columns, rows, empty=_("Everything that holds here applies."))


def reason_text(reason: Reason, params: dict[str, Any]) -> str:
    """Return a reason with its figures in the reader's language."""
    return gettext(REASON_TEXTS[reason]) % params


def _bearers(trial: Trial) -> Table:
    """Return what brand, store and supplier bear of each right."""
    borne: dict[tuple[str, str], list[int]] = {}
    order = list(_LINKS)
    taken = [row for line in trial.quote.lines for row in line.discounts]
    for row in sorted(taken, key=lambda row: order.index(row.kind)):
        sums = borne.setdefault((row.source, row.label), [0, 0, 0, 0])
        for index, fen in enumerate((row.amount_fen, row.brand_fen, row.store_fen, row.supplier_fen)):
            sums[index] += fen
    rows: list[list[object]] = [
        [_name_of_source(trial, source, label), *(yuan(fen) if fen else NOTHING for fen in sums)]
        for (source, label), sums in borne.items()
    ]
    together = [sum(sums[index] for sums in borne.values()) for index in range(4)]
    columns = [
        Column(_("What")),
        Column(_("Amount"), **_MONEY),
        Column(_("The brand"), **_MONEY),
        Column(_("The store"), **_MONEY),
        Column(_("The supplier"), **_MONEY),
    ]
    foot: list[object] = [_("Together"), *(yuan(fen) for fen in together)] if rows else []
    note = ""
    if trial.quote.points_spent:
        values = {"points": number(trial.quote.points_spent), "amount": yuan(trial.quote.points_fen)}
        note = gettext("%(points)s points pay %(amount)s: a payment, borne by nobody here.") % values
    return Table(_("Who bears it"), columns, rows, foot=foot, note=note, empty=_("Nothing was taken off."))
