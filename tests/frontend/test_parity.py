"""Two programs, one answer: random baskets, orders and scans through the server's rules and through frontend/core.

Baskets are compared to the fen. ``QUANYU_PARITY_BASKETS`` (200) says how many, ``QUANYU_PARITY_SEED`` which.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
import pytest

from quanyu.kernel.problem import Problem
from quanyu.modules.catalog.contracts import ReadingKind
from quanyu.modules.catalog.rules import barcodes, scale_codes, scan_router
from quanyu.modules.points import rules as points
from quanyu.modules.points.contracts import EarningRule, EarnLine
from quanyu.modules.promotions import api
from quanyu.modules.promotions.contracts import Basket, DiscountKind, Reason
from tests.harness import node, random_baskets

BASKETS = int(os.environ.get("QUANYU_PARITY_BASKETS", "200"))
SEED = int(os.environ.get("QUANYU_PARITY_SEED", "20261122"))


class Core:
    """A node process that runs the port and answers one JSON line with another."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [node.program(), str(node.CORE / "tests" / "answers.ts")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, **question: Any) -> Any:
        self._process.stdin.write(msgspec.json.encode(question) + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "node stopped: see its error above"
        return msgspec.json.decode(answer)

    def stop(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def core() -> Iterator[Core]:
    running = Core()
    yield running
    running.stop()


def as_json(said: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(said))


def by_server(basket: Basket) -> dict[str, Any]:
    try:
        priced = as_json(api.price(basket=basket))
        judged = as_json(api.judge_coupons(basket=basket, candidates=basket.coupons))
    except Problem as refusal:
        return {"refused": [refusal.code, refusal.field]}
    return {"priced": priced, "judged": judged}


def by_core(core: Core, basket: Basket) -> dict[str, Any]:
    return core.ask(basket=basket)


def test_random_baskets_cost_the_same_in_both(core):
    random = Random(SEED)
    for _ in range(BASKETS):
        wanted = random_baskets.basket(random)
        if by_core(core, wanted) == by_server(wanted):
            continue
        least = random_baskets.smaller(wanted, lambda one: by_core(core, one) != by_server(one))
        print("the smallest basket that differs:", msgspec.json.encode(least).decode())
        assert by_core(core, least) == by_server(least)


def test_random_orders_earn_the_same_points_in_both(core):
    random = Random(SEED)
    for _ in range(BASKETS):
        most = random.choice([9, 1_000_000, 10**12])
        wanted = {
            "lines": [EarnLine(number, random.randint(0, most)) for number in range(1, random.randint(1, 9))],
            "rule": EarningRule(1, 1, random.choice([0, 1, 3, 100, 10**6]), random.choice([1, 7, 100, 1_000, 10**6])),
            "multiplier_bp": random.choice([0, 10_000, 15_000, 20_001]),
        }
        expected = points.earned(**wanted)
        if expected.total < 2**53:  # more points than a program of the front ends counts exactly
            assert core.ask(**wanted) == as_json(expected)


def random_code(random: Random) -> str:
    """Return a code as scanners, wallets, scales and people make them, right or nearly so."""
    length = random.choice([3, 5, 7, 12, 12, 13, 14, 15, 16, 17, 18, 22])
    body = "".join(random.choice("0123456789") for _ in range(length))
    starts = {14: ["9"], 22: ["88"]}.get(
        length, ["", "69", "21", "22", "2306", "62", "01", "13", "28", "fp", "(01)", "]C101"]
    )
    code = random.choice(starts) + body
    last = "0" if not barcodes.is_digits(code) else str(barcodes.luhn_digit(code))
    endings = ["", str(barcodes.check_digit(body)), last]
    noise = random.choice(["", "", "", "\x1d10A7", "\n", "(10)A7"])
    return random.choice(["", "", " ", "\x1d", "\u3000"]) + code + random.choice(endings) + noise


def test_random_codes_are_read_the_same_in_both(core):
    random = Random(SEED)
    masks = [*scale_codes.DEFAULT_MASKS, "2WWWWWWPPPPPC;check=none"]
    parsed = [scale_codes.parse_mask(mask) for mask in masks]
    met = set()
    for _ in range(BASKETS * 10):
        wanted = {"code": random_code(random), "payment_screen": random.random() < 0.3}
        expected = scan_router.route(wanted["code"], masks=parsed, payment_screen=wanted["payment_screen"])
        met |= {reading.kind for reading in expected}
        assert core.ask(**wanted, masks=masks) == as_json(expected), wanted
    assert met == set(ReadingKind)


def test_the_random_baskets_meet_every_rule():
    """Baskets in which nothing happens would compare nothing."""
    random = Random(SEED)
    answers = [by_server(random_baskets.basket(random)) for _ in range(1_000)]
    quotes = [each["priced"] for each in answers if "priced" in each]
    assert len(answers) * 0.8 < len(quotes) < len(answers)
    kinds = {row["kind"] for quote in quotes for row in quote["applied"]}
    assert kinds == {kind.value for kind in DiscountKind} | {"points"}
    reasons = {row["reason"] for quote in quotes for row in quote["not_applied"] + quote["coupons"]}
    assert reasons - {None} == {reason.value for reason in Reason}


def test_a_difference_is_told_by_the_smallest_basket_that_shows_it():
    random = Random(SEED)
    wanted = next(
        one for one in iter(lambda: random_baskets.basket(random), None) if len(one.lines) > 3 and len(one.coupons) > 1
    )
    least = random_baskets.smaller(wanted, lambda one: len(one.lines) > 1 and one.coupons != ())
    assert (len(least.lines), len(least.coupons), least.campaigns, least.gifts) == (2, 1, (), {})
