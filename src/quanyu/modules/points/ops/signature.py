"""How the ledger names who did something."""

from __future__ import annotations

from quanyu.kernel.actor import Actor

_CHARACTERS_MAX = 80


def signature(actor: Actor) -> str:
    """Return the short name of an actor, for example ``staff:17``."""
    return f"{actor.kind}:{actor.id}"[:_CHARACTERS_MAX]
