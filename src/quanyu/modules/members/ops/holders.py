"""The modules that keep something of members, in the order in which they were registered."""

from __future__ import annotations

from quanyu.modules.members.contracts import DataHolder

_holders: dict[str, DataHolder] = {}


def register(holder: DataHolder) -> None:
    """Add a holder; one of the same name takes the place of the earlier."""
    _holders[holder.name] = holder


def all_of_them() -> tuple[DataHolder, ...]:
    """Return the holders."""
    return tuple(_holders.values())
