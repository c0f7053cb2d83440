"""Book growth: given once per cause, taken back so that exactly what should remain does."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.tiers.contracts import GrowthInvalid
from quanyu.modules.tiers.ops import settle
from quanyu.modules.tiers.rules import standing as rules
from quanyu.platform import db

GROWTH_MAX = 10**12
ORDER = "order"


def give(
    *,
    member_id: UUID,
    cause_kind: str,
    cause_id: str,
    amount: int,
    fen_per_growth: int | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """Give growth and let the member rise; return what was given, 0 when the cause had given it before."""
    if not 0 <= amount <= GROWTH_MAX:
        raise GrowthInvalid(field="amount", reason=N_("It is out of range."))
    if amount == 0:
        return 0
    entry = {
        "member_id": member_id,
        "cause_kind": cause_kind,
        "cause_id": cause_id,
        "amount": amount,
        "fen_per_growth": fen_per_growth,
        "reason": reason,
        "actor": f"{actor.kind}:{actor.id}",
        "at": now,
    }
    if not db.call_json("tiers_give", entry):
        return 0
    settle.settle(member_id=member_id, now=now)
    return amount


def take(
    *,
    of_kind: str,
    of_id: str,
    remaining: int,
    cause_kind: str,
    cause_id: str,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """Take growth of a cause back until ``remaining`` is left; return how much was taken."""
    if remaining < 0:
        raise GrowthInvalid(field="remaining", reason=N_("It is out of range."))
    entry = {
        "of_kind": of_kind,
        "of_id": of_id,
        "remaining": remaining,
        "cause_kind": cause_kind,
        "cause_id": cause_id,
        "reason": reason,
        "actor": f"{actor.kind}:{actor.id}",
        "at": now,
    }
    taken = db.call_json("tiers_take", entry)
    if taken is None:
        return 0
    settle.settle(member_id=UUID(taken["member_id"]), now=now, is_refund=True)
    return int(taken["taken"])


def take_of_order(
    *, order_id: UUID, remaining_fen: int, cause_kind: str, cause_id: str, actor: Actor, now: datetime
) -> int:
    """Take back what an order's remaining net amount no longer earns, at the rate it was given at."""
    rate = db.value(
        "SELECT fen_per_growth FROM tiers_growth WHERE cause_kind = %s AND cause_id = %s AND of_id IS NULL",
        [ORDER, str(order_id)],
    )
    if rate is None:
        return 0
    return take(
        of_kind=ORDER,
        of_id=str(order_id),
        remaining=rules.growth_of(remaining_fen, rate),
        cause_kind=cause_kind,
        cause_id=cause_id,
        actor=actor,
        now=now,
    )
