"""Above which amount a refund by hand needs a second person (SEC, reliability 5.9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import N_
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import Asking
from quanyu.platform import settings_tree
from quanyu.platform.settings_tree import Kind, Level, Setting

ABOVE = settings_tree.define(
    Setting(
        key="payments.second_person_above",
        kind=Kind.FEN,
        default=500_00,
        minimum=0,
        maximum=1_000_000_00,
        levels=(Level.BRAND, Level.UNIT),
        title=N_("A refund by hand above this amount needs a second person (fen)"),
        is_sensitive=True,
    )
)
# A customer who gives up his own order asks for his own money; the clock and imports decide nothing.
_BOUND = (ActorKind.STAFF, ActorKind.DEVICE, ActorKind.CLIENT)


def demand(asking: Asking, *, refunded_fen: int, path: Sequence[str], actor: Actor, now: datetime) -> None:
    """Use up the approval of a refund that brings its order above the limit. Raises ``AwaitsApproval`` without one.

    ``refunded_fen``: what the order gave back before. It counts, or a large refund would go out in small ones.
    """
    if actor.kind not in _BOUND or asking.amount_fen <= 0:
        return
    if refunded_fen + asking.amount_fen <= settings_tree.get(ABOVE.key, path):
        return
    identity.use_approval(asking=asking, now=now)
