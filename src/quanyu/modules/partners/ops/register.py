"""Partners, their tills and articles: registered by people, audited."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.modules.partners.contracts import PartnerUnknown, TillTaken
from quanyu.platform import audit, db, pii

_SECRET_BYTES = 32


def secret_place(partner_id: UUID) -> str:
    """Return where a partner's secret lies: it can be opened nowhere else."""
    return f"partners_partner|secret|{partner_id}"


def add_partner(*, partner_id: UUID, name: str, unit_id: int, actor: Actor, now: datetime) -> str:
    """Register the partner of an API client; return the secret by which it signs."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    db.execute(
        "INSERT INTO partners_partner (client_id, unit_id, name, secret_encrypted, created_at) "
        "VALUES (%s, %s, %s, %s, %s)",
        [partner_id, unit_id, name, pii.encrypt(secret, secret_place(partner_id)), now],
    )
    _record("partners.register", partner_id, unit_id, actor=actor, now=now)
    return secret


def renew_secret(*, partner_id: UUID, unit_id: int, actor: Actor, now: datetime) -> str:
    """Give a partner another secret; the old one ends."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    db.execute(
        "UPDATE partners_partner SET secret_encrypted = %s WHERE client_id = %s",
        [pii.encrypt(secret, secret_place(partner_id)), partner_id],
    )
    _record("partners.renew_secret", partner_id, unit_id, actor=actor, now=now)
    return secret


def pause(*, partner_id: UUID, unit_id: int, is_paused: bool, actor: Actor, now: datetime) -> None:
    """Take nothing from a partner for a time, or go on."""
    changed = db.execute(
        "UPDATE partners_partner SET paused_at = %s WHERE client_id = %s AND (paused_at IS NULL) = %s",
        [now if is_paused else None, partner_id, is_paused],
    )
    if changed:
        _record("partners.pause" if is_paused else "partners.resume", partner_id, unit_id, actor=actor, now=now)


def add_till(*, partner_id: UUID, code: str, store_id: int, actor: Actor, now: datetime) -> UUID:
    """Register an old till at a store. Raises ``TillTaken``."""
    till_id = uuid7()
    made = db.execute(
        "INSERT INTO partners_till (id, partner_id, code, store_id, created_at) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT (partner_id, code) DO NOTHING",
        [till_id, partner_id, code, store_id, now],
    )
    if not made:
        raise TillTaken(field="code")
    _record("partners.add_till", partner_id, store_id, actor=actor, now=now, till=code)
    return till_id


def map_article(*, partner_id: UUID, unit_id: int, code: str, sku_id: int, actor: Actor, now: datetime) -> None:
    """Say which goods an old system means by a code; what was booked before stays as it was."""
    db.execute(
        "INSERT INTO partners_article (partner_id, code, sku_id, mapped_by, mapped_at) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT (partner_id, code) DO UPDATE SET sku_id = excluded.sku_id, mapped_by = excluded.mapped_by, "
        "mapped_at = excluded.mapped_at",
        [partner_id, code, sku_id, actor.signature, now],
    )
    _record("partners.map_article", partner_id, unit_id, actor=actor, now=now, code=code, sku_id=sku_id)


def note_nonce(*, partner_id: UUID, nonce: str, now: datetime, older_than: datetime) -> bool:
    """Note that a signed request was here; false when it was here before. Old ones are removed."""
    db.execute("DELETE FROM partners_nonce WHERE partner_id = %s AND seen_at < %s", [partner_id, older_than])
    noted = db.execute(
        "INSERT INTO partners_nonce (partner_id, nonce, seen_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [partner_id, nonce, now],
    )
    db.execute("UPDATE partners_partner SET seen_at = %s WHERE client_id = %s", [now, partner_id])
    return noted == 1


def note_contact(*, partner_id: UUID, tills: list[str], now: datetime) -> None:
    """Note when tills were heard of last."""
    db.execute(
        "UPDATE partners_till SET seen_at = %s WHERE id = ANY(SELECT id FROM partners_till "
        "WHERE partner_id = %s AND code = ANY(%s) ORDER BY id FOR UPDATE)",
        [now, partner_id, tills],
    )


def unit_of(*, partner_id: UUID) -> int:
    """Return the unit of a partner. Raises ``PartnerUnknown``."""
    found = db.value("SELECT unit_id FROM partners_partner WHERE client_id = %s", [partner_id])
    if found is None:
        raise PartnerUnknown
    return int(found)


def _record(action: str, partner_id: UUID, unit_id: int, *, actor: Actor, now: datetime, **detail: str | int) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="partner",
        subject_id=partner_id,
        detail=detail,
        unit_id=unit_id,
        now=now,
    )
