"""Bring in by a file what a till has sold by itself and cannot send any more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import NotFound
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.api.till_sales import take_sale
from quanyu.modules.pos.contracts import SELL, KeyReused
from quanyu.modules.pos.queries import till_sales, tills
from quanyu.modules.pos.rules import rescue as rules
from quanyu.modules.pos.rules.rescue import Rescued, TillUnknown
from quanyu.modules.pos.rules.till_sales import BOOKED, ChainBroken
from quanyu.platform import audit, db

# So many at a time: whoever waits for the page sees an end, and brings the file once more for the rest.
MOST = 500


def bring_in(*, device_id: UUID, file: bytes, actor: Actor, now: datetime) -> Rescued:
    """Take the sales of a file as if the till had sent them, each exactly once; the same file again goes on. Audited.

    For who may sell in that store. What is not as the till wrote it is left out and named. Raises ``TillUnknown``,
    ``RescueUnreadable``, ``RescueOfAnotherTill``; then nothing was taken.
    """
    till = tills.by_device(device_id=device_id)
    if till is None:
        raise TillUnknown
    try:
        demand(actor, SELL, till)
    except NotFound:
        raise TillUnknown from None
    made = rules.sales_of(file, device_id=till.device_id)
    there = till_sales.booked(sale_ids=[one.id for one in made])
    new = [one for one in made if one.id not in there]
    outcomes, refused = [], []
    for one in new[:MOST]:
        try:
            taken, _ = take_sale(made=one, till=till, actor=actor, now=now)
        except (ChainBroken, KeyReused):
            refused.append(one.seq)
        else:
            outcomes.append(taken.state)
    rescued = Rescued(
        known=len(there),
        booked=outcomes.count(BOOKED),
        kept=len(outcomes) - outcomes.count(BOOKED),
        refused=tuple(refused),
        left=max(0, len(new) - MOST),
    )
    db.in_transaction(
        lambda: audit.record(
            actor=actor,
            action="pos.rescued",
            subject_kind="till",
            subject_id=str(till.device_id),
            detail={"booked": rescued.booked, "kept": rescued.kept, "refused": list(rescued.refused)},
            unit_id=till.store_id,
            now=now,
        )
    )
    return rescued
