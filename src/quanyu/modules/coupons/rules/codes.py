"""Coupon codes: 80 random bits in 16 characters that cannot be misread, and a check character.

The alphabet is Crockford's (no I, L, O, U). The check character is a sum over GF(32) with a different
weight for every place, so one wrong character and any two that changed places are always found, before
anybody asks the database.
"""

from __future__ import annotations

from collections.abc import Sequence

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARACTERS = 16
CODE_BYTES = 10
UNLOCK_CHARACTERS = 12
_VALUES = {character: value for value, character in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_GROUP = 4
_FIELD_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1 is primitive: the powers of x run through all 31 weights


def _powers() -> tuple[int, ...]:
    powers = [1]
    for _ in range(30):
        doubled = powers[-1] << 1
        powers.append(doubled ^ _FIELD_POLYNOMIAL if doubled & 0b100000 else doubled)
    return tuple(powers)


_POWERS = _powers()
_LOGS = {power: exponent for exponent, power in enumerate(_POWERS)}


def encode(content: bytes) -> str:
    """Write bytes (a multiple of five) in the alphabet, eight characters for five bytes."""
    if len(content) % 5:
        raise ValueError("five bytes make eight characters")
    number, characters = int.from_bytes(content, "big"), len(content) * 8 // 5
    return "".join(ALPHABET[(number >> 5 * place) & 31] for place in reversed(range(characters)))


def check_character(text: str) -> str:
    """Return the check character of a text of up to 30 characters of the alphabet."""
    return ALPHABET[_weighed([_VALUES[character] for character in text], first_weight=1)]


def with_check(text: str) -> str:
    """Return a code as it is typed: its characters and the check character."""
    return text + check_character(text)


def read(text: str, *, characters: int = CODE_CHARACTERS) -> str | None:
    """Return the characters of a typed code without the check character; ``None`` when it is none.

    Spaces and dashes do not count, small letters are capital, O is 0, I and L are 1.
    """
    typed = tidy(text)
    if len(typed) != characters + 1:
        return None
    return typed[:-1] if check_character(typed[:-1]) == typed[-1] else None


def tidy(text: str) -> str:
    """Return the text in the letters of the alphabet; empty when a character is none of it."""
    typed = "".join(text.split()).replace("-", "").upper()
    if not typed.isascii() or any(character not in _VALUES for character in typed):
        return ""
    return "".join(ALPHABET[_VALUES[character]] for character in typed)


def grouped(text: str) -> str:
    """Return a code in groups of four for a reader; the last may have five."""
    groups = [text[start : start + _GROUP] for start in range(0, len(text), _GROUP)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = ["".join(groups[-2:])]
    return "-".join(groups)


def _weighed(values: Sequence[int], *, first_weight: int) -> int:
    total = 0
    for place, value in enumerate(values):
        if value:
            total ^= _POWERS[(_LOGS[value] + first_weight + place) % 31]
    return total
