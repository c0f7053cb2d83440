"""How much of a discount by hand a cashier may give alone, what a manager's approval covers, and why one is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from quanyu.kernel.money import BASIS_POINTS
from quanyu.kernel.problem import N_, Conflict, Invalid

# An approval is for the customer at the counter, or for a basket that is held: not for another day.
VALID_FOR = timedelta(hours=12)


class DiscountReason(StrEnum):
    """Why somebody at the till takes something off; the till says it in words."""

    DAMAGED = "damaged"
    EXPIRING = "expiring"
    SHELF_PRICE = "shelf_price"
    REGULAR = "regular"
    GOODWILL = "goodwill"
    OTHER = "other"


class ApprovalSpent(Conflict):
    """The approval belongs to another sale, to another till, or to yesterday."""

    code = "pos.approval_spent"
    title = N_("This approval was given for something else.")
    remedy = N_("Let a manager approve this discount with a PIN.")


class ApprovalNotNeeded(Invalid):
    """Nothing of this is above the limit: nobody need be called."""

    code = "pos.approval_not_needed"
    title = N_("These discounts need no approval.")
    remedy = N_("Sell as it is.")


@dataclass(frozen=True, slots=True)
class Discounted:
    """A line with what is taken off by hand: its amount before any discount, the discount in fen, and why.

    ``rounding_fen``: its part of what makes the whole amount round, within what a cashier may round off.
    """

    sku_id: int
    quantity: int
    list_fen: int
    discount_fen: int
    reason: str
    rounding_fen: int = 0


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """A manager's word for one sale at one till.

    No line by more than ``most_bp`` of its list amount, and no more than ``most_fen`` in all on the lines that are
    above the cashier's own limit.
    """

    id: UUID
    asked_by_id: int
    approved_by_id: int
    most_bp: int
    most_fen: int
    given_at: datetime


def needs_approval(*, list_fen: int, discount_fen: int, limit_bp: int) -> bool:
    """Tell whether a discount on a line exceeds the limit (basis points of the list amount), exactly."""
    return discount_fen * BASIS_POINTS > list_fen * limit_bp


def with_roundings(
    lines: Sequence[Discounted | None], roundings: Sequence[int], *, most_fen: int
) -> list[Discounted | None]:
    """Return the lines with what was rounded off: beside their discounts, or among them when it is more than may be."""
    name = "rounding_fen" if sum(roundings) <= most_fen else "discount_fen"
    return [
        None if line is None else replace(line, **{name: getattr(line, name) + fen})
        for line, fen in zip(lines, roundings, strict=True)
    ]


def above(lines: Sequence[Discounted | None], *, limit_bp: int) -> list[int]:
    """Return the places of the lines whose discount exceeds the limit; ``None`` stands for one without a price."""
    return [
        place
        for place, line in enumerate(lines)
        if line is not None
        and needs_approval(list_fen=line.list_fen, discount_fen=line.discount_fen, limit_bp=limit_bp)
    ]


def reach(lines: Sequence[Discounted], *, limit_bp: int) -> tuple[int, int]:
    """Return what an approval of these lines allows: basis points (rounded up, the whole at most) and fen."""
    found = [lines[place] for place in above(lines, limit_bp=limit_bp)]
    most_bp = max((-(-line.discount_fen * BASIS_POINTS // max(line.list_fen, 1)) for line in found), default=0)
    return min(most_bp, BASIS_POINTS), sum(line.discount_fen for line in found)


def covers(approval: GivenApproval, lines: Sequence[Discounted | None], *, limit_bp: int) -> bool:
    """Tell whether the approval is enough for every line above the limit."""
    found = [line for place in above(lines, limit_bp=limit_bp) if (line := lines[place]) is not None]
    return not above(found, limit_bp=approval.most_bp) and (
        sum(line.discount_fen for line in found) <= approval.most_fen
    )


def percent(basis_points: int) -> str:
    """Return basis points as people write them: ``"10"``, ``"12.5"``."""
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") if part else str(whole)
