"""Promise units to a cause, keep the promise, or give the units back. One SQL call each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from quanyu.modules.inventory import rules
from quanyu.modules.inventory.contracts import Held, Reserved, Want
from quanyu.modules.inventory.ops import answers
from quanyu.platform import db


def reserve_stock(
    *, cause_kind: str, cause_id: str, lines: Sequence[Want], expires_at: datetime | None, now: datetime
) -> Reserved:
    """Reserve every line or none. Raises ``StockShort`` with nothing changed, or ``QuantityInvalid``."""
    rules.check_wants(lines)
    done = answers.accepted(
        db.value(
            "SELECT inventory_reserve(%s, %s, %s::jsonb, %s, %s)",
            [cause_kind, cause_id, msgspec.json.encode(lines).decode(), expires_at, now],
        )
    )
    owners = {held["line"]: held["owner_id"] for held in done["held"]}
    return Reserved(
        held=tuple(Held(line=want.line, owner_id=owners[want.line]) for want in lines), expires_at=expires_at
    )


def pin_stock(*, cause_kind: str, cause_id: str, now: datetime) -> bool:
    """Hold everything until it is issued or released; reserve again what lapsed. False: it is gone."""
    return bool(db.value("SELECT inventory_pin(%s, %s, %s)", [cause_kind, cause_id, now]))


def release_stock(*, cause_kind: str, cause_id: str, now: datetime) -> int:
    """Give back what is still held; return the number of lines, 0 when there was nothing."""
    return int(db.value("SELECT inventory_release(%s, %s, %s)", [cause_kind, cause_id, now]))
