"""Facts that identity publishes. None of them carries personal data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class StaffCreated:
    """Somebody joined."""

    topic: ClassVar[str] = "identity.staff_created.1"

    staff_id: int
    unit_id: int

    @property
    def aggregate(self) -> str:
        """The person."""
        return f"staff:{self.staff_id}"


@dataclass(frozen=True, slots=True)
class StaffMoved:
    """Somebody works at another unit now; what was credited before stays where it was."""

    topic: ClassVar[str] = "identity.staff_moved.1"

    staff_id: int
    unit_id_before: int
    unit_id: int

    @property
    def aggregate(self) -> str:
        """The person."""
        return f"staff:{self.staff_id}"


@dataclass(frozen=True, slots=True)
class StaffDeactivated:
    """Somebody left: all sign-ins ended with this fact."""

    topic: ClassVar[str] = "identity.staff_deactivated.1"

    staff_id: int
    unit_id: int

    @property
    def aggregate(self) -> str:
        """The person."""
        return f"staff:{self.staff_id}"


@dataclass(frozen=True, slots=True)
class RolesChanged:
    """Somebody got a role or lost one."""

    topic: ClassVar[str] = "identity.roles_changed.1"

    staff_id: int
    role_code: str
    scope: str
    unit_id: int | None
    given: bool

    @property
    def aggregate(self) -> str:
        """The person."""
        return f"staff:{self.staff_id}"


@dataclass(frozen=True, slots=True)
class DeviceEnrolled:
    """A device got its token; an earlier one of the same device stopped working."""

    topic: ClassVar[str] = "identity.device_enrolled.1"

    device_id: str
    kind: str
    unit_id: int

    @property
    def aggregate(self) -> str:
        """The device."""
        return f"device:{self.device_id}"


@dataclass(frozen=True, slots=True)
class DeviceRevoked:
    """A device and every sign-in on it stopped working."""

    topic: ClassVar[str] = "identity.device_revoked.1"

    device_id: str
    kind: str
    unit_id: int

    @property
    def aggregate(self) -> str:
        """The device."""
        return f"device:{self.device_id}"
