"""Staff and their roles, as far as the asker's permissions reach."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status

from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api
from quanyu.modules.identity.http import auth
from quanyu.modules.identity.http.schemas import (
    PasswordIn,
    PinIn,
    RoleGivenIn,
    RoleGivenOut,
    RoleOut,
    StaffChangeIn,
    StaffIn,
    StaffOut,
)
from quanyu.platform import http

router = Router(tags=["staff"])
_SCOPE = "staff.people"


class StaffQuery(http.PageQuery):
    """``text`` is part of a name or sign-in name, or a whole phone number."""

    text: http.ShortText = ""


@router.get("/staff", response=http.Page[StaffOut])
def list_staff(request: HttpRequest, query: Query[StaffQuery]) -> dict[str, Any]:
    """Return the people whom one may see, by id."""
    scope = f"{_SCOPE}:{query.text}"
    after = http.after(query, scope=scope)
    found = api.list_staff(
        actor=http.actor_of(request), text=query.text, after_id=after[0] if after else 0, limit=query.limit + 1
    )
    return http.page(found, query, scope=scope, key=lambda member: [member.id])


@router.post("/staff", response={201: StaffOut})
@http.idempotent
def create_staff(request: HttpRequest, body: StaffIn) -> Status[StaffOut]:
    """Take somebody on, without any role yet."""
    member = api.create_staff(**body.model_dump(), actor=http.actor_of(request), now=system_clock.now())
    return Status(201, StaffOut.model_validate(member))


@router.get("/staff/{int:staff_id}", response=StaffOut)
def show_staff(request: HttpRequest, staff_id: http.BigId) -> StaffOut:
    """Return one person."""
    return StaffOut.model_validate(api.staff_member(staff_id=staff_id, actor=http.actor_of(request)))


@router.patch("/staff/{int:staff_id}", response=StaffOut)
def change_staff(request: HttpRequest, staff_id: http.BigId, body: StaffChangeIn) -> StaffOut:
    """Change what is given."""
    member = api.update_staff(
        staff_id=staff_id, **body.model_dump(), actor=http.actor_of(request), now=system_clock.now()
    )
    return StaffOut.model_validate(member)


@router.post("/staff/{int:staff_id}/deactivate", response={204: None})
def deactivate_staff(request: HttpRequest, staff_id: http.BigId) -> Status[None]:
    """Let somebody go; every sign-in of the person ends. Once more changes nothing."""
    api.deactivate_staff(staff_id=staff_id, actor=http.actor_of(request), now=system_clock.now())
    return Status(204, None)


@router.post("/staff/{int:staff_id}/reactivate", response={204: None})
def reactivate_staff(request: HttpRequest, staff_id: http.BigId) -> Status[None]:
    """Take somebody back. Once more changes nothing."""
    api.reactivate_staff(staff_id=staff_id, actor=http.actor_of(request), now=system_clock.now())
    return Status(204, None)


@router.put("/staff/{int:staff_id}/password", response={204: None})
def set_password(request: HttpRequest, staff_id: http.BigId, body: PasswordIn) -> Status[None]:
    """Set somebody's password. Needs a recent proof; for one's own there is ``/me/password``."""
    auth.demand_recent_proof(request)
    api.set_password(staff_id=staff_id, password=body.password, actor=http.actor_of(request), now=system_clock.now())
    return Status(204, None)


@router.put("/staff/{int:staff_id}/pin", response={204: None})
def set_pin(request: HttpRequest, staff_id: http.BigId, body: PinIn) -> Status[None]:
    """Set somebody's PIN and lift its lock. Needs a recent proof."""
    auth.demand_recent_proof(request)
    api.set_pin(staff_id=staff_id, pin=body.pin, actor=http.actor_of(request), now=system_clock.now())
    return Status(204, None)


@router.delete("/staff/{int:staff_id}/totp", response={204: None})
def reset_totp(request: HttpRequest, staff_id: http.BigId) -> Status[None]:
    """Turn somebody's two-step sign-in off (a lost phone). Needs a recent proof."""
    auth.demand_recent_proof(request)
    api.reset_totp(staff_id=staff_id, actor=http.actor_of(request), now=system_clock.now())
    return Status(204, None)


@router.get("/roles", response=list[RoleOut])
def list_roles(request: HttpRequest) -> list[RoleOut]:
    """Return all roles, the product's own first."""
    return [RoleOut.model_validate(role) for role in api.roles()]


@router.post("/staff/{int:staff_id}/roles", response={201: RoleGivenOut})
def assign_role(request: HttpRequest, staff_id: http.BigId, body: RoleGivenIn) -> Status[RoleGivenOut]:
    """Give a role; the same once more changes nothing. Needs a recent proof."""
    auth.demand_recent_proof(request)
    assigned = api.assign_role(
        staff_id=staff_id, **body.model_dump(), actor=http.actor_of(request), now=system_clock.now()
    )
    return Status(201, RoleGivenOut.model_validate(assigned))


@router.delete("/staff/{int:staff_id}/roles/{int:assignment_id}", response={204: None})
def revoke_assignment(request: HttpRequest, staff_id: http.BigId, assignment_id: http.BigId) -> Status[None]:
    """Take a role away. Needs a recent proof."""
    auth.demand_recent_proof(request)
    api.revoke_assignment(
        staff_id=staff_id, assignment_id=assignment_id, actor=http.actor_of(request), now=system_clock.now()
    )
    return Status(204, None)
