"""Which of a SKU's prices a shopper sees as theirs. The price chain decides again at checkout."""

from __future__ import annotations

from quanyu.modules.mall.contracts import Price


def price_for(*, base_fen: int, member_fen: int | None, timed_fen: int | None, is_member: bool) -> Price:
    """Return the prices with the one that holds: base, or the member's or timed price, whichever saves more."""
    candidates = [base_fen]
    if timed_fen is not None:
        candidates.append(timed_fen)
    if is_member and member_fen is not None:
        candidates.append(member_fen)
    return Price(price_fen=min(candidates), base_fen=base_fen, member_fen=member_fen, timed_fen=timed_fen)
