"""Link 2: the member price or the timed price, whichever saves more; never both. On a tie the member price."""

from __future__ import annotations

from quanyu.kernel.money import line_amount
from quanyu.modules.promotions.contracts import MEMBER_LABEL, TIMED_LABEL, DiscountKind
from quanyu.modules.promotions.rules.price_chain.draft import BRAND_BEARS, Draft, DraftLine


def apply(draft: Draft) -> None:
    """Take the larger saving off each line; a price above the base price saves nothing."""
    is_member = draft.basket.member is not None
    for line in draft.lines:
        prices = line.line.prices
        member_fen = _saving(line, prices.member_fen) if is_member else 0
        timed_fen = _saving(line, prices.timed_fen)
        if member_fen > 0 and member_fen >= timed_fen:
            draft.take(
                (line,),
                member_fen,
                kind=DiscountKind.MEMBER,
                source=f"book:{prices.member_book}",
                label=MEMBER_LABEL,
                shares=BRAND_BEARS,
            )
        elif timed_fen > 0:
            draft.take(
                (line,),
                timed_fen,
                kind=DiscountKind.TIMED,
                source=f"book:{prices.timed_book}",
                label=TIMED_LABEL,
                shares=BRAND_BEARS,
            )


def _saving(line: DraftLine, price_fen: int | None) -> int:
    if price_fen is None:
        return 0
    wanted = line.line
    return line.list_fen - line_amount(
        unit_price_fen=price_fen, quantity=wanted.quantity, quantity_scale=wanted.quantity_scale
    )
