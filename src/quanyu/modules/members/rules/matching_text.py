"""Distances between texts: edits with neighbours that changed places, and Jaro-Winkler likeness."""

from __future__ import annotations


def edits(one: str, other: str, *, most: int) -> int:
    """Return how many insertions, deletions, changes or swaps of neighbours lie between two texts.

    Stops counting above ``most`` and returns ``most + 1`` then (optimal string alignment).
    """
    if one == other:
        return 0
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        this = [row]
        for column, opposite in enumerate(other, start=1):
            cost = min(last[column] + 1, this[column - 1] + 1, last[column - 1] + (letter != opposite))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == opposite:
                cost = min(cost, before[column - 2] + 1)
            this.append(cost)
        if min(this) > most:
            return most + 1
        before, last = last, this
    return min(last[-1], most + 1)


def likeness(one: str, other: str) -> float:
    """Return the Jaro-Winkler likeness of two texts, 0 to 1."""
    jaro = _jaro(one, other)
    prefix = 0
    for letter, opposite in zip(one[:4], other[:4], strict=False):
        if letter != opposite:
            break
        prefix += 1
    return jaro + prefix * 0.1 * (1 - jaro)


def shared_pairs(one: str, other: str) -> float:
    """Return the share of neighbouring letter pairs two texts have in common (Dice), 0 to 1."""
    mine, theirs = ({text[at : at + 2] for at in range(len(text) - 1)} for text in (one, other))
    total = len(mine) + len(theirs)
    return 2 * len(mine & theirs) / total if total else float(one == other)


def _jaro(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    reach = max(max(len(one), len(other)) // 2 - 1, 0)
    taken = [False] * len(other)
    matched: list[str] = []
    for place, letter in enumerate(one):
        for at in range(max(0, place - reach), min(len(other), place + reach + 1)):
            if not taken[at] and other[at] == letter:
                taken[at] = True
                matched.append(letter)
                break
    if not matched:
        return 0.0
    opposite = [other[at] for at, is_taken in enumerate(taken) if is_taken]
    swapped = sum(a != b for a, b in zip(matched, opposite, strict=True)) / 2
    count = len(matched)
    return (count / len(one) + count / len(other) + (count - swapped) / count) / 3
