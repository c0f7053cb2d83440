"""Who did what to what, and why: append-only, hash-chained, in the transaction of the act itself."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from quanyu.kernel.actor import Actor
from quanyu.platform import db

_SEPARATOR = ":"
# Also below zero: a row given a negative id must not hide from the check.
_BEFORE_ALL = -(2**63)


@dataclass(frozen=True, slots=True)
class Breach:
    """A place where the trail is not what was written: ``altered``, ``broken_link`` or ``cut_off``."""

    id: int
    kind: str


def record(
    *,
    actor: Actor,
    action: str,
    subject_kind: str,
    subject_id: object,
    now: datetime,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
    unit_id: int | None = None,
) -> int:
    """Append an event to the audit trail and return its id.

    ``action`` is a dotted verb (``orders.price_override``); ``detail`` holds figures and ids, never
    personal data in clear. Held until commit: the lock of the chain, so record late. Raises
    ``RuntimeError`` outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an act and its audit row are one transaction")
    event = {
        "at": now,
        "actor_kind": str(actor.kind),
        "actor_id": actor.id,
        "actor_name": actor.name[:120],
        "unit_id": unit_id if unit_id is not None else actor.unit_id,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": str(subject_id),
        "reason": reason[:500],
        "detail": dict(detail or {}),
    }
    return int(db.call_json("platform_audit_append", event))


def verify(*, after_id: int = _BEFORE_ALL, anchor: str | None = None) -> list[Breach]:
    """Check the chain after an id, and that the row an earlier anchor named still stands as it was.

    Rows cut off at the end leave a sound chain; only an anchor kept elsewhere shows the loss.
    Raises ``ValueError`` for an anchor that this installation did not sign.
    """
    found = db.rows("SELECT id, kind FROM platform_audit_breaches(%s)", [after_id])
    breaches = [Breach(row["id"], row["kind"]) for row in found]
    if anchor is not None:
        breaches.extend(_check_anchor(anchor))
    return breaches


def anchor() -> str:
    """Return the head of the chain, signed: a line to print, mail or store outside the database."""
    head = db.row("SELECT id, encode(hash, 'hex') AS hash FROM platform_audit ORDER BY id DESC LIMIT 1")
    content = _SEPARATOR.join((str(head["id"]), head["hash"])) if head else _SEPARATOR.join(("0", ""))
    return _SEPARATOR.join((content, _signature(content)))


def _check_anchor(text: str) -> list[Breach]:
    content, _, signature = text.rpartition(_SEPARATOR)
    if not hmac.compare_digest(signature, _signature(content)):
        raise ValueError("this anchor was not signed by this installation")
    head_id, _, known = content.partition(_SEPARATOR)
    if head_id == "0":
        return []
    present = db.value("SELECT encode(hash, 'hex') FROM platform_audit WHERE id = %s", [head_id])
    return [] if present == known else [Breach(int(head_id), "cut_off")]


def _signature(content: str) -> str:
    key: bytes = settings.CONFIG.audit_key_bytes
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()
