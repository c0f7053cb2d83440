"""Who served for a line: one, or several by shares in basis points. Values only."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.money import BASIS_POINTS
from quanyu.modules.orders.contracts import StaffShare

# As many as stand behind one counter.
CREDITS_MAX = 10


def are_whole(shares: Sequence[StaffShare]) -> bool:
    """Tell whether the shares are the whole of a line: each somebody's, nobody's twice, 10,000 together."""
    return (
        sum(share.share_bp for share in shares) == BASIS_POINTS
        and all(share.share_bp > 0 for share in shares)
        and len({share.staff_id for share in shares}) == len(shares)
    )


def credited(shares: Sequence[StaffShare], alone: int | None) -> tuple[int | None, tuple[StaffShare, ...]]:
    """Return whom a line is credited to, the first of several, and their shares; of one person none are kept.

    ``alone``: who is named when there are no shares. A single share that is not the whole is kept, to be refused.
    """
    if not shares:
        return alone, ()
    first = shares[0]
    return first.staff_id, () if len(shares) == 1 and first.share_bp == BASIS_POINTS else tuple(shares)
