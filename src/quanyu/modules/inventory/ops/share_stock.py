"""Write down who may sell whose stock."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.inventory.contracts import SharingInvalid, SharingRule
from quanyu.modules.inventory.events import StockChanged
from quanyu.platform import audit, db, outbox


def set_sharing(*, rule: SharingRule, actor: Actor, now: datetime) -> None:
    """Set the rule for this owner, seller, category and channel. Raises ``SharingInvalid``. Audited."""
    if rule.seller_owner_id == rule.owner_id:
        raise SharingInvalid(field="seller_owner_id", reason=N_("an owner sells its own stock anyway"))
    db.execute(
        "INSERT INTO inventory_sharing_policy "
        "(owner_id, seller_owner_id, category_id, channel, is_shared, changed_at) VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (owner_id, seller_owner_id, category_id, channel) "
        "DO UPDATE SET is_shared = excluded.is_shared, changed_at = excluded.changed_at",
        [rule.owner_id, rule.seller_owner_id, rule.category_id, rule.channel or "", rule.is_shared, now],
    )
    _record("inventory.set_sharing", rule, actor=actor, now=now)


def remove_sharing(*, rule: SharingRule, actor: Actor, now: datetime) -> bool:
    """Take the rule for this owner, seller, category and channel away; tell whether there was one."""
    removed = db.execute(
        "DELETE FROM inventory_sharing_policy WHERE owner_id = %s AND seller_owner_id IS NOT DISTINCT FROM %s "
        "AND category_id IS NOT DISTINCT FROM %s AND channel = %s",
        [rule.owner_id, rule.seller_owner_id, rule.category_id, rule.channel or ""],
    )
    if removed:
        _record("inventory.remove_sharing", rule, actor=actor, now=now)
    return removed > 0


def _record(action: str, rule: SharingRule, *, actor: Actor, now: datetime) -> None:
    # No row changed, but what others can sell of this owner's stock did.
    outbox.append(StockChanged(cause_kind="owner", cause_id=str(rule.owner_id), kind="sharing", changes=()), now=now)
    audit.record(
        actor=actor,
        action=action,
        subject_kind="owner",
        subject_id=rule.owner_id,
        detail={
            "seller_owner_id": rule.seller_owner_id,
            "category_id": rule.category_id,
            "channel": rule.channel,
            "is_shared": rule.is_shared,
        },
        unit_id=rule.owner_id,
        now=now,
    )
