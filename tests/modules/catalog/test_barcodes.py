"""INV-01 begins with the right SKU: check digits, GTIN-14, scale labels, GS1 and the scan router, by vectors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean, luhn

from quanyu.modules.catalog.contracts import ReadingKind as Kind
from quanyu.modules.catalog.rules import barcodes, gs1, scale_codes, scan_router

ROOT = Path(__file__).resolve().parents[3]
VECTORS = json.loads((ROOT / "spec" / "vectors" / "barcodes.json").read_text("utf-8"))
DIGITS = st.text("0123456789", max_size=30)


def masks_of(case) -> list[scale_codes.ScaleMask]:
    return [scale_codes.parse_mask(text) for text in case["masks"]]


@pytest.mark.parametrize("case", VECTORS["check_digits"], ids=lambda case: case["body"])
def test_check_digits(case):
    assert barcodes.check_digit(case["body"]) == case["digit"]


@pytest.mark.parametrize("case", VECTORS["gtin14"], ids=lambda case: case["code"])
def test_gtin_14_is_one_form_of_ean_8_upc_a_ean_13_and_itf_14(case):
    assert barcodes.gtin14(case["code"]) == case["gtin14"]


@pytest.mark.parametrize("case", VECTORS["goods_faults"], ids=lambda case: case["code"])
def test_what_may_be_printed_on_goods(case):
    fault = barcodes.fault_of(case["code"])
    assert (fault.reason if fault else None) == case["fault"]


@pytest.mark.parametrize("text", VECTORS["scale_masks_refused"])
def test_a_mask_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError):
        scale_codes.parse_mask(text)


@pytest.mark.parametrize("case", VECTORS["scale_labels"], ids=lambda case: f"{case['masks']} {case['code']}")
def test_scale_labels(case):
    label = scale_codes.read_label(case["code"], masks_of(case))
    said = (label.plu, label.amount_fen, label.grams) if label else (None, None, None)
    assert said == (case["plu"], case["amount_fen"], case["grams"])


@pytest.mark.parametrize("case", VECTORS["gs1"], ids=lambda case: case["code"])
def test_gs1_element_strings(case):
    element = gs1.read(case["code"])
    said = (element.gtin14, element.grams) if element else (None, None)
    assert said == (case["gtin14"], case["grams"])


@pytest.mark.parametrize("case", VECTORS["routes"], ids=lambda case: case["why"])
def test_the_scan_router_tries_readings_in_order(case):
    readings = scan_router.route(case["code"], masks=masks_of(case), payment_screen=case["payment_screen"])
    assert [reading.kind.value for reading in readings] == case["kinds"]
    if "text" in case:
        assert readings[0].text == case["text"]


@given(st.text("0123456789", min_size=12, max_size=12))
def test_ean_13_agrees_with_another_implementation(body):
    code = f"{body}{barcodes.check_digit(body)}"
    assert ean.is_valid(code)
    assert barcodes.gtin14(code) == code.zfill(14)


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_one_mistyped_digit_is_always_found(body, place, shift):
    code = f"{body}{barcodes.check_digit(body)}"
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    assert barcodes.gtin14(wrong) is None
    assert barcodes.fault_of(wrong) == barcodes.BarcodeFault("check_digit")


@given(DIGITS.filter(bool))
def test_luhn_agrees_with_another_implementation(body):
    assert str(barcodes.luhn_digit(body)) == luhn.calc_check_digit(body)


@given(st.integers(0, 99_999), st.integers(0, 99_999), st.integers(0, 99_999))
def test_a_printed_label_reads_back_as_it_was_printed(plu, amount_fen, grams):
    body = f"23{plu:05d}{amount_fen:05d}{grams:05d}"
    mask = scale_codes.parse_mask("23PPPPPAAAAAWWWWWC")
    label = scale_codes.read_label(f"{body}{barcodes.check_digit(body)}", [mask])
    assert label == scale_codes.ScaleLabel(f"{plu:05d}", amount_fen, grams)


@given(st.one_of(st.text(max_size=60), DIGITS), st.booleans())
def test_no_scan_makes_the_router_stumble(text, payment_screen):
    masks = [scale_codes.parse_mask(mask) for mask in scale_codes.DEFAULT_MASKS]
    kinds = [reading.kind for reading in scan_router.route(text, masks=masks, payment_screen=payment_screen)]
    if payment_screen:
        assert set(kinds) <= {Kind.PAY_CODE}
    else:
        assert Kind.PAY_CODE not in kinds
        assert kinds == sorted(kinds, key=list(Kind).index)


@given(st.text("1234567890", min_size=16, max_size=24))
def test_no_payment_code_is_taken_for_a_member(code):
    wallets = scan_router.route(code, masks=[], payment_screen=True)
    if wallets:
        selling = scan_router.route(code, masks=[])
        assert selling[0].kind not in (Kind.MEMBER_CODE, Kind.MEMBER_NUMBER)


def test_a_line_break_at_the_end_is_no_part_of_a_code():
    assert barcodes.fault_of("ABC") is None
    assert barcodes.fault_of("ABC\n") is not None
