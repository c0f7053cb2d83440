"""A field for goods: one a line, by SKU code or barcode, with what belongs to each; a search box helps to fill it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.money import format_yuan, parse_yuan
from quanyu.kernel.quantity import Quantity, parse_quantity
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import BarcodeUnknown, SkuInfo

_LINES_MAX = 200


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """A line of the field: the SKU, how much of it in base units, and the amounts beside it in fen."""

    sku: SkuInfo
    quantity: int
    amounts: tuple[int, ...] = ()


class GoodsField(forms.CharField):
    """Lines such as ``M-250 2 9.90``: ``before`` amounts in yuan, the code, a quantity, ``after`` more amounts.

    A quantity left out is one; ``amounts_needed`` false lets the amounts after it be left out too, ``counted`` false
    asks for codes only. Clean as ``GoodsRow``.
    """

    def __init__(
        self,
        *,
        before: int = 0,
        after: int = 0,
        amounts_needed: bool = True,
        counted: bool = True,
        rows: int = 4,
        **kwargs: Any,
    ) -> None:
        self.before, self.after, self.amounts_needed, self.counted = before, after, amounts_needed, counted
        attrs = {
            "rows": rows,
            "data-goods": reverse_lazy("admin:goods_search"),
            "data-goods-find": _("Find a product"),
            "data-goods-before": before,
        }
        super().__init__(widget=forms.Textarea(attrs=attrs), max_length=10_000, **kwargs)

    def clean(self, value: Any) -> list[GoodsRow]:
        """Return the rows in their order. Raises ``ValidationError`` that names the line."""
        lines = [line.replace(",", " ").replace("，", " ").split() for line in super().clean(value).splitlines()]
        lines = [words for words in lines if words]
        if len(lines) > _LINES_MAX:
            raise forms.ValidationError(gettext("At most %(most)s lines.") % {"most": _LINES_MAX})
        known = _skus({words[self.before] for words in lines if len(words) > self.before})
        rows = []
        for number, words in enumerate(lines, 1):
            try:
                rows.append(self._row(words, known))
            except ValueError as failure:
                text = gettext("Line %(number)s: %(problem)s") % {"number": number, "problem": str(failure)}
                raise forms.ValidationError(text) from None
        return rows

    def _row(self, words: list[str], known: dict[str, SkuInfo]) -> GoodsRow:
        most = self.before + 1 + self.counted + self.after
        if not self.before < len(words) <= most or (self.amounts_needed and self.after and len(words) < most):
            raise ValueError(gettext("something is missing or too much"))
        code = words[self.before]
        if code not in known:
            raise ValueError(gettext("no product has the code %(code)s") % {"code": code})
        sku = known[code]
        amounts = [_fen(word) for word in words[: self.before]]
        quantity = 1 if sku.quantity_scale == 1 else sku.quantity_scale
        if len(words) > self.before + 1:
            quantity = _quantity(words[self.before + 1], sku)
        amounts += [_fen(word) for word in words[self.before + 2 :]]
        return GoodsRow(sku, quantity, tuple(amounts))


def goods_text(
    sku: SkuInfo | None, quantity: int | None = None, *, before: int | None = None, after: int | None = None
) -> str:
    """Return a line as a person would type it."""
    if sku is None:
        return ""
    words = [] if before is None else [format_yuan(before)]
    words.append(sku.code)
    if quantity is not None:
        words.append(str(Quantity(quantity, sku.quantity_scale)))
    if after is not None:
        words.append(format_yuan(after))
    return " ".join(words)


def _skus(codes: set[str]) -> dict[str, SkuInfo]:
    """Return the SKUs by what was typed: a SKU code, else a barcode."""
    ids = catalog.sku_ids_by_code(codes=codes)
    for code in codes - set(ids):
        try:
            ids[code] = catalog.by_barcode(code=code).sku_id
        except BarcodeUnknown:
            continue
    found = catalog.skus(ids=ids.values())
    return {code: found[sku_id] for code, sku_id in ids.items() if sku_id in found}


def _fen(word: str) -> int:
    try:
        return parse_yuan(word.replace("¥", ""))
    except ValueError:
        raise ValueError(gettext("%(text)s is no amount in yuan") % {"text": word}) from None


def _quantity(word: str, sku: SkuInfo) -> int:
    try:
        base = parse_quantity(word, scale=sku.quantity_scale).base
    except ValueError:
        base = 0
    if base < 1:
        raise ValueError(gettext("%(text)s is no quantity") % {"text": word})
    return base
