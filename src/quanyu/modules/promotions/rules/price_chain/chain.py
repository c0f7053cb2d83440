"""From a basket to a quote: the links in their order, each seeing what the ones before it left.

Pure: prices, campaigns, coupons, points, the member and the moment come in with the basket. The same basket
gives the same quote, whatever order its lines and campaigns stand in. See docs/algorithms/price-chain.md; the
cases of spec/vectors/price_chain.json are run by every language that prices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from quanyu.modules.promotions.contracts import Basket, Campaign, CouponFacts, CouponOutcome, Quote, QuoteLine, Reason
from quanyu.modules.promotions.rules.price_chain import (
    base_price,
    campaigns,
    coupons,
    freight,
    gifts,
    manual_discount,
    member_or_timed,
    points,
    points_mall,
)
from quanyu.modules.promotions.rules.price_chain.draft import Draft, DraftLine

# The order is the rule. A coupon is judged on what stands after the links before it.
BEFORE_COUPONS: tuple[Callable[[Draft], None], ...] = (
    base_price.apply,
    points_mall.apply,
    member_or_timed.apply,
    manual_discount.apply,
    campaigns.apply,
)
# Freight is last: no discount but a coupon's reduces it.
LINKS: tuple[Callable[[Draft], None], ...] = (
    *BEFORE_COUPONS,
    coupons.apply,
    points.apply,
    gifts.apply,
    freight.apply,
)


def price(basket: Basket) -> Quote:
    """Price a basket to the fen. Raises ``BasketInvalid`` or ``ManualDiscountTooLarge``."""
    draft = Draft(basket)
    for link in LINKS:
        link(draft)
    return _quote(draft)


def judge_coupons(basket: Basket, candidates: Sequence[CouponFacts]) -> tuple[CouponOutcome, ...]:
    """Return what each candidate alone would save on the basket, whatever coupons it has, or why nothing."""
    draft = Draft(basket)
    for link in BEFORE_COUPONS:
        link(draft)
    return tuple(coupons.judge(draft, coupon).outcome for coupon in candidates)


def coupon_refusal(basket: Basket, coupon: CouponFacts) -> Reason | None:
    """Return why a coupon does not hold at the time, place and for the member of a basket, whatever is in it."""
    return coupons.standing(coupon, basket)


def gift_skus(campaigns: Iterable[Campaign], coupons: Iterable[CouponFacts]) -> frozenset[int]:
    """Return the SKUs that these may give."""
    given = {step.gift_sku_id for campaign in campaigns for step in campaign.steps}
    given |= {coupon.gift_sku_id for coupon in coupons}
    return frozenset(sku_id for sku_id in given if sku_id is not None)


def _quote(draft: Draft) -> Quote:
    goods_fen = net_fen = freight_fen = coupon_fen = points_fen = points_spent = 0
    lines = []
    for line in draft.lines:
        goods_fen += line.list_fen
        net_fen += line.net_fen
        freight_fen += line.freight_fen
        coupon_fen += line.coupon_fen
        points_fen += line.points_fen
        points_spent += line.points_spent
        lines.append(_quote_line(line))
    return Quote(
        lines=tuple(lines),
        goods_fen=goods_fen,
        discount_fen=goods_fen - net_fen - coupon_fen - points_fen,
        freight_fen=freight_fen,
        payable_fen=net_fen + freight_fen,
        applied=tuple(draft.applied),
        not_applied=tuple(draft.not_applied),
        coupon_fen=coupon_fen,
        points_fen=points_fen,
        points_spent=points_spent,
        points_max=draft.points_max,
        coupons=tuple(draft.coupons),
    )


def _quote_line(line: DraftLine) -> QuoteLine:
    return QuoteLine(
        line.number,
        line.line.prices.base_fen,
        line.list_fen,
        tuple(line.discounts),
        line.net_fen,
        line.freight_fen,
        line.coupon_fen,
        line.points_fen,
        line.points_spent,
        line.gift_of,
        line.line.sku_id,
        line.quantity,
    )
