"""Whether a cart line can be ordered as it is."""

from __future__ import annotations

from quanyu.modules.mall.contracts import LineFault


def fault_of(*, line_store_id: int, store_id: int, for_sale: bool, quantity: int, available: int) -> LineFault | None:
    """Return why a line is greyed, the most telling reason first; ``None`` when it can be ordered."""
    if line_store_id != store_id:
        return LineFault.OTHER_STORE
    if not for_sale:
        return LineFault.NOT_FOR_SALE
    if available <= 0:
        return LineFault.SOLD_OUT
    if available < quantity:
        return LineFault.SHORT
    return None
