"""The bars of EAN-13, EAN-8 and UPC-A as modules of equal width (GS1 General Specifications, 5.2)."""

from __future__ import annotations

from quanyu.modules.catalog.rules import barcodes

_LEFT = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
# Which of the six left digits of an EAN-13 have even parity: this is how its first digit is written.
_PARITY = ("000000", "001011", "001101", "001110", "010011", "011001", "011100", "010101", "010110", "011010")
_GUARD, _CENTRE = "101", "01010"
# The light zone to the left and right of the bars, in modules.
QUIET = 11


def modules(code: str) -> str | None:
    """Return the modules from the first bar to the last, ``1`` is dark; ``None`` for what is no EAN or UPC."""
    if barcodes.gtin14(code) is None or len(code) == 14:
        return None
    if len(code) == 8:
        left = "".join(_LEFT[int(digit)] for digit in code[:4])
        return _GUARD + left + _CENTRE + "".join(map(_right, code[4:])) + _GUARD
    digits = code.zfill(13)
    left = "".join(
        _even(digit) if parity == "1" else _LEFT[int(digit)]
        for digit, parity in zip(digits[1:7], _PARITY[int(digits[0])], strict=True)
    )
    return _GUARD + left + _CENTRE + "".join(map(_right, digits[7:])) + _GUARD


def runs(dark: str) -> list[tuple[int, int]]:
    """Return the dark stretches as (first module, how many)."""
    found, start = [], None
    for place, module in enumerate(f"{dark}0"):
        if module == "1" and start is None:
            start = place
        elif module == "0" and start is not None:
            found.append((start, place - start))
            start = None
    return found


def _right(digit: str) -> str:
    return "".join("1" if module == "0" else "0" for module in _LEFT[int(digit)])


def _even(digit: str) -> str:
    return _right(digit)[::-1]
