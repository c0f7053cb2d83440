"""What after-sales keeps in a member's own words: for the member's copy, and for forgetting it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.modules.aftersales.queries import requests as query
from quanyu.platform import db

_OF_MEMBERS = "ARRAY(SELECT orders_of_member(member) FROM unnest(%s::uuid[]) AS member)"
_MOST = 10_000


class RequestHolder:
    """After-sale requests as something kept of a member (``members.contracts.DataHolder``)."""

    name = "aftersales"

    def export(self, *, member_ids: Sequence[UUID], now: datetime) -> Mapping[str, Any]:
        """Return what the member asked for and what became of it."""
        found = [request for id in member_ids for request in query.of_member(member_id=id, before=None, limit=_MOST)]
        return {
            "after_sale_requests": [
                {
                    "number": request.number,
                    "kind": request.kind.value,
                    "state": request.state.value,
                    "reason": request.reason,
                    "text": request.text,
                    "answer": request.answer,
                    "amount_fen": request.amount_fen,
                    "created_at": request.created_at.isoformat(),
                    "lines": [{"name": line.name, "quantity": line.quantity} for line in request.lines],
                }
                for request in found
            ]
        }

    def open_business(self, *, member_ids: Sequence[UUID], now: datetime) -> int:
        """Return how many requests wait for an answer, for goods or for money."""
        return int(db.value(f"SELECT aftersales_open_of_orders({_OF_MEMBERS})", [list(member_ids)]))

    def erase(self, *, member_ids: Sequence[UUID], now: datetime) -> None:
        """Forget what the member wrote."""
        db.execute(f"SELECT aftersales_forget_orders({_OF_MEMBERS})", [list(member_ids)])
