"""Link 3: the member price, the timed price or the tier's discount, whichever saves more; never two of them.

On a tie the earlier of the three.
"""

from __future__ import annotations

from quanyu.kernel.money import line_amount, share_of
from quanyu.modules.promotions.contracts import MEMBER_LABEL, TIER_LABEL, TIMED_LABEL, DiscountKind
from quanyu.modules.promotions.rules.price_chain.draft import BRAND_BEARS, Draft, DraftLine


def apply(draft: Draft) -> None:
    """Take the largest saving off each line; a price above the base price saves nothing."""
    member = draft.basket.member
    tier_bp = member.discount_bp if member is not None else 0
    for line in draft.lines:
        if line.line.offer is not None:
            continue
        prices = line.line.prices
        best_fen, kind, source, label = 0, DiscountKind.MEMBER, "", MEMBER_LABEL
        if member is not None and prices.member_fen is not None:
            best_fen, source = max(0, _saving(line, prices.member_fen)), f"book:{prices.member_book}"
        if prices.timed_fen is not None and (timed_fen := _saving(line, prices.timed_fen)) > best_fen:
            best_fen, kind, source, label = timed_fen, DiscountKind.TIMED, f"book:{prices.timed_book}", TIMED_LABEL
        if member is not None and tier_bp:
            tier_fen = share_of(amount_fen=line.list_fen, basis_points=tier_bp)
            if tier_fen > best_fen:
                best_fen, kind, source, label = tier_fen, DiscountKind.TIER, f"tier:{member.tier}", TIER_LABEL
        if best_fen > 0:
            draft.take((line,), best_fen, kind=kind, source=source, label=label, shares=BRAND_BEARS)


def _saving(line: DraftLine, price_fen: int) -> int:
    wanted = line.line
    return line.list_fen - line_amount(
        unit_price_fen=price_fen, quantity=wanted.quantity, quantity_scale=wanted.quantity_scale
    )
