"""Ask the tracking service about parcels under way. Network calls: never inside a transaction."""

from __future__ import annotations

from datetime import datetime

import structlog

from quanyu.modules.fulfilment.contracts import ParcelState, TrackEvent
from quanyu.modules.fulfilment.ops import parcels
from quanyu.modules.fulfilment.providers.tracking import Said, Tracker, Unanswered
from quanyu.modules.fulfilment.queries.parcels import Due
from quanyu.modules.orders import api as orders
from quanyu.platform import db, logs

_log = structlog.get_logger(__name__)
_STATES = {
    Said.MOVING: ParcelState.MOVING,
    Said.DELIVERED: ParcelState.DELIVERED,
    Said.RETURNED: ParcelState.RETURNED,
}
_trackers: list[Tracker] = []


def use(tracker: Tracker | None) -> None:
    """Ask this service from now on; ``None``: nobody."""
    _trackers[:] = [] if tracker is None else [tracker]


def ask(*, now: datetime, limit: int) -> int:
    """Ask about the parcels whose turn it is; return how many. One that fails comes again later."""
    asked = 0
    while asked < limit and (parcel := db.in_transaction(lambda: parcels.take_due(now=now))) is not None:
        asked += 1
        _ask_or_put_off(parcel, now=now)
    return asked


def _ask_or_put_off(parcel: Due, *, now: datetime) -> None:
    try:
        _ask(parcel, now=now)
        return
    except Unanswered as failure:
        _log.info("fulfilment.tracking_unanswered", parcel=str(parcel.id), code=failure.code)
    except Exception as failure:  # noqa: BLE001 - whatever it was, the next parcel is not to blame
        _log.warning("fulfilment.tracking_failed", parcel=str(parcel.id), **logs.failure(failure))
    db.in_transaction(lambda: parcels.put_off(parcel, now=now))


def _ask(parcel: Due, *, now: datetime) -> None:
    events: list[TrackEvent] = []
    state, changed_at = ParcelState.MOVING, None
    if _trackers and parcel.track_code and parcel.number:
        tracker = _trackers[0]
        tail = orders.phone_tail(order_id=parcel.order_id) if tracker.wants_phone(carrier=parcel.track_code) else ""
        track = tracker.track(carrier=parcel.track_code, number=parcel.number, phone_tail=tail)
        events = [TrackEvent(step.at, step.text) for step in track.steps if step.at <= now]
        state = _STATES[track.said]
        changed_at = max((event.at for event in events), default=None)
    db.in_transaction(lambda: parcels.book(parcel, events=events, state=state, changed_at=changed_at, now=now))
