"""What the doors of identity ask before they act: reach, and that nobody acts on somebody who may do more."""

from __future__ import annotations

from enum import StrEnum

from quanyu.kernel.actor import Actor, Grant
from quanyu.kernel.problem import NotFound
from quanyu.modules.identity.contracts import BeyondAuthority, StaffMember, StaffUnknown
from quanyu.modules.identity.queries import actors, reach
from quanyu.modules.identity.queries import staff as staff_queries
from quanyu.modules.identity.rules import authority
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitUnknown

VIEW = "identity.view"
EDIT = "identity.staff"
ROLES = "identity.roles"
DEVICES = "identity.devices"
CLIENTS = "identity.clients"


def demand(actor: Actor, permission: str, *, unit_id: int | None) -> None:
    """Raise ``Forbidden`` or ``NotFound`` unless the permission reaches the unit, and the unit is open."""
    reach.require(actor, permission, unit_id=unit_id)
    if unit_id is not None:
        unit = organization.units(ids=[unit_id]).get(unit_id)
        if unit is None or not unit.active:
            raise UnitUnknown(field="unit_id")


class Own(StrEnum):
    """What a door says to somebody who comes about himself."""

    FREE = "free"
    LIKE_OTHERS = "like_others"
    REFUSED = "refused"


def demand_staff(
    actor: Actor, permission: str, *, staff_id: int, outranked: bool = False, own: Own = Own.FREE
) -> StaffMember:
    """Return a person within reach. Raises ``Forbidden``, ``StaffUnknown`` or ``BeyondAuthority``.

    ``outranked`` demands as well that the actor may do everything that the person may do; ``own``
    says whether one needs the permission for oneself, or is refused.
    """
    member = staff_queries.get(staff_id)
    if authority.is_self(actor, staff_id) and own is not Own.LIKE_OTHERS:
        if own is Own.REFUSED:
            raise BeyondAuthority(permission=permission)
        return member
    try:
        reach.require(actor, permission, unit_id=member.unit_id)
    except NotFound as failure:
        raise StaffUnknown from failure
    if outranked:
        demand_rank(actor, actors.grants_of(staff_id))
    return member


def demand_rank(actor: Actor, others: tuple[Grant, ...]) -> None:
    """Raise ``BeyondAuthority`` unless the actor's grants cover every one of the others."""
    paths = organization.paths(unit_ids=[grant.unit_id for grant in others if grant.unit_id is not None])
    if not authority.outranks(actor.grants, others, paths=paths):
        raise BeyondAuthority(permission="-")
