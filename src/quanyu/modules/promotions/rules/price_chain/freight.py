"""Link 7: freight on top of the goods, free from an amount of goods (MALL-06); each line carries its share."""

from __future__ import annotations

from quanyu.kernel.apportion import apportion
from quanyu.kernel.money import format_yuan
from quanyu.modules.promotions.contracts import FREIGHT_LABEL, NotApplied, Reason
from quanyu.modules.promotions.rules.price_chain.draft import Draft


def apply(draft: Draft) -> None:
    """Split the freight over the lines by what they cost, unless the goods' net makes it free."""
    facts = draft.basket.freight
    if facts.base_fen <= 0 or not draft.lines:
        return
    nets = [line.net_fen for line in draft.lines]
    if facts.free_from_fen is not None:
        missing_fen = facts.free_from_fen - sum(nets)
        if missing_fen <= 0:
            return
        draft.not_applied.append(
            NotApplied(
                source="freight",
                label=FREIGHT_LABEL,
                reason=Reason.AMOUNT_MISSING,
                params={
                    "missing_fen": missing_fen,
                    "missing_yuan": format_yuan(missing_fen),
                    "threshold_fen": facts.free_from_fen,
                    "off_fen": facts.base_fen,
                },
            )
        )
    for line, part_fen in zip(draft.lines, apportion(facts.base_fen, nets), strict=True):
        line.freight_fen = part_fen
