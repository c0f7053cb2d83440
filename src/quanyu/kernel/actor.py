"""Who is acting, and how far their permissions reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase


class ActorKind(StrEnum):
    """The kinds of actors that can stand behind a command."""

    STAFF = "staff"
    MEMBER = "member"
    DEVICE = "device"
    CLIENT = "client"
    SYSTEM = "system"


class Scope(StrEnum):
    """How far a grant reaches: everywhere, a unit and all below it, one store, or own rows."""

    ALL = "all"
    SUBTREE = "subtree"
    STORE = "store"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Grant:
    """Permissions (patterns such as ``orders.*``) within a scope that hangs on a unit."""

    permissions: frozenset[str]
    scope: Scope
    unit_id: int | None = None

    def covers(self, permission: str) -> bool:
        """Tell whether one of the patterns names the permission."""
        return any(fnmatchcase(permission, pattern) for pattern in self.permissions)


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts. Default deny: an actor without grants may do nothing.

    ``id`` is the staff id, member UUID, device UUID or client id as text. ``unit_id`` is the store
    (or other unit) the actor acts at. ``device_id`` is the terminal used, when there is one.
    """

    kind: ActorKind
    id: str
    name: str = ""
    grants: tuple[Grant, ...] = field(default=())
    unit_id: int | None = None
    device_id: str | None = None

    @property
    def signature(self) -> str:
        """How the actor stands in the books: ``staff:12``."""
        return f"{self.kind}:{self.id}"

    def reaches(self, permission: str, *, unit_path: tuple[int, ...] = (), own: bool = False) -> bool:
        """Tell whether the permission holds at the unit whose path (root first) is given.

        ``own`` says that the row in question is the actor's own. An empty path asks whether the
        permission is held anywhere at all.
        """
        for grant in self.grants:
            if not grant.covers(permission):
                continue
            if not unit_path or grant.scope is Scope.ALL:
                return True
            if grant.scope is Scope.SUBTREE and grant.unit_id in unit_path:
                return True
            if grant.scope is Scope.STORE and grant.unit_id == unit_path[-1]:
                return True
            if grant.scope is Scope.OWN and own:
                return True
        return False


SYSTEM = Actor(
    kind=ActorKind.SYSTEM,
    id="system",
    name="system",
    grants=(Grant(frozenset({"*"}), Scope.ALL),),
)
