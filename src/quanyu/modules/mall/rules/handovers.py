"""What becomes of a line that is handed over."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.mall.contracts.kiosk import HandoverState, LineOutcome


def outcome_of(*, for_sale: bool, available: int, quantity: int, fits: bool) -> LineOutcome:
    """Return what becomes of so much of a SKU; ``available``: in the store or for a parcel, ``fits``: into the cart."""
    if not for_sale:
        return LineOutcome.NOT_FOR_SALE
    if available <= 0:
        return LineOutcome.SOLD_OUT
    if not fits:
        return LineOutcome.FULL
    return LineOutcome.SHORT if available < quantity else LineOutcome.ADDED


def state_of(*, is_taken: bool, expires_at: datetime, now: datetime) -> HandoverState:
    """Return whether a hand-over can be taken."""
    if is_taken:
        return HandoverState.TAKEN
    return HandoverState.OPEN if now < expires_at else HandoverState.LAPSED
