"""When goods can be fetched at a store."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from ninja import Router

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.http.schemas import BigIdQuery
from quanyu.platform.http import Schema

router = Router(tags=["stores"])


class SlotOut(Schema):
    """A pickup time. ``left``: how many more orders; none: as many as like."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    left: int | None


class SlotDayOut(Schema):
    """The pickup times of a day, by the store's calendar."""

    date: dt.date
    slots: list[SlotOut]


class PickupSlotsOut(Schema):
    """``ready_at``: from when goods ordered now lie ready; none: the store does not open soon."""

    ready_at: dt.datetime | None
    days: list[SlotDayOut]


@router.get("/stores/{int:store_id}/pickup-slots", response=PickupSlotsOut, auth=None)
def pickup_slots(request: HttpRequest, store_id: BigIdQuery) -> PickupSlotsOut:
    """Return the pickup times that can be chosen now, and how many more orders each can take."""
    found = api.pickup_times(store_id=store_id, now=system_clock.now())
    return PickupSlotsOut(
        ready_at=found.ready_at,
        days=[
            SlotDayOut(
                date=day.day,
                slots=[SlotOut(starts_at=slot.starts_at, ends_at=slot.ends_at, left=slot.left) for slot in day.slots],
            )
            for day in found.days
        ],
    )
