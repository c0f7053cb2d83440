"""How kinds, columns, values and errors of imports read, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext

from quanyu.kernel.problem import N_
from quanyu.platform.files.columns import Column, Kind
from quanyu.platform.files.importer import Importer, RowError
from quanyu.platform.http import problems

# What the row of instructions says of a kind of column.
KIND_HINTS = {
    Kind.TEXT: "",
    Kind.CODE: N_("As text: zeros in front stay"),
    Kind.MONEY: N_("Yuan, such as 12.50"),
    Kind.QUANTITY: N_("Pieces, or kilograms such as 0.525"),
    Kind.WHOLE: N_("A whole number"),
    Kind.DEGREES: N_("Degrees, such as 114.057939"),
    Kind.RATE: N_("Per cent, such as 13"),
    Kind.DAY: N_("A date, such as 2026-01-31"),
    Kind.CHOICE: "",
    Kind.FLAG: N_("Yes or no"),
}


def in_chinese() -> bool:
    """Tell whether the reader reads Chinese."""
    return (get_language() or "zh").startswith("zh")


def heading(column: Column) -> str:
    """Return a column's heading."""
    return column.zh if in_chinese() else column.en


def choices(column: Column) -> list[str]:
    """Return what may be chosen in a column."""
    if column.kind is Kind.FLAG:
        return [gettext("Yes"), gettext("No")]
    return [names[0 if in_chinese() else 1] for names in column.choices.values()]


def hint(column: Column, *, is_key: bool) -> str:
    """Return what the row of instructions says of a column."""
    need = gettext("Always needed") if is_key else gettext("Needed for what is new") if column.is_needed else ""
    listed = " / ".join(choices(column)) if column.kind is Kind.CHOICE else ""
    kind = KIND_HINTS[column.kind]
    parts = [need, gettext(kind) if kind else "", listed, gettext(column.hint) if column.hint else ""]
    return ("；" if in_chinese() else "; ").join(part for part in parts if part)


def shown(column: Column | None, kept: str) -> str:
    """Return a kept value as a person reads it; a personal one masked."""
    if column is None or kept == "":
        return kept
    if column.mask is not None:
        return column.mask(kept)
    if column.kind is Kind.FLAG:
        return gettext("Yes") if kept == "1" else gettext("No")
    if column.kind is Kind.CHOICE:
        names = column.choices.get(kept)
        return names[0 if in_chinese() else 1] if names else kept
    if column.kind is Kind.MONEY:
        return f"¥{kept}"
    return f"{kept}%" if column.kind is Kind.RATE else kept


def what(fault: RowError) -> str:
    """Return what is wrong, without what to do."""
    return problems.text(fault.what, _read(fault.params)).rstrip("。.")


def remedy(fault: RowError) -> str:
    """Return what to do about an error."""
    return problems.text(fault.remedy, _read(fault.params))


def sentence(importer: Importer, fault: RowError) -> str:
    """Return an error as one sentence with the column it is about and what to do."""
    column = importer.column(fault.column) if fault.column else None
    lead = f"{heading(column)}: " if column is not None else ""
    if in_chinese():
        lead = lead.replace(": ", "：")
        return f"{lead}{what(fault)}。{remedy(fault)}"
    return f"{lead}{what(fault)}. {remedy(fault)}"


def _read(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return params with lists of names (Chinese, English) joined in the reader's language."""
    place, mark = (0, "、") if in_chinese() else (1, ", ")
    return {
        name: mark.join(str(names[place]) for names in value) if isinstance(value, list) else value
        for name, value in params.items()
    }
