"""What a scanned or typed text may mean at the till, in the order in which to try it.

The order settles the collisions: a payment code is looked for on the payment screen only (an 18-digit scale
label with flag 25-29 has the shape of Alipay's code and is a valid SSCC as well), members' codes come before
goods, scale labels before barcodes, and what nothing else takes is a search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from quanyu.modules.catalog.contracts import Reading, ReadingKind
from quanyu.modules.catalog.rules import barcodes, gs1
from quanyu.modules.catalog.rules.scale_codes import ScaleMask, read_label

MEMBER_NUMBER_LENGTH = 16
_PAY_CODES = (
    ("wechatpay", re.compile(r"^1[0-5][0-9]{16}\Z")),
    ("alipay", re.compile(r"^(?:2[5-9]|30)[0-9]{14,22}\Z")),
    ("alipay", re.compile(r"^fp[0-9a-z]{33}\Z")),
    ("unionpay", re.compile(r"^62[0-9]{17}\Z")),
    ("ecny", re.compile(r"^01[0-9]{18}\Z")),
)
_MEMBER_CODE = re.compile(r"^88[0-9]{22}\Z")
_PLU = re.compile(r"^[0-9]{4,5}\Z")


def route(text: str, *, masks: Sequence[ScaleMask], payment_screen: bool = False) -> tuple[Reading, ...]:
    """Return the readings to try, in order; the first that is known wins."""
    code = text.strip()
    if payment_screen:
        return tuple(Reading(ReadingKind.PAY_CODE, wallet) for wallet, shape in _PAY_CODES if shape.match(code))
    member = _as_member(code)
    if member is not None:
        return (member,)
    readings = [_as_scale(code, masks), *_as_product(code), _as_plu(code)]
    found = [reading for reading in readings if reading is not None]
    if code:
        found.append(Reading(ReadingKind.SEARCH, code))
    return tuple(found)


def is_free_for_products(code: str, *, masks: Sequence[ScaleMask]) -> bool:
    """Tell whether the till reads the code as a barcode first, so that it may stand on goods."""
    first = route(code, masks=masks)[:1]
    return bool(first) and first[0].kind is ReadingKind.BARCODE


def is_member_number(code: str) -> bool:
    """Tell whether this is a member or card number: 16 digits, a leading 9, Luhn's check digit."""
    return (
        len(code) == MEMBER_NUMBER_LENGTH
        and barcodes.is_digits(code)
        and code[0] == "9"
        and int(code[-1]) == barcodes.luhn_digit(code[:-1])
    )


def _as_member(code: str) -> Reading | None:
    if _MEMBER_CODE.match(code):
        return Reading(ReadingKind.MEMBER_CODE, code)
    return Reading(ReadingKind.MEMBER_NUMBER, code) if is_member_number(code) else None


def _as_scale(code: str, masks: Sequence[ScaleMask]) -> Reading | None:
    label = read_label(code, masks)
    return Reading(ReadingKind.SCALE, label.plu, label.amount_fen, label.grams) if label else None


def _as_product(code: str) -> list[Reading]:
    readings = [Reading(ReadingKind.BARCODE, code)] if barcodes.fault_of(code) is None else []
    gtin = barcodes.gtin14(code)
    if gtin is not None:
        readings.append(Reading(ReadingKind.GTIN, gtin))
    element = gs1.read(code)
    if element is not None:
        readings.append(Reading(ReadingKind.GTIN, element.gtin14, grams=element.grams))
    return readings


def _as_plu(code: str) -> Reading | None:
    return Reading(ReadingKind.PLU, code) if _PLU.match(code) and barcodes.is_digits(code) else None
