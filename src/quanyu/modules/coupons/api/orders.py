"""What checkout and the till ask: facts of coupons, the coupon behind a code, and the life with an order.

Checkout composes the same SQL functions (``coupons_lock``, ``coupons_reserve``, ``coupons_redeem``,
``coupons_release``, ``coupons_return``) into its own statements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from quanyu.modules.coupons.contracts import CodeRefused, Reason, ScannedCoupon, WalletEntry, Wanted
from quanyu.modules.coupons.ops import use_coupons as _use
from quanyu.modules.coupons.queries import codes as _codes
from quanyu.modules.coupons.queries import coupons as _coupons
from quanyu.modules.promotions.contracts import CouponFacts
from quanyu.platform import db, rate
from quanyu.platform.marks import Part

USABLE_MAX = 100
_WINDOW_S = 600
_WRONG_PER_TILL, _WRONG_PER_STORE, _WRONG_IN_ALL = 20, 100, 3000


def facts(*, ids: Iterable[UUID], member_id: UUID, at: datetime) -> dict[UUID, CouponFacts]:
    """Return the facts of those coupons that the member holds and no order has. One query.

    Those whose time is not now are there, for the price chain to say so; those used, withdrawn,
    being given away or somebody else's are left out.
    """
    return _coupons.facts(ids=ids, member_id=member_id, at=at)


def facts_part(*, chosen: Collection[tuple[UUID, UUID]], at: datetime) -> Part[dict[tuple[UUID, UUID], CouponFacts]]:
    """Return the question that ``facts`` asks, for a batch's reading: by ``(coupon id, member id)``.

    Two members may name one coupon in a batch; only its holder gets it.
    """
    return _coupons.facts_part(chosen=chosen, at=at)


def usable(
    *, member_id: UUID, path: Sequence[int], channel: str, at: datetime, limit: int = USABLE_MAX
) -> list[WalletEntry]:
    """Return the coupons a member could use at a unit (its path) on a channel now, the first to end first. One query.

    Weekday, hour, tier and goods are the price chain's to judge (``promotions.api.judge_coupons``).
    """
    return _coupons.usable(member_id=member_id, path=path, channel=channel, at=at, limit=min(limit, USABLE_MAX))


def by_code(*, text: str, till_id: str, store_id: int, now: datetime) -> ScannedCoupon:
    """Return the coupon whose code was scanned or typed at a till, with its member (POS-03, I14).

    Raises ``CodeRefused`` for all that is no coupon, in one text, and ``RateLimited`` after 20 wrong
    codes at a till, 100 in a store or 3 000 in all within ten minutes; right ones count for nothing.
    """
    with (
        rate.guessing("coupons.code.all", "all", _WRONG_IN_ALL, _WINDOW_S, now, wrong=CodeRefused),
        rate.guessing("coupons.code.store", str(store_id), _WRONG_PER_STORE, _WINDOW_S, now, wrong=CodeRefused),
        rate.guessing("coupons.code.till", till_id, _WRONG_PER_TILL, _WINDOW_S, now, wrong=CodeRefused),
    ):
        index = _codes.index_of(text, now=now)
        found = None if index is None else _coupons.by_code_index(index=index, at=now)
        if found is None:
            raise CodeRefused(field="text")
    entry, refusal = found
    return ScannedCoupon(coupon=entry.coupon, facts=entry.facts, refusal=refusal)


def of_orders(*, order_ids: Sequence[UUID], at: datetime) -> dict[UUID, list[WalletEntry]]:
    """Return the coupons that orders have reserved or used, by order. One query."""
    return _coupons.of_orders(order_ids=order_ids, at=at)


def reserve(*, order_id: UUID, member_id: UUID, wanted: Sequence[Wanted], now: datetime) -> tuple[UUID, Reason] | None:
    """Take coupons for an order that waits for its payment, all or none. ``coupons_reserve`` as a Python door.

    Returns ``None`` when they are taken (again: nothing changes), else the first that cannot be and why.
    """
    return db.in_transaction(lambda: _use.reserve(order_id=order_id, member_id=member_id, wanted=wanted, now=now))


def redeem(*, order_id: UUID, now: datetime) -> int:
    """Use what a paid order has reserved; return how many, 0 when repeated. Publishes ``CouponsRedeemed``."""
    return db.in_transaction(lambda: _use.redeem(order_id=order_id, now=now))


def release(*, order_id: UUID, now: datetime) -> int:
    """Give back what an unpaid order has reserved, extended by policy; return how many, 0 when repeated."""
    return db.in_transaction(lambda: _use.release(order_id=order_id, now=now))


def return_used(*, order_id: UUID, now: datetime) -> int:
    """Give back what a cancelled or wholly refunded order has used, extended by policy; return how many.

    Publishes ``CouponsReturned``.
    """
    return db.in_transaction(lambda: _use.give_back(order_id=order_id, now=now))
