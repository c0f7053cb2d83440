"""Give a unit other names; its code stays for life."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.organization.contracts import Unit
from quanyu.modules.organization.queries import units
from quanyu.modules.organization.rules import tree
from quanyu.platform import audit, db


def rename_unit(*, unit_id: int, name: str, name_en: str, actor: Actor, now: datetime) -> Unit:
    """Set both names. Raises ``UnitUnknown`` or ``Invalid``."""
    tree.check_name(name=name, name_en=name_en)
    before = units.get(unit_id)
    db.execute(
        "UPDATE organization_unit SET name = %s, name_en = %s WHERE id = %s",
        [name.strip(), name_en.strip(), unit_id],
    )
    audit.record(
        actor=actor,
        action="organization.rename_unit",
        subject_kind="unit",
        subject_id=unit_id,
        detail={"before": [before.name, before.name_en], "after": [name.strip(), name_en.strip()]},
        unit_id=unit_id,
        now=now,
    )
    return units.get(unit_id)
