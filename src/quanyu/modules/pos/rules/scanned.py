"""What a scanned or typed text could be, before anybody is asked."""

from __future__ import annotations

# The signed code of a coupon's picture, and the characters of a typed code without spaces and dashes.
COUPON_PREFIX = "QC1"
COUPON_CHARACTERS = 17
# The member code that changes every minute; no barcode, card or payment code has this form.
MEMBER_CODE_PREFIX = "88"
MEMBER_CODE_DIGITS = 24


def could_be_coupon(text: str) -> bool:
    """Tell whether a text has the shape of a coupon's code; goods have barcodes of at most 14 digits."""
    typed = "".join(text.split()).replace("-", "")
    return text.startswith(COUPON_PREFIX) or (len(typed) == COUPON_CHARACTERS and typed.isascii() and typed.isalnum())


def could_be_member_code(text: str) -> bool:
    """Tell whether a text has the form of a member's live code."""
    return len(text) == MEMBER_CODE_DIGITS and text.startswith(MEMBER_CODE_PREFIX) and text.isascii() and text.isdigit()
