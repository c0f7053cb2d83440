"""Give goods to a carrier, book what is said of their way, and who got them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.modules.fulfilment.contracts import ParcelState, ParcelUnknown, TrackEvent
from quanyu.modules.fulfilment.queries import parcels as query
from quanyu.modules.fulfilment.queries.parcels import Due
from quanyu.platform import audit, db

OTHER = "other"
FIRST_ASK = timedelta(seconds=20)
_GROWTH, _PAUSE_MAX = 1.5, timedelta(hours=1)
# Nobody says what became of it: it is taken as delivered.
PRESUMED_AFTER = timedelta(days=15)
# Longer than any answer takes: whoever took a parcel to ask about it has it for himself until then.
_TAKEN = timedelta(minutes=5)
_TEXT_MAX = 300


def make(*, order_id: UUID, location_id: int, carrier: str, number: str, now: datetime) -> None:
    """Note that a carrier has goods of an order. Joins the caller's transaction; nothing given: nothing is carried."""
    if not carrier and not number:
        return
    known = query.carrier_named(carrier)
    can_track = known is not None and bool(known.track_code) and bool(number)
    db.execute(
        "INSERT INTO fulfilment_parcel (id, order_id, location_id, carrier_id, carrier_name, number, state, "
        "shipped_at, ask_at, asked) VALUES (%s, %s, %s, %s, %s, %s, 'moving', %s, %s, 0) ON CONFLICT DO NOTHING",
        [
            uuid7(),
            order_id,
            location_id,
            known.code if known else OTHER,
            "" if known else carrier[:40],
            number[:60],
            now,
            # What cannot be asked about is only looked at again when its time is over.
            now + (FIRST_ASK if can_track else PRESUMED_AFTER),
        ],
    )


def take_due(*, now: datetime) -> Due | None:
    """Take the parcel that waits longest for its turn to be asked about; no other worker takes it meanwhile."""
    row = db.row(
        "UPDATE fulfilment_parcel p SET ask_at = %s FROM fulfilment_carrier c WHERE c.code = p.carrier_id AND p.id = ("
        "SELECT id FROM fulfilment_parcel WHERE ask_at <= %s ORDER BY ask_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) "
        "RETURNING p.id, p.order_id, c.track_code, p.number, p.asked, p.shipped_at",
        [now + _TAKEN, now],
    )
    return Due(**row) if row else None


def book(
    due: Due, *, events: Sequence[TrackEvent], state: ParcelState, changed_at: datetime | None, now: datetime
) -> None:
    """Write what the tracking service said: each event once; a parcel that came is not asked about any more.

    Nothing is written of a parcel whose way ended while the service was asked: its member may be forgotten by now.
    """
    if not db.value("SELECT true FROM fulfilment_parcel WHERE id = %s AND state = 'moving' FOR UPDATE", [due.id]):
        return
    told = [event for event in events if event.text]
    db.execute(
        "INSERT INTO fulfilment_tracking_event (parcel_id, at, text) "
        "SELECT %s, said.at, said.text FROM unnest(%s::timestamptz[], %s::text[]) AS said (at, text) "
        "ORDER BY said.at ON CONFLICT DO NOTHING",
        [due.id, [event.at for event in told], [event.text[:_TEXT_MAX] for event in told]],
    )
    if state is ParcelState.MOVING:
        put_off(due, now=now)
    else:
        _end(due, state, at=changed_at or now)


def put_off(due: Due, *, now: datetime) -> None:
    """Ask about a parcel later, and less often the longer it takes; so it keeps nobody behind it waiting either.

    Not for ever, whether nothing is known of it or nothing is answered: at the end it is taken as delivered.
    """
    if now - due.shipped_at >= PRESUMED_AFTER:
        _end(due, ParcelState.DELIVERED, at=now)
        return
    pause = min(FIRST_ASK * _GROWTH ** min(due.asked, 40), _PAUSE_MAX)
    db.execute(
        "UPDATE fulfilment_parcel SET asked = asked + 1, ask_at = %s WHERE id = %s AND state = 'moving'",
        [now + pause, due.id],
    )


def _end(due: Due, state: ParcelState, *, at: datetime) -> None:
    db.execute(
        "UPDATE fulfilment_parcel SET state = %s, delivered_at = %s, ask_at = NULL, asked = asked + 1 "
        "WHERE id = %s AND state = 'moving'",
        [state.value, at if state is ParcelState.DELIVERED else None, due.id],
    )


def delivered(*, order_id: UUID, actor: Actor, now: datetime) -> None:
    """Note that the customer has the parcels of an order: for people who carry by themselves."""
    found = db.execute(
        "UPDATE fulfilment_parcel SET state = 'delivered', delivered_at = %s, ask_at = NULL "
        "WHERE order_id = %s AND state = 'moving'",
        [now, order_id],
    )
    if not found:
        raise ParcelUnknown(field="order_id")
    # The table has no place for who said so, unlike what the service says; the trail has.
    audit.record(actor=actor, action="fulfilment.delivered", subject_kind="order", subject_id=order_id, now=now)


def note_ready(*, order_id: UUID, actor: Actor, now: datetime) -> None:
    """Note that the goods of an order lie ready; said once."""
    db.execute(
        "INSERT INTO fulfilment_readiness (order_id, actor, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [order_id, f"{actor.kind}:{actor.id}", now],
    )
