"""The golden cases of spec/vectors/advice.json, and the rule's small parts (POS-02)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from quanyu.modules.pos.rules import advice as rules
from quanyu.modules.pos.rules.advice import Advised

VECTORS = msgspec.json.decode((Path(__file__).parents[3] / "spec" / "vectors" / "advice.json").read_bytes())


@pytest.mark.parametrize("case", VECTORS["advise"], ids=lambda case: case["name"])
def test_pos_02_what_goes_with_a_basket(case: dict[str, Any]) -> None:
    found = rules.advise(
        basket=case["basket"],
        products=[msgspec.convert(one, Advised) for one in case["products"]],
        available={int(sku_id): quantity for sku_id, quantity in case["available"].items()},
        lately=case["lately"],
        most=case["most"],
    )
    assert [[one.sku_id, one.because_sku_id, one.score] for one in found] == case["advice"]


@pytest.mark.parametrize(
    ("price_fen", "cost_fen", "floor_bp", "passes"),
    [
        (1000, 800, 2000, True),
        (1000, 801, 2000, False),
        (1000, 1000, 0, True),
        (1000, 1001, 0, False),
        (1000, 1100, -1000, True),
        (0, 0, -10_000, False),
    ],
)
def test_pos_02_a_margin_is_a_share_of_the_price(price_fen, cost_fen, floor_bp, passes):
    assert rules.is_above_floor(price_fen=price_fen, cost_fen=cost_fen, floor_bp=floor_bp) is passes


def test_pos_02_a_bucket_has_another_digest_when_anything_in_it_is_another():
    one, other = Advised(7, (71,), (71,), ((8, 100),)), Advised(8, (81,), (81,), ())
    before = rules.in_buckets([other, one])
    after = rules.in_buckets([one, Advised(8, (81,), (), ())])
    assert [bucket.number for bucket in before if bucket.products] == [7, 8]
    assert [old.number for old, new in zip(before, after, strict=True) if old.digest != new.digest] == [8]
    assert before == rules.in_buckets([one, other])
