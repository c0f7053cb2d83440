"""Link 2: a line bought in the points mall costs its offer's cash; its points are spent, nothing else applies to it."""

from __future__ import annotations

from quanyu.kernel.problem import N_
from quanyu.modules.promotions.contracts import POINTS_MALL_LABEL, BasketInvalid, DiscountKind
from quanyu.modules.promotions.rules.price_chain.draft import BRAND_BEARS, Draft


def apply(draft: Draft) -> None:
    """Bring the lines with an offer down to its cash. Raises ``BasketInvalid`` for weighed goods."""
    for line in draft.lines:
        offer = line.line.offer
        if offer is None:
            continue
        if line.line.quantity_scale != 1:
            raise BasketInvalid(field=f"lines.{line.number}.offer", reason=N_("the points mall sells by the piece"))
        line.points_spent = offer.points * line.quantity
        off_fen = line.list_fen - offer.cash_fen * line.quantity
        if off_fen > 0:
            draft.take(
                (line,),
                off_fen,
                kind=DiscountKind.POINTS_MALL,
                source=f"offer:{offer.id}",
                label=POINTS_MALL_LABEL,
                shares=BRAND_BEARS,
            )
