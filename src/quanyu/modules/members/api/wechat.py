"""Doors of signing in by a WeChat mini-program."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.members.contracts import MemberClosed, MemberSession, PhoneInvalid
from quanyu.modules.members.contracts.wechat import WechatApp, WechatStart
from quanyu.modules.members.ops import sign_in as login
from quanyu.modules.members.ops import wechat
from quanyu.modules.members.queries import members
from quanyu.modules.members.rules import phones
from quanyu.platform import db


def use_wechat(app: WechatApp | None) -> None:
    """Register the mini-program of this installation, or that there is none. Called by entrypoints only."""
    wechat.use(app)


def has_wechat() -> bool:
    """Tell whether a mini-program is set up."""
    return wechat.is_set_up()


def start_wechat(*, code: str, channel: str, ip: str = "", language: str = "zh-hans", now: datetime) -> WechatStart:
    """Sign in who is known to the mini-program; who is not gets a ticket, good once and for ten minutes.

    Raises ``WechatCodeRefused``, ``WechatUnavailable``, ``RateLimited``, ``MemberClosed``. Never inside a transaction.
    """
    wechat.count_start(ip=ip, now=now)
    account = wechat.app().account(code=code)
    made = db.in_transaction(lambda: wechat.begin(account=account, channel=channel, language=language, now=now))
    if isinstance(made, str):
        return WechatStart(session=None, ticket=made)
    return WechatStart(session=_shown(made), ticket=None)


def finish_wechat(
    *,
    ticket: str,
    code: str,
    channel: str,
    store_id: int | None = None,
    ip: str = "",
    language: str = "zh-hans",
    now: datetime,
) -> MemberSession:
    """Bring the phone by WeChat's code and sign in: phone and account are one member from now on.

    The ticket is used up by a sign-in only, so that a busy WeChat can be asked again. Raises ``WechatTicketRefused``,
    ``WechatCodeRefused``, ``WechatUnavailable``, ``PhoneInvalid``, ``RateLimited``, ``MemberClosed``.
    """
    wechat.count_phone(ticket=ticket, ip=ip, now=now)
    wechat.demand_ticket(ticket, now=now)
    phone = phones.normalised(wechat.app().phone(code=code))
    if phone is None:
        raise PhoneInvalid(field="code")
    return _shown(
        db.in_transaction(
            lambda: wechat.finish(
                ticket=ticket, phone=phone, channel=channel, store_id=store_id, language=language, now=now
            )
        )
    )


def wechat_payer(*, token: str, now: datetime) -> str:
    """Return the openid of a session that came through the mini-program, for its payments; else empty."""
    return wechat.payer_of(token_hash=login.hash_of(token), now=now)


def wechat_code_picture(*, scene: str, page: str) -> bytes:
    """Return the picture of the mini-program's code for a page and a scene. Raises ``WechatUnavailable``."""
    return wechat.app().code_picture(scene=scene, page=page)


def _shown(made: login.SignedIn) -> MemberSession:
    if made.is_closed:
        raise MemberClosed
    member = members.members([made.member_id])[made.member_id]
    return MemberSession(token=made.token, member=member, expires_at=made.expires_at)
