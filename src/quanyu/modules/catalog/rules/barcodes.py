"""Check digits and the one form (GTIN-14) under which EAN-8, UPC-A, EAN-13 and ITF-14 meet."""

from __future__ import annotations

import re
from dataclasses import dataclass

GTIN_LENGTHS = frozenset({8, 12, 13, 14})
LENGTH_MAX = 48
# What a Code 128 or EAN print holds and a scanner types: visible ASCII, nothing that ends a line.
_PRINTABLE = re.compile(r"^[!-~]{1,48}\Z")


def check_digit(body: str) -> int:
    """Return GS1's check digit for the digits before it: weights 3, 1, 3 ... from the right."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -weighted % 10


def has_valid_check_digit(code: str) -> bool:
    """Tell whether the last digit is the check digit of those before it."""
    return is_digits(code) and len(code) > 1 and int(code[-1]) == check_digit(code[:-1])


def luhn_digit(body: str) -> int:
    """Return the check digit of member and card numbers (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10


def is_digits(text: str) -> bool:
    """Tell whether the text is made of the digits 0-9 alone (``str.isdigit`` takes others too)."""
    return text.isascii() and text.isdigit()


def gtin14(code: str) -> str | None:
    """Return the code as GTIN-14, or ``None`` when it is not a GTIN with a valid check digit."""
    if len(code) in GTIN_LENGTHS and has_valid_check_digit(code):
        return code.zfill(14)
    return None


@dataclass(frozen=True, slots=True)
class BarcodeFault:
    """Why a text cannot be a barcode: ``characters`` or ``check_digit``."""

    reason: str


def fault_of(code: str) -> BarcodeFault | None:
    """Return what is wrong with a code that is to be printed on goods, or ``None``."""
    if not _PRINTABLE.match(code):
        return BarcodeFault("characters")
    if is_digits(code) and len(code) in GTIN_LENGTHS and gtin14(code) is None:
        return BarcodeFault("check_digit")
    return None
