"""What a scanned or typed text could be, before anybody is asked."""

from __future__ import annotations

# The signed code of a coupon's picture, and the characters of a typed code without spaces and dashes.
COUPON_PREFIX = "QC1"
COUPON_CHARACTERS = 17


def could_be_coupon(text: str) -> bool:
    """Tell whether a text has the shape of a coupon's code; goods have barcodes of at most 14 digits."""
    typed = "".join(text.split()).replace("-", "")
    return text.startswith(COUPON_PREFIX) or (len(typed) == COUPON_CHARACTERS and typed.isascii() and typed.isalnum())
