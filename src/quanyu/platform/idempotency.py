"""The same request sent twice is executed once: the answer is kept under (actor, key).

A claim is committed first, so that a second request sees it at once; then the work runs; then its
answer is stored beside the claim. A claim is a lease: when its owner dies, a repeat takes it over
after ``LEASE_S``. Rows go after ``KEPT_DAYS``; natural keys of orders and payments never do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import connection

from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import N_, Problem
from quanyu.platform import db, pii

KEY_PATTERN = r"^[A-Za-z0-9._:-]{1,255}$"
LEASE_S = 60
KEPT_DAYS = 90
_RETRY_AFTER_S = 1
_KEY = re.compile(KEY_PATTERN)
Work = Callable[[], tuple[int, bytes]]


class KeyMissing(Problem):
    """The request needs an idempotency key and brought none, or one of a wrong form."""

    code = "idempotency.key_missing"
    status = 400
    title = N_("The header Idempotency-Key is missing or has a wrong form.")
    remedy = N_("Make one key for this action (a UUID will do) and send it with every repeat.")


class InProgress(Problem):
    """The first request with this key is still running."""

    code = "idempotency.in_progress"
    status = 409
    title = N_("The same request is still being worked on.")
    remedy = N_("Wait %(retry_after_s)s seconds and send it again with the same key.")


class KeyReused(Problem):
    """The key was used before for another request."""

    code = "idempotency.key_reused"
    status = 422
    title = N_("This Idempotency-Key was already used for another request.")
    remedy = N_("Make a new key for a new action.")


def run(
    *,
    actor: Actor,
    key: str,
    route: str,
    body: bytes,
    work: Work,
    one_transaction: bool = False,
    now: datetime | None = None,
) -> tuple[int, bytes, bool]:
    """Do the work once per actor and key; return status, body and whether it is a replay.

    ``work`` returns status and body. When it raises, the claim is given back: the request was
    refused or failed, so a repeat may try again. ``one_transaction`` stores the answer in the
    transaction of the work itself (doors join it); only for work that talks to nobody outside.

    Raises ``KeyMissing``, ``InProgress``, ``KeyReused``, and ``RuntimeError`` in a transaction.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a claim must be seen by others, so it is not made in a transaction")
    if not _KEY.fullmatch(key):
        raise KeyMissing(field="Idempotency-Key")
    now = now or system_clock.now()
    place = (_owner(actor), key)
    digest = _digest(route, body)
    lease = now + timedelta(seconds=LEASE_S)
    if not _claim(place, route=route, digest=digest, lease=lease, now=now):
        return _replay(place, digest=digest)
    try:
        status, content = _do(place, work, lease=lease, one_transaction=one_transaction)
    except BaseException:
        _give_back(place, lease=lease)
        raise
    return status, content, False


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that wants its key for itself. ``now`` is the moment of asking: it tells two requests apart."""

    actor: Actor
    key: str
    route: str
    body: bytes
    now: datetime

    @property
    def place(self) -> tuple[str, str]:
        """Under which the answer is kept."""
        return _owner(self.actor), self.key

    @property
    def lease(self) -> datetime:
        """Until when nobody else may take the claim over."""
        return self.now + timedelta(seconds=LEASE_S)


def is_key(text: str) -> bool:
    """Tell whether a header's value is an idempotency key."""
    return bool(_KEY.fullmatch(text))


def claim_all(claims: Sequence[Claim]) -> list[bool]:
    """Claim many keys by one statement; tell for each whether it is claimed now.

    One that is not was used before, is in use, or stands twice among these: :func:`run` says what to do with it. What
    was claimed has to be settled. Repeatable.
    """
    first: dict[tuple[str, str], int] = {}
    for index, claim in enumerate(claims):
        first.setdefault(claim.place, index)
    asked = [claims[index] for index in first.values()]
    made = db.call_json(
        "platform_idempotency_claim",
        [
            {
                "actor": claim.place[0],
                "key": claim.key,
                "route": claim.route[:200],
                "digest": _digest(claim.route, claim.body).hex(),
                "lease": claim.lease,
                "at": claim.now,
            }
            for claim in asked
        ],
    )
    indexes = list(first.values())
    claimed = {indexes[place - 1] for place in made}
    return [index in claimed for index in range(len(claims))]


