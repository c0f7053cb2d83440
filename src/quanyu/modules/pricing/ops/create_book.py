"""Open a price book; two books of one kind, place and tier never hold at the same time."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.period import Period
from quanyu.modules.pricing import rules
from quanyu.modules.pricing.contracts import Book, BookCodeTaken, BookKind, BooksOverlap
from quanyu.modules.pricing.queries import books
from quanyu.platform import audit, db


def create_book(
    *, code: str, name: str, kind: BookKind, unit_id: int, tier: str, period: Period, actor: Actor, now: datetime
) -> Book:
    """Create the book. Raises ``BookInvalid``, ``BookCodeTaken`` or ``BooksOverlap`` (field ``period``)."""
    rules.check_book(kind=kind, tier=tier, code=code, name=name)
    # The constraints decide, also between two editors at once; the query below only says which one.
    book_id = db.value(
        "INSERT INTO pricing_price_book (code, name, kind, unit_id, tier, period, is_active, created_at) "
        "VALUES (%s, %s, %s, %s, %s, tstzrange(%s, %s), true, %s) ON CONFLICT DO NOTHING RETURNING id",
        [code.strip(), name.strip(), kind, unit_id, tier, period.start, period.end, now],
    )
    if book_id is None:
        if db.value("SELECT 1 FROM pricing_price_book WHERE code = %s", [code.strip()]):
            raise BookCodeTaken(field="code", code=code.strip())
        other = db.value(
            "SELECT code FROM pricing_price_book WHERE unit_id = %s AND kind = %s AND tier = %s AND is_active "
            "AND period && tstzrange(%s, %s) ORDER BY id LIMIT 1",
            [unit_id, kind, tier, period.start, period.end],
        )
        raise BooksOverlap(field="period", code=other)
    audit.record(
        actor=actor,
        action="pricing.create_book",
        subject_kind="price_book",
        subject_id=book_id,
        detail={"code": code, "kind": kind, "tier": tier, "start": period.start, "end": period.end},
        unit_id=unit_id,
        now=now,
    )
    return books.book(book_id)
