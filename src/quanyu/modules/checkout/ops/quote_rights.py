"""A member's coupons and points beside a quote: what each would bring, or why it brings nothing. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from quanyu.modules.checkout.contracts import PlaceOrder, QuotedCoupon
from quanyu.modules.checkout.ops.price_order import PricedOrder
from quanyu.modules.checkout.ops.read_rights import Rights
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import REASON_TEXTS as COUPON_TEXTS
from quanyu.modules.coupons.contracts import Reason as CouponReason
from quanyu.modules.orders.contracts import POINTS_MALL
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import EarningRule, EarnLine
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import REASON_TEXTS, CouponFacts, CouponOutcome, QuoteLine


@dataclass(frozen=True, slots=True)
class Wallet:
    """The coupons that could be used here, the points that could, and what money earns here."""

    candidates: tuple[CouponFacts, ...] = ()
    balance: int = 0
    earning: EarningRule | None = None
    multiplier_bp: int = 0


def read(command: PlaceOrder, *, path: Sequence[int], rights: Rights, at: datetime) -> Wallet:
    """Read the wallet of the command's member: three statements, none for nobody."""
    if command.member_id is None or command.member_id not in rights.benefits:
        return Wallet()
    entries = coupons.usable(member_id=command.member_id, path=path, channel=command.channel.value, at=at)
    return Wallet(
        candidates=tuple(entry.facts for entry in entries),
        balance=points.balance(member_id=command.member_id, now=at).available,
        earning=points.earning_rule(path=path, at=at),
        multiplier_bp=rights.benefits[command.member_id].points_multiplier_bp,
    )


def earned(one: PricedOrder, wallet: Wallet) -> int:
    """Return the points that the order would earn by the member's tier, birthdays and member days aside."""
    if wallet.earning is None:
        return 0
    lines = [EarnLine(number=line.number, base_fen=line.net_fen) for line in one.price.lines if _earns(line)]
    return points.earned(lines=lines, rule=wallet.earning, multiplier_bp=wallet.multiplier_bp).total


def _earns(line: QuoteLine) -> bool:
    """Tell whether a line will earn, as ``orders.contracts.Line.earns`` says of the order."""
    return not line.gift_of and all(discount.kind != POINTS_MALL for discount in line.discounts)


def coupons_beside(one: PricedOrder, wallet: Wallet) -> tuple[QuotedCoupon, ...]:
    """Return the chosen coupons with what they take off, then the others with what they would, chosen as well."""
    known = {
        coupon.id: (coupon, outcome) for coupon, outcome in zip(one.basket.coupons, one.price.coupons, strict=True)
    }
    chosen = []
    for coupon_id in one.command.coupon_ids:
        if str(coupon_id) in known:
            chosen.append(_quoted(*known[str(coupon_id)], chosen=True))
        else:
            chosen.append(
                QuotedCoupon(
                    id=coupon_id,
                    template_code="",
                    label="",
                    amount_fen=0,
                    chosen=True,
                    usable=False,
                    reason=CouponReason.UNKNOWN.value,
                    text=COUPON_TEXTS[CouponReason.UNKNOWN],
                )
            )
    others = [coupon for coupon in wallet.candidates if coupon.id not in known]
    return (*chosen, *(_quoted(coupon, outcome) for coupon, outcome in _judged(one, others)))


def _judged(one: PricedOrder, others: Sequence[CouponFacts]) -> list[tuple[CouponFacts, CouponOutcome]]:
    """Judge each of the others as if it were chosen after those that are."""
    basket = replace(one.basket, points=None)
    if not basket.coupons:
        return list(zip(others, promotions.judge_coupons(basket=basket, candidates=others), strict=True))
    return [
        (other, promotions.price(basket=replace(basket, coupons=(*basket.coupons, other))).coupons[-1])
        for other in others
    ]


def _quoted(coupon: CouponFacts, outcome: CouponOutcome, *, chosen: bool = False) -> QuotedCoupon:
    reason = outcome.reason
    return QuotedCoupon(
        id=UUID(coupon.id),
        template_code=coupon.code,
        label=coupon.name,
        label_en=coupon.name_en,
        amount_fen=outcome.amount_fen,
        chosen=chosen,
        usable=reason is None,
        reason=reason.value if reason else None,
        text=REASON_TEXTS[reason] if reason else "",
        params=outcome.params,
    )