def settle_all(settled: Sequence[tuple[Claim, tuple[int, bytes] | None]]) -> None:
    """Keep the answers (status, body) of claimed requests, and give the claims of refused ones back."""
    if not settled:
        return
    told = [
        {
            "actor": claim.place[0],
            "key": claim.key,
            "lease": claim.lease,
            "status": answer and answer[0],
            # Bytes are base64 in JSON.
            "answer": answer and pii.seal(answer[1], _aad(claim.place)),
        }
        for claim, answer in settled
    ]
    db.execute("SELECT platform_idempotency_settle(%s::jsonb)", [msgspec.json.encode(told).decode()], prepared=True)


def prune(now: datetime) -> int:
    """Remove answers older than ``KEPT_DAYS``; return how many."""
    return db.execute("DELETE FROM platform_idempotency WHERE created_at < %s", [now - timedelta(days=KEPT_DAYS)])


def _digest(route: str, body: bytes) -> bytes:
    return hashlib.sha256(route.encode() + b"\0" + body).digest()


def _owner(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"[:80]


def _claim(place: tuple[str, str], *, route: str, digest: bytes, lease: datetime, now: datetime) -> bool:
    """Insert the claim, or take over one of the same request whose owner did not come back."""
    return bool(
        db.execute(
            "INSERT INTO platform_idempotency AS kept "
            "(actor, key, route, body_sha256, locked_until, created_at) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (actor, key) DO UPDATE "
            "SET locked_until = excluded.locked_until "
            "WHERE kept.status IS NULL AND kept.locked_until < excluded.created_at "
            "AND kept.body_sha256 = excluded.body_sha256",
            [*place, route[:200], digest, lease, now],
        )
    )


def _replay(place: tuple[str, str], *, digest: bytes) -> tuple[int, bytes, bool]:
    kept = db.row(
        "SELECT body_sha256, status, response FROM platform_idempotency WHERE actor = %s AND key = %s",
        place,
    )
    if kept is not None and bytes(kept["body_sha256"]) != digest:
        raise KeyReused(field="Idempotency-Key")
    # No row: the first request was refused in this instant and gave its claim back.
    if kept is None or kept["status"] is None:
        raise InProgress(retry_after_s=_RETRY_AFTER_S)
    return kept["status"], pii.open_sealed(kept["response"], _aad(place)), True


def _do(place: tuple[str, str], work: Work, *, lease: datetime, one_transaction: bool) -> tuple[int, bytes]:
    def work_and_keep() -> tuple[int, bytes]:
        status, content = work()
        # The lease in the condition: a worker that was given up for dead must not overwrite.
        db.execute(
            "UPDATE platform_idempotency SET status = %s, response = %s "
            "WHERE actor = %s AND key = %s AND locked_until = %s AND status IS NULL",
            [status, pii.seal(content, _aad(place)), *place, lease],
        )
        return status, content

    if not one_transaction:
        return work_and_keep()

    def joined() -> tuple[int, bytes]:
        with db.joined():
            return work_and_keep()

    return db.in_transaction(joined)


def _give_back(place: tuple[str, str], *, lease: datetime) -> None:
    db.execute(
        "DELETE FROM platform_idempotency WHERE actor = %s AND key = %s AND locked_until = %s AND status IS NULL",
        [*place, lease],
    )


def _aad(place: tuple[str, str]) -> str:
    # Answers may hold tokens and addresses, so they are not kept in clear.
    return f"platform_idempotency|response|{place[0]}|{place[1]}"
