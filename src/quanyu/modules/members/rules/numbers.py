"""Member and card numbers: 16 digits that say nothing, with Luhn's check digit.

They begin with 9, so that no till takes them for a payment code or for goods (16 digits are no GTIN), and
are drawn at random: a number that followed from the phone or from the order of joining would tell something.
"""

from __future__ import annotations

from stdnum import luhn

MEMBER_PREFIX = "91"
CARD_PREFIX = "96"
LENGTH = 16
RANDOM_DIGITS = LENGTH - len(MEMBER_PREFIX) - 1


def number(prefix: str, random_number: int) -> str:
    """Return a number made of prefix, the random number as 13 digits, and the check digit."""
    body = f"{prefix}{random_number % 10**RANDOM_DIGITS:0{RANDOM_DIGITS}d}"
    return f"{body}{luhn.calc_check_digit(body)}"


def is_number(text: str) -> bool:
    """Tell whether the text has the form of a member or card number."""
    return (
        len(text) == LENGTH
        and text.isascii()
        and text.startswith((MEMBER_PREFIX, CARD_PREFIX))
        and bool(luhn.is_valid(text))
    )
