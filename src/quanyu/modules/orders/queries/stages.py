"""Where a member's orders stand for him: unpaid, on their way, done, brought back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quanyu.modules.orders.contracts import Stage
from quanyu.platform import db

_BACK = (
    "(id = ANY(%(asked)s) OR EXISTS (SELECT FROM orders_line l "
    "WHERE l.order_id = orders_order.id AND (l.returned_quantity > 0 OR l.refunded_fen > 0)))"
)
_CONDITIONS = {
    Stage.TO_PAY: "state = 'placed'",
    Stage.TO_RECEIVE: "(state = 'paid' OR state = 'completed' AND id = ANY(%(moving)s))",
    Stage.DONE: "(state = 'completed' AND NOT id = ANY(%(moving)s))",
    Stage.AFTER_SALE: f"(state = 'completed' AND {_BACK})",
}


@dataclass(frozen=True, slots=True)
class Where:
    """The condition of one stage. ``moving``: not with the member yet; ``asked``: with an open request."""

    member_id: UUID
    stage: Stage
    moving: list[UUID]
    asked: list[UUID]

    @property
    def condition(self) -> str:
        """The condition in SQL, its parameters by name."""
        return f"member_id = %(member_id)s AND {_CONDITIONS[self.stage]}"

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the condition."""
        return {"member_id": self.member_id, "moving": self.moving, "asked": self.asked}


def counts(*, member_id: UUID, moving: list[UUID], asked: list[UUID]) -> dict[Stage, int]:
    """Return how many of a member's orders stand at each stage."""
    columns = ", ".join(f"count(*) FILTER (WHERE {condition}) AS {stage}" for stage, condition in _CONDITIONS.items())
    row = db.row(
        f"SELECT {columns} FROM orders_order WHERE member_id = %(member_id)s",  # noqa: S608 - constant conditions
        {"member_id": member_id, "moving": moving, "asked": asked},
    )
    assert row is not None  # an aggregate always gives a row
    return {stage: row[stage.value] for stage in _CONDITIONS}
