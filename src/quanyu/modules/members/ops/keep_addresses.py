"""A member's address book: who, where and the phone encrypted together, at most one default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.members.contracts import AddressUnknown, PhoneInvalid, TooManyAddresses
from quanyu.modules.members.models import Address
from quanyu.modules.members.ops import authorise, merge_members
from quanyu.modules.members.ops.find_or_create import clean_name
from quanyu.modules.members.rules import phones, places
from quanyu.modules.organization import api as organization
from quanyu.platform import audit, pii

ADDRESSES_MAX = 20
_TEXT_LENGTH_MAX = 120


@dataclass(frozen=True, slots=True)
class Written:
    """An address as it was typed. Coordinates are GCJ-02 degrees."""

    name: str
    phone: str
    area_code: str
    text: str
    longitude: float | None
    latitude: float | None
    is_default: bool


def add_address(
    *,
    member_id: UUID,
    name: str,
    phone: str,
    area_code: str,
    text: str,
    longitude: float | None,
    latitude: float | None,
    is_default: bool,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Add an address; the first one of a member is its default. Raises ``Invalid`` and its kin."""
    authorise.demand_self_or_edit(actor, member_id=member_id)
    address_id = uuid7()
    content = _content(Written(name, phone, area_code, text, longitude, latitude, is_default), address_id)
    member_id = _lock(member_id)
    present = Address.objects.filter(member_id=member_id, removed_at__isnull=True)
    count = present.count()
    if count >= ADDRESSES_MAX:
        raise TooManyAddresses(field="member_id", most=ADDRESSES_MAX)
    if is_default:
        present.filter(is_default=True).update(is_default=False)
    Address.objects.create(
        id=address_id, member_id=member_id, is_default=is_default or count == 0, created_at=now, **content
    )
    _record("members.address_add", member_id, address_id, actor=actor, now=now)
    return address_id


def change_address(*, member_id: UUID, address_id: UUID, written: Written, actor: Actor, now: datetime) -> None:
    """Write an address anew; a default stays one until another becomes it. Raises ``AddressUnknown`` and its kin."""
    authorise.demand_self_or_edit(actor, member_id=member_id)
    content = _content(written, address_id)
    member_id = _lock(member_id)
    if written.is_default and _of_member(member_id, address_id).exists():
        Address.objects.filter(member_id=member_id, is_default=True).exclude(pk=address_id).update(is_default=False)
        content["is_default"] = True
    if not _of_member(member_id, address_id).update(**content):
        raise AddressUnknown(field="address_id")
    _record("members.address_change", member_id, address_id, actor=actor, now=now)


def record_shown(*, member_id: UUID, address_id: UUID, actor: Actor, now: datetime) -> None:
    """Write down that the member looked at an address in clear."""
    _record("members.address_show", member_id, address_id, actor=actor, now=now)


def _content(written: Written, address_id: UUID) -> dict[str, Any]:
    """Return the columns of an address, sealed for its row. Raises ``Invalid``, ``PhoneInvalid``, ``AreaUnknown``."""
    recipient, mobile, text = clean_name(written.name), phones.normalised(written.phone), " ".join(written.text.split())
    if not recipient:
        raise Invalid(field="name", reason=N_("a name is needed"))
    if mobile is None:
        raise PhoneInvalid(field="phone")
    if not (1 <= len(text) <= _TEXT_LENGTH_MAX and text.isprintable()):
        raise Invalid(field="text", reason=N_("the address is empty or too long"))
    area = organization.area(code=written.area_code)
    detail = msgspec.json.encode({"name": recipient, "phone": mobile, "text": text})
    return {
        "area_id": written.area_code,
        "detail_encrypted": pii.seal(detail, places.of_address(address_id)),
        "masked": f"{pii.mask_name(recipient)} {pii.mask_phone(mobile)} {area.full_name}******",
        "longitude": written.longitude,
        "latitude": written.latitude,
    }


def remove_address(*, member_id: UUID, address_id: UUID, actor: Actor, now: datetime) -> None:
    """Take an address out of the book; orders keep their own copy."""
    authorise.demand_self_or_edit(actor, member_id=member_id)
    member_id = _lock(member_id)
    if not _of_member(member_id, address_id).update(removed_at=now, is_default=False, detail_encrypted=b""):
        raise AddressUnknown(field="address_id")
    _record("members.address_remove", member_id, address_id, actor=actor, now=now)


def set_default_address(*, member_id: UUID, address_id: UUID, actor: Actor, now: datetime) -> None:
    """Make an address the one that is proposed first."""
    authorise.demand_self_or_edit(actor, member_id=member_id)
    member_id = _lock(member_id)
    if not _of_member(member_id, address_id).exists():
        raise AddressUnknown(field="address_id")
    Address.objects.filter(member_id=member_id, is_default=True).update(is_default=False)
    _of_member(member_id, address_id).update(is_default=True)
    _record("members.address_default", member_id, address_id, actor=actor, now=now)


def _of_member(member_id: UUID, address_id: UUID) -> QuerySet[Address]:
    return Address.objects.filter(pk=address_id, member_id=member_id, removed_at__isnull=True)


def _lock(member_id: UUID) -> UUID:
    """Order changes of one address book and return whose it is now; count and default depend on all its rows."""
    return UUID(str(merge_members.lock_current(member_id)[0].pk))


def _record(action: str, member_id: UUID, address_id: UUID, *, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="member",
        subject_id=member_id,
        detail={"address_id": str(address_id)},
        now=now,
    )
