"""Money and splitting on random input: exact to the fen, mirrored, and never beyond a limit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.kernel.apportion import apportion, apportion_within
from quanyu.kernel.money import divide_half_up, format_yuan, line_amount, parse_yuan, share_of

AMOUNTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=50)


@given(AMOUNTS, st.integers(-(10**9), 10**9).filter(bool))
def test_a_rounded_quotient_is_within_half_a_fen_and_halves_go_away_from_zero(numerator, denominator):
    exact = Fraction(numerator, denominator)
    error = divide_half_up(numerator, denominator) - exact
    assert abs(error) <= Fraction(1, 2)
    if abs(error) == Fraction(1, 2):
        assert (error > 0) == (exact > 0)


@given(AMOUNTS, st.integers(1, 10**9))
def test_a_reversal_is_the_mirror_image_of_what_it_reverses(numerator, denominator):
    assert divide_half_up(-numerator, denominator) == -divide_half_up(numerator, denominator)


def test_a_division_by_zero_is_an_error():
    with pytest.raises(ZeroDivisionError):
        divide_half_up(1, 0)


@given(st.integers(0, 10**9), st.integers(-(10**6), 10**6))
def test_pieces_cost_exactly_price_times_number(price, pieces):
    assert line_amount(unit_price_fen=price, quantity=pieces, quantity_scale=1) == price * pieces


@given(AMOUNTS)
def test_the_whole_is_ten_thousand_basis_points(amount):
    assert share_of(amount_fen=amount, basis_points=10_000) == amount
    assert share_of(amount_fen=amount, basis_points=0) == 0


@given(AMOUNTS)
def test_an_amount_written_is_read_back(fen):
    assert parse_yuan(format_yuan(fen)) == fen


@given(st.text())
def test_any_text_is_an_amount_or_refused(text):
    try:
        fen = parse_yuan(text)
    except ValueError:
        return
    assert isinstance(fen, int)
    assert abs(fen) < 10**17


@given(AMOUNTS, WEIGHTS)
def test_the_parts_of_a_split_add_up_to_the_total(total, weights):
    parts = apportion(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)


@given(AMOUNTS, WEIGHTS)
def test_each_part_is_its_exact_share_rounded_down_or_up(total, weights):
    whole = sum(weights)
    for part, weight in zip(apportion(total, weights), weights, strict=True):
        exact = Fraction(total * weight, whole) if whole else Fraction(total, len(weights))
        assert abs(part - exact) < 1


@given(AMOUNTS, WEIGHTS)
def test_a_split_of_the_reversal_undoes_each_part(total, weights):
    assert apportion(-total, weights) == [-part for part in apportion(total, weights)]


@given(st.integers(0, 10**12), WEIGHTS, st.data())
def test_a_larger_weight_never_gets_a_smaller_part(total, weights, data):
    parts = apportion(total, weights)
    one, other = (data.draw(st.integers(0, len(weights) - 1)) for _ in range(2))
    if weights[one] > weights[other]:
        assert parts[one] >= parts[other]
    if weights[one] == weights[other] and one < other:
        assert 0 <= parts[one] - parts[other] <= 1


@given(WEIGHTS.filter(any), st.data())
def test_a_weight_of_zero_gets_nothing(weights, data):
    total = data.draw(AMOUNTS)
    parts = apportion(total, [*weights, 0])
    assert parts[-1] == 0


@given(WEIGHTS, st.data())
def test_a_discount_never_makes_a_line_negative(limits, data):
    total = data.draw(st.integers(0, sum(limits)))
    parts = apportion_within(total, limits)
    assert sum(parts) == total
    assert all(0 <= part <= limit for part, limit in zip(parts, limits, strict=True))


@given(WEIGHTS, st.integers(1, 10**6))
def test_more_than_all_limits_together_cannot_be_split(limits, excess):
    with pytest.raises(ValueError, match="larger than the limits"):
        apportion_within(sum(limits) + excess, limits)
