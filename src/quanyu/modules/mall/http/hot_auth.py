"""Who asks on a hot route: the tokens of all requests that wait are looked up by one query, and never remembered."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Unauthenticated
from quanyu.modules.members import api as members
from quanyu.platform.http import hot
from quanyu.platform.loop_gather import LoopGatherer


async def member_of(request: hot.Request) -> Actor:
    """Return the signed-in member. Raises ``Unauthenticated``."""
    actor = await _members.acall(request.bearer())
    if actor is None:
        raise Unauthenticated
    request.actor = actor
    return actor


async def _behind(tokens: Sequence[str]) -> list[Actor | None]:
    found = await members.ask_actors_for_tokens(tokens=set(tokens), now=system_clock.now())
    return [found.get(token) for token in tokens]


_members: LoopGatherer[str, Actor | None] = LoopGatherer("mall.tokens", _behind)
