"""Who asks on the console and how far he sees: identity's answers, widened for owners of franchise stores."""

from __future__ import annotations

import functools
import time
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Ownership, UnitKind
from quanyu.platform.console.access import Units

_NAMES_KEPT_S = 60
_KINDS = {
    "member": _("Member"),
    "device": _("Device"),
    "client": _("API client"),
    "system": _("System"),
}


class ConsoleAuthority:
    """Identity's knowledge of people, as the console's building blocks ask for it."""

    def actor(self, staff_id: int) -> Actor:
        """Return a signed-in person with his grants. Raises ``Unauthenticated`` for one who left."""
        return identity.actor_for_staff(staff_id=staff_id)

    def units(self, actor: Actor, permission: str) -> Units:
        """Return the units a permission reaches on screens.

        A franchise store hangs below its region in the tree, yet it is the dealer's: a dealer sees the stores he
        owns. What he may do there is still decided by the doors.
        """
        units = identity.visible_unit_ids(actor=actor, permission=permission)
        if not units:
            return units
        dealers = {unit.id for unit in organization.units(ids=units).values() if unit.kind is UnitKind.DEALER}
        if not dealers:
            return units
        owned = (
            location.unit.id
            for location in organization.locations().values()
            if location.ownership is Ownership.FRANCHISE and location.owner_id in dealers
        )
        return units | frozenset(owned)

    def asks_code(self, actor: Actor) -> bool:
        """Tell whether the actor signs in with a code as well, and so proves himself by one."""
        return identity.totp_is_on(staff_id=int(actor.id))

    def prove(self, actor: Actor, proof: str, now: datetime) -> None:
        """Check the actor's password or code. Raises ``SignInRefused``, ``CodeWrong`` or ``SignInLocked``."""
        identity.prove_person(actor=actor, code=proof, password=proof, now=now)

    def person(self, who: str) -> str:
        """Return the name behind ``"staff:12"``; members and machines are named by their kind."""
        kind, _colon, key = who.partition(":")
        if kind == "staff" and key.isdigit():
            return _staff_name(int(key), int(time.monotonic() // _NAMES_KEPT_S)) or who
        return str(_KINDS[kind]) if kind in _KINDS else gettext(who) if who else ""


@functools.lru_cache(maxsize=4096)
def _staff_name(staff_id: int, minute: int) -> str:
    """Return a name, asked once a minute: lists name the same few people again and again."""
    found = identity.staff(ids=[staff_id]).get(staff_id)
    return found.name if found else ""
