"""What a return is worth: derived from the economics of the line, to the fen, whatever the order of returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from quanyu.kernel.money import divide_half_up


@dataclass(frozen=True, slots=True)
class Refundable:
    """A payment with what is left of it, in fen."""

    payment_id: UUID
    tender: str
    left_fen: int


def line_refund(*, net_fen: int, quantity: int, returned: int, returning: int) -> int:
    """Return the fen that go back for ``returning`` of a line's ``quantity`` when ``returned`` came back before.

    Cumulative rounding: the refunds of any sequence of returns add up to the rounded share of what has come
    back in all, so a line that comes back whole refunds exactly its net, never a fen more or less.
    """
    return divide_half_up(net_fen * (returned + returning), quantity) - divide_half_up(net_fen * returned, quantity)


def split_refund(*, amount_fen: int, payments: Sequence[Refundable]) -> list[tuple[Refundable, int]]:
    """Send the money back the way it came: the last payment first, each up to what is left of it.

    Raises ``ValueError`` when the payments together have not that much left.
    """
    parts = []
    for payment in reversed(payments):
        part = min(amount_fen, payment.left_fen)
        if part > 0:
            parts.append((payment, part))
            amount_fen -= part
    if amount_fen:
        raise ValueError("the payments have not that much left")
    return parts
