"""Signing in by a WeChat mini-program: what WeChat answers, and the refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from quanyu.kernel.problem import N_, Problem, Unauthenticated
from quanyu.modules.members.contracts import MemberSession


class WechatCodeRefused(Unauthenticated):
    """WeChat does not know the code: wrong, too old or used. One text for all of them."""

    code = "members.wechat_code_refused"
    title = N_("WeChat does not accept this sign-in.")
    remedy = N_("Try again: the mini-program asks WeChat for a new code.")


class WechatTicketRefused(Unauthenticated):
    """The ticket is unknown, used, or older than ten minutes: one text for all of them."""

    code = "members.wechat_ticket_refused"
    title = N_("This sign-in took too long.")
    remedy = N_("Begin the sign-in again.")


class WechatUnavailable(Problem):
    """WeChat does not answer as it should, or the mini-program is not set up here."""

    code = "members.wechat_unavailable"
    status = 503
    title = N_("Signing in with WeChat is not possible right now.")
    remedy = N_("Try again in a moment, or sign in with your phone number and a code.")


@dataclass(frozen=True, slots=True)
class WechatAccount:
    """A person's account as one mini-program knows it; ``unionid`` where the app is bound to an open platform."""

    app_id: str
    openid: str = field(repr=False)
    unionid: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class WechatStart:
    """Signed in, or the ticket with which the phone is brought; never both."""

    session: MemberSession | None
    ticket: str | None = field(repr=False)


class WechatApp(Protocol):
    """One mini-program at WeChat. Entrypoints register the one of this installation."""

    app_id: str

    def account(self, *, code: str) -> WechatAccount:
        """Return whose sign-in a code is. Raises ``WechatCodeRefused`` or ``WechatUnavailable``."""
        ...

    def phone(self, *, code: str) -> str:
        """Return the phone a person let us have, with country code. Raises like :meth:`account`."""
        ...

    def code_picture(self, *, scene: str, page: str) -> bytes:
        """Return the picture of the code that opens a page with a scene. Raises ``WechatUnavailable``."""
        ...
