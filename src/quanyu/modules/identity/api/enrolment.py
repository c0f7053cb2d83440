"""Devices and other software: letting them in and locking them out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import NotFound, Unauthenticated
from quanyu.modules.identity.api.authority import CLIENTS, DEVICES, VIEW, demand, demand_rank
from quanyu.modules.identity.contracts import (
    ClientInfo,
    Device,
    DeviceKind,
    DeviceUnknown,
    EnrolledDevice,
    EnrolmentCode,
    IssuedClient,
)
from quanyu.modules.identity.ops import clients as _clients
from quanyu.modules.identity.ops import devices as _devices
from quanyu.modules.identity.queries import devices as _queries
from quanyu.modules.identity.queries import reach as _reach
from quanyu.platform import db, rate

# A chain that opens many tills on one day sits behind few addresses; right codes are counted as well.
_TRIES_PER_ADDRESS = 300
_TRIES_OF_ALL = 1000
_WINDOW_S = 900


def devices(*, ids: Iterable[str]) -> dict[str, Device]:
    """Return these devices, revoked ones too. Asks for no permission: for names beside rows one may see."""
    return _queries.devices(ids)


def device_of(*, actor: Actor) -> Device:
    """Return the device that acts, or on which the staff member acts. Raises ``Unauthenticated`` without one."""
    if actor.device_id is None or actor.kind not in (ActorKind.DEVICE, ActorKind.STAFF):
        raise Unauthenticated
    return _queries.get(actor.device_id)


def list_devices(*, actor: Actor) -> list[Device]:
    """Return the devices of the units the actor may see."""
    return _queries.of_units(_reach.visible_unit_ids(actor, VIEW))


def enrol_code(*, kind: DeviceKind, unit_id: int, name: str, actor: Actor, now: datetime) -> EnrolmentCode:
    """Prepare a device for a store and return its code: once, for fifteen minutes. Raises ``Invalid``."""
    demand(actor, DEVICES, unit_id=unit_id)
    return db.in_transaction(
        lambda: _devices.enrol_code(kind=DeviceKind(kind), unit_id=unit_id, name=name, actor=actor, now=now)
    )


def renew_enrol_code(*, device_id: str, actor: Actor, now: datetime) -> EnrolmentCode:
    """Give a known device another code (its browser was emptied). Raises ``DeviceUnknown``."""
    _demand_device(actor, device_id)
    return db.in_transaction(lambda: _devices.renew_code(device_id=device_id, actor=actor, now=now))


def enrol(*, code: str, address: str = "", now: datetime, kind: DeviceKind | None = None) -> EnrolledDevice:
    """Exchange a code for the device's token. Raises ``CodeUnknown`` or ``RateLimited``.

    With ``kind`` the code of another kind of device is none, and stays as good as it was.
    Tries are counted per address and altogether: 1000 in fifteen minutes against 40 bits.
    """
    if address:
        rate.hit("identity.enrol", rate.household(address), _TRIES_PER_ADDRESS, _WINDOW_S, now)
    rate.hit("identity.enrol_all", "all", _TRIES_OF_ALL, _WINDOW_S, now)
    return db.in_transaction(lambda: _devices.enrol(code=code, kind=kind, now=now))


def revoke_device(*, device_id: str, actor: Actor, now: datetime) -> None:
    """Stop a device and every sign-in on it. Raises ``DeviceUnknown``."""
    device = _demand_device(actor, device_id)
    db.in_transaction(lambda: _devices.revoke_device(device=device, actor=actor, now=now))


def clients(*, actor: Actor) -> list[ClientInfo]:
    """Return the API clients of the units the actor may see."""
    return _queries.clients(_reach.visible_unit_ids(actor, CLIENTS))


def create_client(*, name: str, unit_id: int, permissions: Sequence[str], actor: Actor, now: datetime) -> IssuedClient:
    """Let other software in, with permissions at and below a unit.

    Raises ``Invalid``, ``NameTaken`` or ``BeyondAuthority``.
    """
    demand(actor, CLIENTS, unit_id=unit_id)
    demand_rank(actor, (Grant(frozenset(permissions), Scope.SUBTREE, unit_id),))
    return db.in_transaction(
        lambda: _clients.create_client(name=name, unit_id=unit_id, permissions=permissions, actor=actor, now=now)
    )


def revoke_client(*, client_id: str, actor: Actor, now: datetime) -> None:
    """Lock other software out. Raises ``NotFound``."""
    known = {client.id: client for client in clients(actor=actor)}
    if client_id not in known:
        raise NotFound
    unit_id = known[client_id].unit_id
    db.in_transaction(lambda: _clients.revoke_client(client_id=client_id, unit_id=unit_id, actor=actor, now=now))


def _demand_device(actor: Actor, device_id: str) -> Device:
    device = _queries.get(device_id)
    try:
        _reach.require(actor, DEVICES, unit_id=device.unit_id)
    except NotFound as failure:
        raise DeviceUnknown from failure
    return device
