"""End a price book. A shorter period never overlaps another, so this is always possible."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.pricing.contracts import Book, BookUnknown
from quanyu.modules.pricing.events import BookClosed
from quanyu.modules.pricing.queries import books
from quanyu.platform import audit, db, outbox


def close_book(*, book_id: int, at: datetime, actor: Actor, now: datetime) -> Book:
    """Let the book end at ``at`` (before its start: never hold). Raises ``BookUnknown`` when it has ended by then."""
    closed = db.row(
        "UPDATE pricing_price_book SET "
        "is_active = NOT (lower(period) IS NOT NULL AND lower(period) >= %s), "
        "period = CASE WHEN lower(period) >= %s THEN period ELSE tstzrange(lower(period), %s) END "
        "WHERE id = %s AND is_active AND (upper(period) IS NULL OR upper(period) > %s) RETURNING unit_id, kind",
        [at, at, at, book_id, at],
    )
    if closed is None:
        raise BookUnknown(field="book_id")
    outbox.append(
        BookClosed(book_id=book_id, unit_id=closed["unit_id"], kind=closed["kind"], ends_at=at.isoformat()), now=now
    )
    audit.record(
        actor=actor,
        action="pricing.close_book",
        subject_kind="price_book",
        subject_id=book_id,
        detail={"at": at},
        unit_id=closed["unit_id"],
        now=now,
    )
    return books.book(book_id)
