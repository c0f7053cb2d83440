"""Labels of scales: a PLU with an amount, a weight or both, laid out as the scale was told.

A mask draws the layout, one letter per digit: digits stand for themselves, ``P`` is the PLU, ``A`` the
amount of money, ``W`` the weight, ``X`` anything, ``C`` the check digit (GS1, over all digits before it).
Options follow after semicolons: ``amount_decimals=2`` (of a yuan), ``weight_decimals=3`` (of a kilogram),
``check=none`` (the last digit is not a check digit), ``price=recompute`` (only the weight counts).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from quanyu.modules.catalog.rules import barcodes

# 13 digits: flag, PLU, amount or weight. 18 digits: flag, PLU, amount and weight. Flags 25-29 of 18 digits look
# like Alipay's payment codes, so 18-digit labels start with 20-24 unless a scale cannot do so.
DEFAULT_MASKS = ("21PPPPPAAAAAC", "22PPPPPWWWWWC", "23PPPPPAAAAAWWWWWC", "24PPPPPWWWWWAAAAAC")
_SHAPE = re.compile(r"^2[0-9]?[PAWX]+C\Z")
_LENGTHS = (13, 18)


@dataclass(frozen=True, slots=True)
class ScaleMask:
    """A mask made ready to read labels with."""

    layout: str
    amount_decimals: int = 2
    weight_decimals: int = 3
    checked: bool = True
    recompute: bool = False


@dataclass(frozen=True, slots=True)
class ScaleLabel:
    """What a label says: PLU without leading zeros lost, fen and grams where it carries them."""

    plu: str
    amount_fen: int | None
    grams: int | None


def parse_mask(text: str) -> ScaleMask:
    """Return the mask written as in the module's docstring. Raises ``ValueError``."""
    layout, *options = [part.strip() for part in text.split(";")]
    if len(layout) not in _LENGTHS or not _SHAPE.match(layout):
        raise ValueError(f"not the layout of a scale's label: {layout!r}")
    if not all(_is_one_run(layout, letter) for letter in "PAW") or "P" not in layout:
        raise ValueError(f"PLU, amount and weight each stand together, once: {layout!r}")
    if "A" not in layout and "W" not in layout:
        raise ValueError(f"a label says an amount or a weight: {layout!r}")
    chosen = dict(option.partition("=")[::2] for option in options if option)
    if not chosen.keys() <= {"amount_decimals", "weight_decimals", "check", "price"}:
        raise ValueError(f"unknown option in {text!r}")
    recompute = _choice(chosen, "price", "printed", "recompute")
    if recompute and "W" not in layout:
        raise ValueError(f"a price can be recomputed only from a weight: {text!r}")
    return ScaleMask(
        layout=layout,
        amount_decimals=_decimals(chosen.get("amount_decimals", "2"), 3),
        weight_decimals=_decimals(chosen.get("weight_decimals", "3"), 4),
        checked=not _choice(chosen, "check", "ean", "none"),
        recompute=recompute,
    )


def read_label(code: str, masks: Iterable[ScaleMask]) -> ScaleLabel | None:
    """Return what the first matching mask reads on the label, or ``None``."""
    if not barcodes.is_digits(code):
        return None
    for mask in masks:
        if _matches(mask, code):
            amount, weight = _run(mask.layout, code, "A"), _run(mask.layout, code, "W")
            return ScaleLabel(
                plu=_run(mask.layout, code, "P"),
                amount_fen=None if mask.recompute or not amount else _scaled(int(amount), 2 - mask.amount_decimals),
                grams=_scaled(int(weight), 3 - mask.weight_decimals) if weight else None,
            )
    return None


def _matches(mask: ScaleMask, code: str) -> bool:
    if len(code) != len(mask.layout):
        return False
    flag_fits = all(drawn == digit for drawn, digit in zip(mask.layout, code, strict=True) if drawn.isdigit())
    return flag_fits and (not mask.checked or barcodes.has_valid_check_digit(code))


def _run(layout: str, code: str, letter: str) -> str:
    return "".join(digit for drawn, digit in zip(layout, code, strict=True) if drawn == letter)


def _is_one_run(layout: str, letter: str) -> bool:
    return letter * layout.count(letter) in layout


def _scaled(value: int, power: int) -> int:
    """Shift a printed number to fen or grams; a digit too fine is rounded half up."""
    if power >= 0:
        return int(value * 10**power)
    return int((value + 5 * 10 ** (-power - 1)) // 10**-power)


def _choice(chosen: dict[str, str], name: str, usual: str, other: str) -> bool:
    value = chosen.get(name, usual)
    if value not in {usual, other}:
        raise ValueError(f"{name} is {usual} or {other}, not {value!r}")
    return value == other


def _decimals(text: str, most: int) -> int:
    if not (barcodes.is_digits(text) and len(text) == 1 and int(text) <= most):
        raise ValueError(f"decimals are 0 to {most}, not {text!r}")
    return int(text)
