"""Move stock that no reservation holds: what comes in, what is corrected, what breaks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.modules.inventory import rules
from quanyu.modules.inventory.contracts import Goods, MovementKind
from quanyu.modules.inventory.ops import answers
from quanyu.platform import audit, db

_ACTOR_CHARACTERS_MAX = 80


def signature(actor: Actor) -> str:
    """Return how the ledger names an actor, for example ``staff:17``."""
    return f"{actor.kind}:{actor.id}"[:_ACTOR_CHARACTERS_MAX]


def move(
    *,
    kind: MovementKind,
    cause_kind: str,
    cause_id: str,
    lines: list[dict[str, Any]],
    actor: Actor,
    reason: str = "",
    now: datetime,
) -> int:
    """Send signed changes to ``inventory_move``; return the lines moved. Raises ``StockShort``."""
    done = answers.accepted(
        db.value(
            "SELECT inventory_move(%s, %s, %s, %s::jsonb, %s, %s, %s)",
            [kind, cause_kind, cause_id, msgspec.json.encode(lines).decode(), signature(actor), reason, now],
        )
    )
    return int(done["moved"])


def receive_stock(
    *,
    location_id: int,
    owner_id: int,
    lines: Sequence[Goods],
    cause_kind: str,
    cause_id: str,
    kind: MovementKind,
    actor: Actor,
    now: datetime,
) -> int:
    """Put goods into stock; return the lines moved. Raises ``QuantityInvalid``."""
    rules.check_goods(lines)
    done = answers.accepted(
        db.value(
            "SELECT inventory_receive(%s, %s, %s, %s, %s, %s::jsonb, %s, %s)",
            [kind, cause_kind, cause_id, location_id, owner_id, _encoded(lines), signature(actor), now],
        )
    )
    return int(done["moved"])


def correct_stock(
    *,
    location_id: int,
    owner_id: int,
    lines: Sequence[Goods],
    cause_kind: str,
    cause_id: str,
    kind: MovementKind,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Book a correction, damage, repair or scrap with its reason; return the lines moved.

    Raises ``StockShort`` when reserved goods would be touched, ``QuantityInvalid`` for a quantity
    that makes no sense. Audited: nobody else sees the goods that a correction takes away.
    """
    rules.check_goods(lines, signed=kind is MovementKind.ADJUSTMENT)
    changes = []
    for index, item in enumerate(lines):
        on_hand, damaged = rules.effect(kind, item.quantity)
        changes.append(
            {
                "line": rules.line_name(item, index),
                "location_id": location_id,
                "sku_id": item.sku_id,
                "owner_id": owner_id,
                "on_hand": on_hand,
                "damaged": damaged,
            }
        )
    moved = move(
        kind=kind, cause_kind=cause_kind, cause_id=cause_id, lines=changes, actor=actor, reason=reason, now=now
    )
    if moved:
        audit.record(
            actor=actor,
            action=f"inventory.{kind}",
            subject_kind=cause_kind,
            subject_id=cause_id,
            reason=reason,
            detail={"lines": [[item.sku_id, item.quantity] for item in lines], "owner_id": owner_id},
            unit_id=location_id,
            now=now,
        )
    return moved


def _encoded(lines: Sequence[Goods]) -> str:
    named = [
        {"line": rules.line_name(item, index), "sku_id": item.sku_id, "quantity": item.quantity}
        for index, item in enumerate(lines)
    ]
    return msgspec.json.encode(named).decode()
