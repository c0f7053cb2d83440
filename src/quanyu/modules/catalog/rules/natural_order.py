"""The order in which people read codes: A01-2 stands before A01-10."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"([0-9]+)")


def natural(code: str) -> list[tuple[int, str]]:
    """Return what to sort a code by: its runs of digits count as numbers, all else as text."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _DIGITS.split(code)]
