"""Services that stores give for a coupon: handed out once, and put back when that was a mistake."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.coupons.contracts import REASON_TEXTS, Reason, ServiceRefused
from quanyu.platform import db


def hand_out(*, id: UUID, coupon_id: UUID, store_id: int, actor: Actor, now: datetime) -> None:
    """Hand a service out under the caller's id; the same again changes nothing. Raises ``ServiceRefused``."""
    refusal = db.call_json(
        "coupons_hand_out",
        {
            "id": id,
            "coupon_id": coupon_id,
            "store_id": store_id,
            "staff_id": int(actor.id),
            "actor": actor.signature,
            "now": now,
        },
    )
    if refusal is not None:
        raise refused(Reason(refusal))


def put_back(*, id: UUID, reason: str, actor: Actor, now: datetime) -> bool:
    """Make the coupon of a hand-out usable again; return whether it was handed out until now."""
    return bool(db.call_json("coupons_put_back", {"id": id, "reason": reason, "actor": actor.signature, "now": now}))


def refused(reason: Reason) -> ServiceRefused:
    """Return the refusal with the words of a coupon's reason."""
    return ServiceRefused(field="coupon_id", reason=reason.value, text=REASON_TEXTS[reason])
