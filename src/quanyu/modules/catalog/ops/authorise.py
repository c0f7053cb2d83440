"""Who may change the catalogue: default deny, at the door itself and not only on the screen."""

from __future__ import annotations

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.organization import api as organization

EDIT = "catalog.edit"
LIST = "catalog.list"


def demand_edit(actor: Actor) -> None:
    """Raise ``Forbidden`` unless the actor may change master records."""
    if not actor.reaches(EDIT):
        raise Forbidden(permission=EDIT)


def demand_list(actor: Actor, *, unit_id: int) -> None:
    """Raise ``Forbidden`` or, for somebody else's store, ``NotFound`` unless the actor may list there."""
    if not actor.reaches(LIST):
        raise Forbidden(permission=LIST)
    path = organization.paths(unit_ids=[unit_id]).get(unit_id)
    if path is None or not actor.reaches(LIST, unit_path=path):
        raise NotFound(field="unit_id")
