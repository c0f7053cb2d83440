"""The golden cases that Python and TypeScript share: both run every one of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quanyu.kernel import apportion, money, quantity
from quanyu.modules.catalog.rules import barcodes

VECTORS = Path(__file__).resolve().parents[2] / "spec" / "vectors"


def cases(file: str, kind: str) -> list[dict]:
    found = json.loads((VECTORS / f"{file}.json").read_text("utf-8"))[kind]
    assert found
    return found


@pytest.mark.parametrize("case", cases("rounding", "divide_half_up"), ids=str)
def test_division_rounds_half_up(case):
    assert money.divide_half_up(case["numerator"], case["denominator"]) == case["result"]


@pytest.mark.parametrize("case", cases("rounding", "line_amount"), ids=str)
def test_the_amount_of_a_line_is_rounded_once(case):
    expected = case.pop("amount_fen")
    assert money.line_amount(**case) == expected


@pytest.mark.parametrize("case", cases("rounding", "share_of"), ids=str)
def test_a_share_in_basis_points_is_rounded_half_up(case):
    assert money.share_of(amount_fen=case["amount_fen"], basis_points=case["basis_points"]) == case["share_fen"]


@pytest.mark.parametrize("case", cases("rounding", "parse_yuan"), ids=str)
def test_yuan_are_read_exactly_or_refused(case):
    if case["fen"] is None:
        with pytest.raises(ValueError, match="not an amount"):
            money.parse_yuan(case["text"])
    else:
        assert money.parse_yuan(case["text"]) == case["fen"]


@pytest.mark.parametrize("case", cases("rounding", "format_yuan"), ids=str)
def test_yuan_are_written_with_two_decimals(case):
    assert money.format_yuan(case["fen"]) == case["text"]


@pytest.mark.parametrize("case", cases("apportion", "apportion"), ids=str)
def test_a_total_is_split_by_the_largest_remainder(case):
    assert apportion.apportion(case["total"], case["weights"]) == case["parts"]


@pytest.mark.parametrize("case", cases("apportion", "refused"), ids=str)
def test_a_split_without_meaning_is_refused(case):
    with pytest.raises(ValueError, match=r"weights|nothing"):
        apportion.apportion(case["total"], case["weights"])


@pytest.mark.parametrize("case", cases("quantity", "format"), ids=str)
def test_quantities_are_written_in_pieces_or_kilograms(case):
    assert str(quantity.Quantity(case["base"], case["scale"])) == case["text"]


@pytest.mark.parametrize("case", cases("quantity", "parse"), ids=str)
def test_quantities_are_read_exactly_or_refused(case):
    if case["base"] is None:
        with pytest.raises(ValueError, match=r"not a quantity|cannot be divided"):
            quantity.parse_quantity(case["text"], scale=case["scale"])
    else:
        expected = quantity.Quantity(case["base"], case["scale"])
        assert quantity.parse_quantity(case["text"], scale=case["scale"]) == expected


@pytest.mark.parametrize("case", cases("ean13", "check_digit"), ids=str)
def test_the_check_digit_of_an_ean13_is_computed(case):
    assert case["body"] + str(barcodes.check_digit(case["body"])) == case["code"]
    assert barcodes.has_valid_check_digit(case["code"])


@pytest.mark.parametrize("case", cases("ean13", "valid"), ids=str)
def test_printed_ean13_codes_are_valid(case):
    assert barcodes.has_valid_check_digit(case["code"])


@pytest.mark.parametrize("case", cases("ean13", "invalid"), ids=str)
def test_what_is_not_an_ean13_is_told_apart(case):
    assert not (len(case["code"]) == 13 and barcodes.has_valid_check_digit(case["code"]))
