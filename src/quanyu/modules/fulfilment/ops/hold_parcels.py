"""Parcels as what is kept of members: handed out to the member, forgotten with them (PIPL art. 45, 47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.modules.fulfilment.contracts import Parcel
from quanyu.modules.fulfilment.queries import parcels as query
from quanyu.platform import db

_OF_MEMBERS = "ARRAY(SELECT orders_of_member(member) FROM unnest(%s::uuid[]) AS member)"


class ParcelHolder:
    """Fulfilment as a holder of members' data (``members.contracts.DataHolder``)."""

    name = "fulfilment"

    def export(self, *, member_ids: Sequence[UUID], now: datetime) -> Mapping[str, Any]:
        """Return the parcels with what was said of their way."""
        orders = db.value(f"SELECT {_OF_MEMBERS}", [list(member_ids)])
        found = query.of_orders(order_ids=orders)
        return {"parcels": [_shown(parcel) for parcels in found.values() for parcel in parcels]}

    def open_business(self, *, member_ids: Sequence[UUID], now: datetime) -> int:
        """Return 0: what was handed to a carrier arrives, whoever it is for."""
        return 0

    def erase(self, *, member_ids: Sequence[UUID], now: datetime) -> None:
        """Forget what was said of the parcels: it names people."""
        db.execute(f"SELECT fulfilment_forget_orders({_OF_MEMBERS}, %s)", [list(member_ids), now])


def _shown(parcel: Parcel) -> dict[str, Any]:
    return {
        "carrier": parcel.carrier_name,
        "number": parcel.number,
        "state": parcel.state.value,
        "shipped_at": parcel.shipped_at.isoformat(),
        "delivered_at": parcel.delivered_at.isoformat() if parcel.delivered_at else None,
        "events": [{"at": event.at.isoformat(), "text": event.text} for event in parcel.events],
    }
