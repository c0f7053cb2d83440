"""Sign in by a mini-program: the account WeChat vouches for, a ticket where the phone is wanted, and the session.

WeChat is asked outside of transactions. What it says of a person stays here: openid and unionid are keys of OneID,
the session key is not even read.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from quanyu.kernel.ids import uuid7
from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.members.contracts.wechat import (
    WechatAccount,
    WechatApp,
    WechatTicketRefused,
    WechatUnavailable,
)
from quanyu.modules.members.models import Member
from quanyu.modules.members.ops import sign_in
from quanyu.modules.members.ops.find_or_create import find_or_create
from quanyu.modules.members.ops.index_keys import index_of
from quanyu.modules.members.rules import places
from quanyu.platform import db, pii, rate

TICKET_SECONDS_MAX = 600
_HOUR_S = 3600
_STARTS_PER_IP = 300
_PHONES_PER_IP = 120
_PHONES_PER_TICKET = 5
_app: WechatApp | None = None


def use(app: WechatApp | None) -> None:
    """Make this the mini-program of the process; ``None``: there is none."""
    global _app
    _app = app


def app() -> WechatApp:
    """Return the mini-program of this installation. Raises ``WechatUnavailable``."""
    if _app is None:
        raise WechatUnavailable
    return _app


def is_set_up() -> bool:
    """Tell whether there is a mini-program."""
    return _app is not None


def count_start(*, ip: str, now: datetime) -> None:
    """Count a sign-in begun. Raises ``RateLimited``."""
    if ip:
        rate.hit("members.wechat.ip", rate.household(ip), _STARTS_PER_IP, _HOUR_S, now)


def count_phone(*, ticket: str, ip: str, now: datetime) -> None:
    """Count a phone brought for a ticket. Raises ``RateLimited``."""
    if ip:
        rate.hit("members.wechat_phone.ip", rate.household(ip), _PHONES_PER_IP, _HOUR_S, now)
    rate.hit("members.wechat_ticket", ticket, _PHONES_PER_TICKET, TICKET_SECONDS_MAX, now)


def begin(*, account: WechatAccount, channel: str, language: str, now: datetime) -> sign_in.SignedIn | str:
    """Open a session for who is known by the account, or return the ticket with which the phone is brought."""
    keys = keys_of(account)
    known = db.value(
        "SELECT true FROM members_identity WHERE (kind, namespace, value_index) IN "
        "(SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[])) LIMIT 1",
        [[key.kind.value for key in keys], [key.namespace for key in keys], [index_of(key) for key in keys]],
    )
    if not known:
        return _ticket(account, now=now)
    return _session(keys, account, channel=channel, store_id=None, language=language, now=now)


def finish(
    *, ticket: str, phone: str, channel: str, store_id: int | None, language: str, now: datetime
) -> sign_in.SignedIn:
    """Use the ticket up and sign in who has the account and the phone. Raises ``WechatTicketRefused``."""
    account = take_ticket(ticket, now=now)
    keys = [*keys_of(account), Key(KeyKind.PHONE, phone, verified=True)]
    return _session(keys, account, channel=channel, store_id=store_id, language=language, now=now)


def keys_of(account: WechatAccount) -> list[Key]:
    """Return the keys of OneID that an account proves."""
    keys = [Key(KeyKind.OPENID, account.openid, namespace=account.app_id, verified=True)]
    return [*keys, Key(KeyKind.UNIONID, account.unionid, verified=True)] if account.unionid else keys


def demand_ticket(ticket: str, *, now: datetime) -> None:
    """Raise ``WechatTicketRefused`` for a ticket that is not good, before WeChat is asked for the phone."""
    if not db.value(
        "SELECT true FROM members_wechat_ticket WHERE ticket_hash = %s AND used_at IS NULL AND expires_at > %s",
        [sign_in.hash_of(ticket), now],
    ):
        raise WechatTicketRefused(field="ticket")


def take_ticket(ticket: str, *, now: datetime) -> WechatAccount:
    """Use a ticket up: whoever comes second finds it used. Raises ``WechatTicketRefused``."""
    row = db.row(
        "WITH good AS (SELECT id, account_encrypted FROM members_wechat_ticket "
        "WHERE ticket_hash = %s AND used_at IS NULL AND expires_at > %s FOR UPDATE) "
        "UPDATE members_wechat_ticket t SET used_at = %s, account_encrypted = '' FROM good WHERE t.id = good.id "
        "AND t.used_at IS NULL RETURNING t.id, good.account_encrypted AS account",
        [sign_in.hash_of(ticket), now, now],
    )
    if row is None:
        raise WechatTicketRefused(field="ticket")
    return msgspec.json.decode(pii.open_sealed(bytes(row["account"]), places.of_ticket(row["id"])), type=WechatAccount)


def payer_of(*, token_hash: bytes, now: datetime) -> str:
    """Return the openid by which the session signed in, empty for one that came by phone."""
    row = db.row(
        "SELECT i.id, i.value_encrypted AS value FROM members_session s JOIN members_identity i ON i.id = s.account_id "
        "WHERE s.token_hash = %s AND s.revoked_at IS NULL AND s.expires_at > %s",
        [token_hash, now],
    )
    return "" if row is None else pii.decrypt(bytes(row["value"]), places.of_key(row["id"]))


def prune(*, now: datetime) -> int:
    """Forget tickets an hour after their end; return how many."""
    return db.execute("DELETE FROM members_wechat_ticket WHERE expires_at < %s", [now - timedelta(hours=1)])


def _ticket(account: WechatAccount, *, now: datetime) -> str:
    ticket_id, ticket = uuid7(), f"w_{secrets.token_urlsafe(32)}"
    db.execute(
        "INSERT INTO members_wechat_ticket (id, ticket_hash, account_encrypted, created_at, expires_at) "
        "VALUES (%s, %s, %s, %s, %s)",
        [
            ticket_id,
            sign_in.hash_of(ticket),
            pii.seal(msgspec.json.encode(account), places.of_ticket(ticket_id)),
            now,
            now + timedelta(seconds=TICKET_SECONDS_MAX),
        ],
    )
    return ticket


def _session(
    keys: list[Key], account: WechatAccount, *, channel: str, store_id: int | None, language: str, now: datetime
) -> sign_in.SignedIn:
    member_id = find_or_create(keys=keys, channel=channel, store_id=store_id, name=None, language=language, now=now)
    if not Member.objects.filter(pk=member_id, is_active=True).exists():
        return sign_in.SignedIn(member_id, "", now, is_closed=True)
    return sign_in.open_session(member_id=member_id, channel=channel, account_id=_identity_of(account), now=now)


def _identity_of(account: WechatAccount) -> UUID | None:
    found: UUID | None = db.value(
        "SELECT id FROM members_identity WHERE kind = 'openid' AND namespace = %s AND value_index = %s",
        [account.app_id, index_of(keys_of(account)[0])],
    )
    return found
