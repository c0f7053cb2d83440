"""What a cashier may give, what lies in the drawer, what a scale's label weighs: exact arithmetic."""

from __future__ import annotations

import pytest

from quanyu.modules.pos.rules import discounts, drawer, scale_labels


@pytest.mark.parametrize(
    ("list_fen", "discount_fen", "limit_bp", "expected"),
    [(1000, 100, 1000, False), (1000, 101, 1000, True), (999, 100, 1000, True), (5, 0, 0, False), (5, 1, 0, True)],
)
def test_a_discount_is_measured_against_the_limit_without_rounding(list_fen, discount_fen, limit_bp, expected):
    assert discounts.needs_approval(list_fen=list_fen, discount_fen=discount_fen, limit_bp=limit_bp) is expected


@pytest.mark.parametrize(("basis_points", "text"), [(1000, "10"), (1250, "12.5"), (5, "0.05"), (0, "0")])
def test_basis_points_are_shown_as_people_write_percent(basis_points, text):
    assert discounts.percent(basis_points) == text


def test_the_drawer_holds_float_and_takings_less_what_went_out():
    assert (
        drawer.expected_cash(float_fen=20_000, cash_paid_fen=5_000, cash_refunded_fen=650, moves=[10_000, -30_000])
        == 4_350
    )


def test_change_is_what_was_handed_over_beyond_the_amount():
    assert drawer.change_due([(650, 1000), (300, None), (50, 50)]) == 350


@pytest.mark.parametrize(("label_fen", "unit_price_fen", "grams"), [(1045, 1990, 525), (1, 1990, 1), (500, 0, None)])
def test_a_label_with_an_amount_stands_for_the_nearest_weight(label_fen, unit_price_fen, grams):
    found = scale_labels.grams_of_label(label_fen=label_fen, unit_price_fen=unit_price_fen, quantity_scale=1000)
    assert found == grams
