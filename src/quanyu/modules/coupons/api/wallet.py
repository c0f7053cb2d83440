"""What a member does with coupons: look, claim, show, give away. A coupon is issued here or by head office,
never by a till (CPN-01): the write doors ask for the member as the actor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import Forbidden
from quanyu.modules.coupons.contracts import (
    Coupon,
    CouponCode,
    CouponState,
    CouponUnknown,
    GiftOffer,
    GiftPreview,
    GiftRefused,
    Offer,
    UnlockRefused,
    WalletEntry,
)
from quanyu.modules.coupons.ops import give_away as _give_away
from quanyu.modules.coupons.ops import issue_coupons as _issue
from quanyu.modules.coupons.queries import centre as _centre
from quanyu.modules.coupons.queries import codes as _codes
from quanyu.modules.coupons.queries import coupons as _coupons
from quanyu.platform import db, rate

PAGE_MAX = 100
_WINDOW_S = 600
_WRONG_CODES, _WRONG_CODES_IN_ALL, _CLAIMS = 10, 5000, 60
_EVERYBODY = "all"


def centre(
    *,
    member_id: UUID | None = None,
    text: str = "",
    path: Sequence[int] | None = None,
    at: datetime,
    limit: int = PAGE_MAX,
) -> list[Offer]:
    """Return the offers of the coupon centre (CPN-03, CPN-07), with why one cannot be claimed by the member now.

    ``text`` searches names, words and codes; ``path`` keeps what holds at a unit. Three queries, two
    without a member.
    """
    return _centre.centre(member_id=member_id, text=text, path=path, at=at, limit=min(limit, PAGE_MAX))


def wallet(
    *,
    member_id: UUID,
    states: Collection[CouponState] | None = None,
    before: tuple[datetime, UUID] | None = None,
    at: datetime,
    limit: int = 20,
) -> list[WalletEntry]:
    """Return a member's coupons, the newest first, after ``(claimed_at, id)`` of the last seen. One query."""
    return _coupons.wallet(member_id=member_id, states=states, before=before, at=at, limit=min(limit, PAGE_MAX))


def coupon(*, coupon_id: UUID, member_id: UUID, at: datetime) -> WalletEntry:
    """Return one coupon of a member. Raises ``CouponUnknown``."""
    entry, _ = _coupons.entry(coupon_id=coupon_id, at=at)
    if entry.coupon.member_id != member_id:
        raise CouponUnknown(field="coupon_id")
    return entry


def code_of(*, coupon_id: UUID, member_id: UUID, now: datetime) -> CouponCode:
    """Return what the holder shows at the till: a code to type, a signed one to scan. Raises ``CouponUnknown``."""
    return _codes.shown(coupon_id=coupon_id, member_id=member_id, now=now)


def claim(*, claim_id: UUID, template_code: str, staff_code: str = "", actor: Actor, now: datetime) -> Coupon:
    """Claim a coupon for the member who acts; ``claim_id`` is the client's and becomes the coupon's id.

    The same claim again returns the same coupon. A price in points is paid in the same transaction
    (PTS-05). Raises ``TemplateUnknown``, ``ClaimRefused``, ``UnlockRefused``, ``Forbidden`` for anybody
    but a member, ``RateLimited`` (10 wrong staff codes, 60 claims in ten minutes), and what points refuse.
    """
    member_id = _member(actor)
    rate.hit("coupons.claim", actor.id, _CLAIMS, _WINDOW_S, now)
    with _guessing(staff_code, member=actor.id, now=now):
        return db.in_transaction(
            lambda: _issue.claim(
                claim_id=claim_id, template_code=template_code, member_id=member_id, staff_code=staff_code, now=now
            )
        ).coupon


def offer_gift(*, coupon_id: UUID, actor: Actor, now: datetime) -> GiftOffer:
    """Offer a coupon to whoever gets the token, for a day. Raises ``CouponUnknown``, ``GiftRefused``, ``Forbidden``."""
    member_id = _member(actor)
    return db.in_transaction(lambda: _give_away.offer(coupon_id=coupon_id, member_id=member_id, now=now))


def gift(*, token: str, now: datetime) -> GiftPreview:
    """Return what a gift is, for the one who was sent its token. Raises ``GiftRefused``."""
    return _give_away.preview(token=token, now=now)


def accept_gift(*, token: str, actor: Actor, now: datetime) -> Coupon:
    """Take a coupon that was offered; it moves with its history and gets a new code. Again: the same coupon.

    Raises ``GiftRefused``, ``Forbidden``, ``RateLimited`` after ten wrong tokens in ten minutes.
    """
    member_id = _member(actor)
    with rate.guessing("coupons.gift", actor.id, _WRONG_CODES, _WINDOW_S, now, wrong=GiftRefused):
        return db.in_transaction(lambda: _give_away.accept(token=token, member_id=member_id, now=now)).coupon


def take_back_gift(*, coupon_id: UUID, actor: Actor, now: datetime) -> Coupon:
    """Take an offered coupon back before it was accepted. Raises ``CouponUnknown``, ``GiftRefused``, ``Forbidden``."""
    member_id = _member(actor)
    return db.in_transaction(lambda: _give_away.take_back(coupon_id=coupon_id, member_id=member_id, now=now)).coupon


@contextmanager
def _guessing(staff_code: str, *, member: str, now: datetime) -> Iterator[None]:
    """Limit wrong staff codes, by member and in all. A claim without one guesses nothing."""
    if not staff_code:
        yield
        return
    with (
        rate.guessing("coupons.unlock.all", _EVERYBODY, _WRONG_CODES_IN_ALL, _WINDOW_S, now, wrong=UnlockRefused),
        rate.guessing("coupons.unlock", member, _WRONG_CODES, _WINDOW_S, now, wrong=UnlockRefused),
    ):
        yield


def _member(actor: Actor) -> UUID:
    if actor.kind is not ActorKind.MEMBER:
        raise Forbidden(permission="coupons.claim")
    return UUID(actor.id)
