"""What somebody may do at a till: asked of identity, for the till's own store."""

from __future__ import annotations

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.modules.identity import api as identity
from quanyu.modules.pos.contracts import (
    Till,
)


def demand(actor: Actor, permission: str, till: Till) -> None:
    """Raise ``Forbidden`` or ``NotFound`` when the actor may not do this in the till's store."""
    identity.require(actor=actor, permission=permission, unit_id=till.store_id)


def may(actor: Actor, permission: str, till: Till) -> bool:
    """Tell whether the actor may do this in the till's store."""
    try:
        demand(actor, permission, till)
    except Problem:
        return False
    return True
