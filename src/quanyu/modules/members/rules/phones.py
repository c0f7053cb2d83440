"""Chinese mobile numbers in their one form: eleven digits."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"^1[3-9][0-9]{9}\Z")
_DECORATION = re.compile(r"[\s()\-\u2010-\u2015.]")


def normalised(text: str) -> str | None:
    """Return the eleven digits, or ``None`` when the text is not a mobile number of China's mainland."""
    digits = _DECORATION.sub("", text)
    for prefix in ("+86", "0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + 11:
            digits = digits.removeprefix(prefix)
    return digits if _MOBILE.match(digits) else None
