"""Sign in by a code on the phone: six digits, five minutes, five guesses, used once (S9).

With five guesses per code and the limits below, somebody who does not have the phone has at most 15 tries an
hour against a million codes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from quanyu.kernel.ids import new_token, uuid7
from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.members.models import LoginCode, Member, Session
from quanyu.modules.members.ops.find_or_create import find_or_create
from quanyu.modules.members.ops.index_keys import index_of
from quanyu.platform import db, pii, rate

CODE_SECONDS_MAX = 300
GUESSES_MAX = 5
SESSION_DAYS = 30
_HOUR_S, _DAY_S = 3600, 86_400
# (bucket, limit, window in seconds), counted per phone and per address of the caller. A store's guests share one
# address, so its limits are wide.
_SEND_PER_PHONE = (("members.code.minute", 1, 60), ("members.code.hour", 5, _HOUR_S), ("members.code.day", 10, _DAY_S))
_SEND_PER_IP = (("members.code.ip", 60, _HOUR_S),)
_TRY_PER_PHONE = (("members.sign_in", 15, _HOUR_S),)
_TRY_PER_IP = (("members.sign_in.ip", 200, _HOUR_S),)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just made; ``is_closed`` instead when the membership is closed."""

    member_id: UUID
    token: str
    expires_at: datetime
    is_closed: bool


def count_send(*, phone: str, ip: str, now: datetime) -> None:
    """Count a request for a code. Raises ``RateLimited``. Called outside of transactions."""
    _count(_SEND_PER_IP, rate.household(ip), now)
    _count(_SEND_PER_PHONE, phone, now)


def count_try(*, phone: str, ip: str, now: datetime) -> None:
    """Count a try to sign in. Raises ``RateLimited``. Called outside of transactions."""
    _count(_TRY_PER_IP, rate.household(ip), now)
    _count(_TRY_PER_PHONE, phone, now)


def make_code(*, phone: str, now: datetime) -> str:
    """Store the hash of a new code and return the code; older codes of the phone no longer count."""
    code_id, code = uuid7(), f"{secrets.randbelow(1_000_000):06d}"
    LoginCode.objects.create(
        id=code_id,
        phone_index=index_of(Key(KeyKind.PHONE, phone)),
        code_hash=_code_hash(code_id, code),
        created_at=now,
        expires_at=now + timedelta(seconds=CODE_SECONDS_MAX),
    )
    return code


def sign_in(
    *, phone: str, code: str, channel: str, store_id: int | None, language: str, now: datetime
) -> SignedIn | None:
    """Redeem a code for a session, or return ``None`` when it is refused.

    A refusal is a value and not an exception, so that the guess it cost is committed.
    """
    guessed = _guess(phone=phone, now=now)
    if guessed is None:
        return None
    code_id, code_hash = guessed
    # What is not ASCII cannot be the code; it costs a guess like any other.
    if not (code.isascii() and hmac.compare_digest(code_hash, _code_hash(code_id, code))):
        return None
    if not LoginCode.objects.filter(pk=code_id, used_at__isnull=True).update(used_at=now):
        return None
    member_id = find_or_create(
        keys=[Key(KeyKind.PHONE, phone, verified=True)],
        channel=channel,
        store_id=store_id,
        name=None,
        language=language,
        now=now,
    )
    if not Member.objects.filter(pk=member_id, is_active=True).exists():
        return SignedIn(member_id, "", now, is_closed=True)
    return open_session(member_id=member_id, channel=channel, now=now)


def open_session(*, member_id: UUID, channel: str, account_id: UUID | None = None, now: datetime) -> SignedIn:
    """Make a session whose token is known to the caller alone; ``account_id``: the WeChat account that signed in."""
    token = f"m_{new_token()}"
    expires_at = now + timedelta(days=SESSION_DAYS)
    Session.objects.create(
        member_id=member_id,
        token_hash=hash_of(token),
        channel=channel,
        account_id=account_id,
        created_at=now,
        expires_at=expires_at,
    )
    return SignedIn(member_id, token, expires_at, is_closed=False)


def sign_out(*, token: str, now: datetime) -> None:
    """End the session of a token; one that has ended stays ended."""
    Session.objects.filter(token_hash=hash_of(token), revoked_at__isnull=True).update(revoked_at=now)


def prune(*, now: datetime) -> int:
    """Remove codes and sessions that ended long ago; return how many."""
    codes = LoginCode.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()[0]
    return codes + Session.objects.filter(expires_at__lt=now - timedelta(days=SESSION_DAYS)).delete()[0]


def hash_of(token: str) -> bytes:
    """Return what is kept of a token. It has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def _guess(*, phone: str, now: datetime) -> tuple[UUID, bytes] | None:
    """Take one of the five guesses at the newest code; the condition is part of the statement."""
    row = db.row(
        "UPDATE members_login_code SET guesses = guesses + 1 "
        "WHERE id = (SELECT id FROM members_login_code WHERE phone_index = %s "
        "ORDER BY created_at DESC, id DESC LIMIT 1) "
        "AND used_at IS NULL AND expires_at > %s AND guesses < %s RETURNING id, code_hash",
        [index_of(Key(KeyKind.PHONE, phone)), now, GUESSES_MAX],
    )
    return (row["id"], bytes(row["code_hash"])) if row else None


def _code_hash(code_id: UUID, code: str) -> bytes:
    """A keyed hash: a million codes would be tried in a second against a plain one."""
    return pii.blind_index(f"{code_id}:{code}", "member.login_code")


def _count(limits: tuple[tuple[str, int, int], ...], subject: str, now: datetime) -> None:
    for bucket, limit, window_s in limits if subject else ():
        rate.hit(bucket, subject, limit, window_s, now)
