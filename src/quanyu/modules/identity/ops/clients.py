"""Let other software in, with permissions of its own below one unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.identity.contracts import IssuedClient, NameTaken
from quanyu.modules.identity.ops import sessions
from quanyu.modules.identity.rules import authority
from quanyu.platform import audit, db

_NAME_LENGTH_MAX = 80


def create_client(*, name: str, unit_id: int, permissions: Sequence[str], actor: Actor, now: datetime) -> IssuedClient:
    """Create an API client and return its token. Raises ``Invalid`` or ``NameTaken``."""
    if not name.strip() or len(name) > _NAME_LENGTH_MAX:
        raise Invalid(field="name", reason=N_("1 to 80 characters"))
    patterns = authority.check_patterns(permissions)
    client_id, token = str(uuid7()), sessions.fresh_token(sessions.CLIENT_PREFIX)
    inserted = db.execute(
        "INSERT INTO identity_api_client (id, name, unit_id, permissions, token_hash, created_at, created_by) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (name) DO NOTHING",
        [client_id, name.strip(), unit_id, list(patterns), sessions.hashed(token), now, actor.signature],
    )
    if not inserted:
        raise NameTaken(field="name")
    audit.record(
        actor=actor,
        action="identity.create_client",
        subject_kind="api_client",
        subject_id=client_id,
        detail={"permissions": patterns, "unit_id": unit_id},
        unit_id=unit_id,
        now=now,
    )
    return IssuedClient(client_id=client_id, token=token)


def revoke_client(*, client_id: str, unit_id: int, actor: Actor, now: datetime) -> bool:
    """Stop an API client; false when it had been done before."""
    changed = db.execute(
        "UPDATE identity_api_client SET revoked_at = %s WHERE id = %s AND revoked_at IS NULL", [now, client_id]
    )
    if changed:
        audit.record(
            actor=actor,
            action="identity.revoke_client",
            subject_kind="api_client",
            subject_id=client_id,
            unit_id=unit_id,
            now=now,
        )
    return changed == 1
