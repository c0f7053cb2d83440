"""My associate: who looks after me in the store, and choosing another (GDE-01)."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.session import StaffCode
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts.associates import MyAssociate
from quanyu.modules.organization import api as organization
from quanyu.platform import http
from quanyu.platform.http import Schema

router = Router(tags=["me"])


class AssociateIn(Schema):
    """The number under an associate's code, or the token in it."""

    staff_code: StaffCode


class AssociateOut(Schema):
    """Who looks after the member. ``has_left``: the store does, under its own name, until somebody else is chosen."""

    name: str
    store_id: int
    store_name: str
    store_name_en: str
    staff_code: str
    picture: str | None
    since: datetime
    has_left: bool


@router.get("/me/associate", response=AssociateOut | None)
def associate(request: HttpRequest) -> AssociateOut | None:
    """Return my associate; ``null`` for who has none."""
    found = members.associate_of(member_id=auth.member_id_of(request))
    return None if found is None else _out(found)


@router.put("/me/associate", response=AssociateOut | None)
def choose_associate(request: HttpRequest, body: AssociateIn) -> AssociateOut | None:
    """Choose an associate by number or code; twenty tries an hour. The history keeps the one before."""
    found = members.choose_associate(
        member_id=auth.member_id_of(request),
        staff_code=body.staff_code,
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return None if found is None else _out(found)


def _out(found: MyAssociate) -> AssociateOut:
    store = organization.units(ids=[found.store_id])[found.store_id]
    return AssociateOut(
        name=found.name or store.name,
        store_id=found.store_id,
        store_name=store.name,
        store_name_en=store.name_en,
        staff_code=found.staff_code,
        picture=None,
        since=found.since,
        has_left=not found.name,
    )
