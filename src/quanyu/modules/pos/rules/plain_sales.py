"""A plain sale on its way: who asks at which till, and what is noted of it. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.pos.contracts import Sale, Till


@dataclass(frozen=True, slots=True)
class AskerTokens:
    """What a request of a till brings: the device's token, and the token of whoever is signed in at it."""

    device: str
    staff: str


@dataclass(frozen=True, slots=True)
class Cashier:
    """Who works at which till. ``path`` of its store, root first; no till: a device that never asked as one."""

    actor: Actor
    till: Till | None
    path: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BegunSale:
    """A sale on its way to the order book: at which till, by whom, and when it was asked; ``path`` of the store."""

    sale: Sale
    till: Till
    actor: Actor
    path: tuple[int, ...]
    now: datetime
