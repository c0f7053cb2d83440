"""What the stock pages draw, as stock.js reads it: where stock lies, how a figure came about, the map of stores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext

from quanyu.modules.inventory.admin.sheet_rows import TITLES, Shown

_PLACES = 9
_PARTS = ("available", "reserved", "damaged", "incoming")


def where_it_lies(rows: Sequence[Shown]) -> str:
    """Return the places with the most of a SKU as bars: available, reserved, damaged and coming in."""
    by_place: dict[str, dict[str, int]] = {}
    scale = 1
    for one in rows:
        scale = one.sku.quantity_scale if one.sku else 1
        parts = by_place.setdefault(one.place, dict.fromkeys(_PARTS, 0))
        for part in _PARTS:
            parts[part] += getattr(one.row, part)
    most = sorted(by_place, key=lambda place: (-sum(by_place[place].values()), place))[:_PLACES]
    series = [
        {"name": str(TITLES[part]), "part": part, "values": [by_place[place][part] / scale for place in most]}
        for part in _PARTS
    ]
    return _json({"kind": "places", "labels": most, "series": series})


def waterfall(opening: int, parts: Iterable[tuple[str, int]], closing: int, *, scale: int) -> str:
    """Return how a figure came about, step by step from what it was to what it is."""
    steps, level = [], opening
    if opening:
        steps.append({"name": gettext("Before these days"), "from": 0, "to": opening / scale, "tone": "sum"})
    for name, quantity in parts:
        steps.append(
            {
                "name": name,
                "from": level / scale,
                "to": (level + quantity) / scale,
                "tone": "more" if quantity > 0 else "less",
            }
        )
        level += quantity
    steps.append({"name": gettext("Now"), "from": 0, "to": closing / scale, "tone": "sum"})
    return _json({"kind": "waterfall", "steps": steps})


def as_json(content: dict[str, Any]) -> str:
    """Return content as stock.js reads it from an attribute."""
    return _json(content)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)
