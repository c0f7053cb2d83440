"""Which store a shopper enters is configuration, decided in one pure rule (MALL-07)."""

from __future__ import annotations

import pytest

from quanyu.modules.mall.contracts import EntryReason
from quanyu.modules.mall.rules.entry import Candidate, choose_store

USUAL = ("nearest", "last_visited", "default")
NEAR_CLOSED, NEAR_OPEN, FAR = Candidate(1, 400, False), Candidate(2, 900, True), Candidate(3, 30_000, True)


@pytest.mark.parametrize(
    ("steps", "nearest", "last_visited_id", "default_id", "expected"),
    [
        (USUAL, [NEAR_CLOSED, NEAR_OPEN, FAR], 7, 9, (2, EntryReason.NEAREST)),
        (USUAL, [NEAR_CLOSED, FAR], 7, 9, (1, EntryReason.NEAREST)),
        (USUAL, [FAR], 7, 9, (7, EntryReason.LAST_VISITED)),
        (USUAL, [], None, 9, (9, EntryReason.DEFAULT)),
        (USUAL, [], None, None, (None, EntryReason.NONE)),
        (("last_visited", "nearest"), [NEAR_OPEN], 7, 9, (7, EntryReason.LAST_VISITED)),
        (("default",), [NEAR_OPEN], 7, 9, (9, EntryReason.DEFAULT)),
        (("no_such_step", "default"), [NEAR_OPEN], 7, 9, (9, EntryReason.DEFAULT)),
    ],
    ids=[
        "an open store within reach comes before a nearer closed one",
        "when all within reach are closed, the nearest of them",
        "a store out of reach is not near",
        "without location and visit, the default store",
        "when no rule fits, the shopper chooses",
        "the configured order decides",
        "a rule that is not configured does not count",
        "an unknown rule is passed over",
    ],
)
def test_the_store_to_enter_follows_the_configured_steps(steps, nearest, last_visited_id, default_id, expected):
    chosen = choose_store(
        steps=steps, nearest=nearest, within_m=20_000, last_visited_id=last_visited_id, default_id=default_id
    )
    assert chosen == expected
