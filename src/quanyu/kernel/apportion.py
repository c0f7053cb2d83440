"""Split a total over weights so that the parts add up to the total, to the unit.

Largest remainder (Hamilton's method): each part gets the floor of its exact share, the units left
over go to the largest remainders, ties to the earlier part. No floats are involved.
"""

from __future__ import annotations

from collections.abc import Sequence


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Return one integer per weight that add up to exactly ``total``.

    A negative total is split as the mirror image of its absolute value, so that a reversal undoes
    a split part by part. When all weights are zero the parts are equal as far as they can be.

    Raises ``ValueError`` on no weights (unless the total is zero) or on a negative weight.
    """
    if not weights:
        if total:
            raise ValueError("nothing to apportion a non-zero total over")
        return []
    if min(weights) < 0:
        raise ValueError("weights must not be negative")
    if total < 0:
        return [-part for part in apportion(-total, weights)]
    if sum(weights) == 0:
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def apportion_within(total: int, limits: Sequence[int]) -> list[int]:
    """Apportion ``total`` in proportion to ``limits`` with no part above its own limit.

    Used for discounts: a line can never be discounted below zero. Raises ``ValueError`` when the
    total is larger than the limits together.
    """
    if total > sum(limits):
        raise ValueError("the total is larger than the limits together")
    # Largest remainder never exceeds a limit here: floor(total*l/S) + 1 <= l whenever total < S
    # and the remainder is positive; when total == S every part is exactly its limit.
    return apportion(total, limits)
