"""Link 7: points as payment, over the goods that are not of the points mall; at least 1 fen of goods stays."""

from __future__ import annotations

from typing import Any

from quanyu.kernel.apportion import apportion, apportion_within
from quanyu.kernel.money import BASIS_POINTS
from quanyu.modules.promotions.contracts import POINTS_LABEL, Applied, NotApplied, PointsFacts, Reason
from quanyu.modules.promotions.rules.price_chain.draft import Draft

_FEN_PER_YUAN = 100
KIND = "points"


def apply(draft: Draft) -> None:
    """Pay with as many of the wanted points as may be used, and say what limits them."""
    facts = draft.basket.points
    if facts is None:
        return
    available = facts.balance - sum(line.points_spent for line in draft.lines)
    if available < 0:
        _refuse(draft, Reason.POINTS_SHORT, missing=-available)
        return
    lines = [line for line in draft.lines if line.line.offer is None and line.net_fen > 0]
    goods_fen = sum(line.net_fen for line in lines)
    left_fen = sum(line.net_fen for line in draft.lines) - 1
    capped_fen = max(0, min(goods_fen * facts.cap_bp // BASIS_POINTS, left_fen))
    capped = capped_fen * facts.points_per_yuan // _FEN_PER_YUAN
    draft.points_max = _usable(facts, min(available, capped))
    if facts.wanted <= 0:
        return
    used = _usable(facts, min(facts.wanted, draft.points_max))
    worth_fen = used * _FEN_PER_YUAN // facts.points_per_yuan
    if facts.wanted > draft.points_max or worth_fen == 0:
        _say_limit(draft, facts, available=available, capped=capped)
    if worth_fen == 0:
        return
    parts = apportion_within(worth_fen, [line.net_fen for line in lines])
    for line, part_fen, spent in zip(lines, parts, apportion(used, parts), strict=True):
        line.net_fen -= part_fen
        line.points_fen = part_fen
        line.points_spent = spent
    numbers = tuple(line.number for line in lines)
    draft.applied.append(Applied(KIND, KIND, POINTS_LABEL, worth_fen, numbers))


def _usable(facts: PointsFacts, points: int) -> int:
    """Return the points rounded down to the step, none when that is below the least."""
    usable = points - points % facts.step
    return usable if usable >= facts.least else 0


def _say_limit(draft: Draft, facts: PointsFacts, *, available: int, capped: int) -> None:
    if facts.wanted < facts.least:
        _refuse(draft, Reason.POINTS_LEAST, least=facts.least)
    elif facts.wanted > available and available <= capped:
        _refuse(draft, Reason.POINTS_SHORT, missing=facts.wanted - available)
    else:
        _refuse(draft, Reason.POINTS_CAPPED, most=draft.points_max)


def _refuse(draft: Draft, reason: Reason, **params: Any) -> None:
    draft.not_applied.append(NotApplied(KIND, POINTS_LABEL, reason, params))
