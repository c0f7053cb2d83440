"""Devices and API clients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from quanyu.modules.identity.contracts import ClientInfo, Device, DeviceKind, DeviceUnknown
from quanyu.platform import db

_SELECT = "SELECT id::text, kind, unit_id, name, enrolled_at, last_seen_at, revoked_at FROM identity_device "
_CLIENT = "SELECT id::text, name, unit_id, permissions, revoked_at FROM identity_api_client "


def devices(ids: Iterable[str]) -> dict[str, Device]:
    """Return these devices, revoked ones too; unknown ids and texts that are no ids are left out."""
    known = [device_id for device_id in ids if _is_uuid(device_id)]
    return {row["id"]: _made(row) for row in db.rows(_SELECT + "WHERE id = ANY(%s::uuid[])", [known])}


def get(device_id: str) -> Device:
    """Return one device. Raises ``DeviceUnknown``."""
    found = list(devices([device_id]).values())
    if not found:
        raise DeviceUnknown
    return found[0]


def of_units(unit_ids: frozenset[int] | None) -> list[Device]:
    """Return the devices of units (``None``: all), by unit and name, at most a thousand."""
    found = db.rows(
        _SELECT + "WHERE %(units)s::bigint[] IS NULL OR unit_id = ANY(%(units)s) ORDER BY unit_id, name, id LIMIT 1000",
        {"units": None if unit_ids is None else sorted(unit_ids)},
    )
    return [_made(row) for row in found]


def clients(unit_ids: frozenset[int] | None) -> list[ClientInfo]:
    """Return the API clients of units (``None``: all), by name."""
    found = db.rows(
        _CLIENT + "WHERE %(units)s::bigint[] IS NULL OR unit_id = ANY(%(units)s) ORDER BY name",
        {"units": None if unit_ids is None else sorted(unit_ids)},
    )
    return [
        ClientInfo(
            id=row["id"],
            name=row["name"],
            unit_id=row["unit_id"],
            permissions=tuple(row["permissions"]),
            revoked_at=row["revoked_at"],
        )
        for row in found
    ]


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _made(row: dict[str, Any]) -> Device:
    return Device(
        id=row["id"],
        kind=DeviceKind(row["kind"]),
        unit_id=row["unit_id"],
        name=row["name"],
        enrolled_at=row["enrolled_at"],
        last_seen_at=row["last_seen_at"],
        revoked_at=row["revoked_at"],
    )
