"""GS1 element strings of case labels and Data Matrix prints, as far as a till needs them.

``(01)06901234567892(17)261231(10)A7`` as typed, or as scanned: a symbology prefix (``]C1``) and a group
separator after each element of variable length. Only strings that begin with a GTIN are of use here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from quanyu.modules.catalog.rules import barcodes

_SEPARATOR = "\x1d"
_SYMBOLOGIES = ("]C1", "]e0", "]d2", "]Q3", "]J1")
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)([^()]*)")
# Application identifiers with a fixed number of digits; weights (310n) have six.
_FIXED = {"00": 18, "01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2}
_VARIABLE = {"10": 20, "21": 20, "22": 20, "30": 8, "37": 8}
_WEIGHT = re.compile(r"^310([0-5])\Z")


@dataclass(frozen=True, slots=True)
class Element:
    """The goods and, where printed, the net weight. Lots and dates are left to the stock modules."""

    gtin14: str
    grams: int | None


def read(code: str) -> Element | None:
    """Return what the element string says, or ``None`` when it is none or names no GTIN."""
    fields = _bracketed(code) if code.startswith("(01)") else _scanned(code)
    if fields is None:
        return None
    gtin = fields.get("01", "")
    if len(gtin) != 14 or not barcodes.has_valid_check_digit(gtin):
        return None
    return Element(gtin, _grams(fields))


def _bracketed(code: str) -> dict[str, str] | None:
    pairs = _BRACKETED.findall(code)
    return dict(pairs) if "".join(f"({ai}){text}" for ai, text in pairs) == code else None


def _scanned(code: str) -> dict[str, str] | None:
    prefix = next((symbology for symbology in _SYMBOLOGIES if code.startswith(symbology)), None)
    rest = code[len(prefix) :].lstrip(_SEPARATOR) if prefix else code
    if not rest.startswith("01") or len(rest) < 16:
        return None
    fields: dict[str, str] = {}
    while rest:
        ai = rest[:4] if _WEIGHT.match(rest[:4]) else rest[:2]
        length = 6 if len(ai) == 4 else _FIXED.get(ai)
        body = rest[len(ai) :]
        if length is not None:
            content, rest = body[:length], body[length:].lstrip(_SEPARATOR)
            if len(content) != length or not barcodes.is_digits(content):
                return None
        elif ai in _VARIABLE:
            content, _, rest = body.partition(_SEPARATOR)
            if not 1 <= len(content) <= _VARIABLE[ai]:
                return None
        else:
            return None
        fields[ai] = content
    return fields


def _grams(fields: dict[str, str]) -> int | None:
    for ai, text in fields.items():
        weight = _WEIGHT.match(ai)
        if weight and len(text) == 6 and barcodes.is_digits(text):
            # 310n: kilograms with n decimals; what is finer than a gram is rounded half up.
            decimals = int(weight[1])
            thousandths = int(text) * 10**3
            return int((thousandths + 10**decimals // 2) // 10**decimals)
    return None
