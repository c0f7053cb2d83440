"""Change address, opening hours, radius or services of a location."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.modules.organization import events
from quanyu.modules.organization.contracts import Location
from quanyu.modules.organization.ops import create_location
from quanyu.modules.organization.queries import locations
from quanyu.modules.organization.rules import opening_hours
from quanyu.platform import audit, db, outbox

_COLUMNS = {
    "area_code": "area_id",
    "address": "address",
    "longitude": "longitude",
    "latitude": "latitude",
    "phone": "phone",
    "opening_hours": "opening_hours",
    "delivery_radius_m": "delivery_radius_m",
    "offers_pickup": "offers_pickup",
    "offers_express": "offers_express",
    "offers_instant": "offers_instant",
    "offers_in_store": "offers_in_store",
}


def update_location(*, unit_id: int, changes: Mapping[str, Any], actor: Actor, now: datetime) -> Location:
    """Set the fields that differ and say which; nothing is written or said when none does.

    Raises ``UnitUnknown``, ``AddressInvalid``, ``HoursInvalid`` or ``Invalid``.
    """
    before = locations.get(unit_id)
    wanted = dict(changes)
    if "opening_hours" in wanted:
        wanted["opening_hours"] = opening_hours.parse(wanted["opening_hours"])
    wanted = {name: value for name, value in wanted.items() if getattr(before, name) != value}
    if not wanted:
        return before
    _check(before, wanted)
    # The names come from the table above, never from a request.
    assignments = ", ".join(f"{_COLUMNS[name]} = %({name})s" for name in wanted)
    parameters = {**wanted, "unit_id": unit_id}
    if "opening_hours" in wanted:
        parameters["opening_hours"] = msgspec.json.encode(wanted["opening_hours"]).decode()
        assignments = assignments.replace("%(opening_hours)s", "%(opening_hours)s::jsonb")
    db.execute(f"UPDATE organization_location SET {assignments} WHERE unit_id = %(unit_id)s", parameters)  # noqa: S608
    fields = tuple(sorted(wanted))
    outbox.append(events.LocationChanged(unit_id=unit_id, fields=fields), now=now)
    audit.record(
        actor=actor,
        action="organization.update_location",
        subject_kind="unit",
        subject_id=unit_id,
        detail={
            "before": {name: getattr(before, name) for name in fields},
            "after": {name: wanted[name] for name in fields},
        },
        unit_id=unit_id,
        now=now,
    )
    return locations.get(unit_id)


def _check(before: Location, wanted: Mapping[str, Any]) -> None:
    def after(name: str) -> Any:
        return wanted.get(name, getattr(before, name))

    create_location.check_address(
        area_code=after("area_code"),
        address=after("address"),
        longitude=after("longitude"),
        latitude=after("latitude"),
    )
    create_location.check_services(phone=after("phone"), delivery_radius_m=after("delivery_radius_m"))
