"""Link 9: freight on top of the goods, free from an amount of goods (MALL-06); each line carries its share.

Points are a payment and not a discount: what was paid with them counts for free freight, and carries its share.
"""

from __future__ import annotations

from quanyu.kernel.apportion import apportion
from quanyu.kernel.money import format_yuan
from quanyu.modules.promotions.contracts import FREIGHT_LABEL, Applied, DiscountKind, NotApplied, Reason
from quanyu.modules.promotions.rules.price_chain.draft import Draft


def charged(draft: Draft) -> int:
    """Return the freight of the goods as they stand, in fen; nothing once a coupon has taken it away."""
    return 0 if draft.freight_saver is not None else _due(draft)


def apply(draft: Draft) -> None:
    """Split the freight over the lines by what they cost; gifts carry none."""
    freight_fen = _due(draft)
    if freight_fen == 0:
        return
    if draft.freight_saver is not None:
        draft.applied.append(Applied(DiscountKind.COUPON, *draft.freight_saver, freight_fen, ()))
        return
    free_from_fen = draft.basket.freight.free_from_fen
    if free_from_fen is not None:
        missing_fen = free_from_fen - _counted(draft)
        draft.not_applied.append(
            NotApplied(
                source="freight",
                label=FREIGHT_LABEL,
                reason=Reason.AMOUNT_MISSING,
                params={
                    "missing_fen": missing_fen,
                    "missing_yuan": format_yuan(missing_fen),
                    "threshold_fen": free_from_fen,
                    "off_fen": freight_fen,
                },
            )
        )
    carriers = [line for line in draft.lines if not line.gift_of]
    for line, part_fen in zip(
        carriers, apportion(freight_fen, [line.net_fen + line.points_fen for line in carriers]), strict=True
    ):
        line.freight_fen = part_fen


def _due(draft: Draft) -> int:
    facts = draft.basket.freight
    if facts.base_fen <= 0 or not draft.lines:
        return 0
    return facts.base_fen if facts.free_from_fen is None or _counted(draft) < facts.free_from_fen else 0


def _counted(draft: Draft) -> int:
    return sum(line.net_fen + line.points_fen for line in draft.lines)
