"""Receipts of an old system's file, line by line: when one is whole, and the sale it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from quanyu.modules.partners.contracts import SALE, Said

_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M")


def moment_of(text: str, *, time_zone: str) -> datetime | None:
    """Return the moment a cell says in the store's time zone, ``None`` when it says none."""
    for form in _FORMS:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=ZoneInfo(time_zone))
        except ValueError:
            continue
    return None


def is_whole(lines: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether the lines add up to the amount that their receipt says."""
    return sum(int(line["net_fen"]) for line in lines) == int(lines[0]["total_fen"])


def said_of(*, till: str, external_id: str, lines: Sequence[Mapping[str, Any]]) -> Said:
    """Return the sale of a whole receipt; what belongs to the receipt is said by its first line."""
    first = lines[0]
    content = {
        "till": till,
        "external_id": external_id,
        "seq": first["seq"],
        "sold_at": first["at"],
        "member": first["member"],
        "lines": [
            {
                "code": line["code"],
                "quantity": line["quantity"],
                "unit_price_fen": line["unit_price_fen"],
                "net_fen": line["net_fen"],
            }
            for line in lines
        ],
        "tenders": [{"tender": first["tender"], "amount_fen": first["total_fen"], "reference": ""}],
        "payable_fen": first["total_fen"],
    }
    return Said(SALE, till, external_id, first["seq"], datetime.fromisoformat(first["at"]), first["total_fen"], content)
