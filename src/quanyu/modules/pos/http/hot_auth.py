"""Who asks on a hot route of a till: the tokens of all requests that wait are looked up by one query."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Unauthenticated
from quanyu.modules.pos import api as pos
from quanyu.modules.pos.http.auth import STAFF_HEADER
from quanyu.platform.http import hot
from quanyu.platform.loop_gather import LoopGatherer

_STAFF = STAFF_HEADER.lower().encode()


async def cashier_of(request: hot.Request) -> pos.Cashier:
    """Return who works at which till. Raises ``Unauthenticated``."""
    cashier = await _cashiers.acall(pos.AskerTokens(request.bearer(), request.header(_STAFF)))
    if cashier is None:
        raise Unauthenticated
    request.actor = cashier.actor
    return cashier


async def _behind(asked: Sequence[pos.AskerTokens]) -> list[pos.Cashier | None]:
    return await pos.ask_cashiers(asked=asked, now=system_clock.now())


_cashiers: LoopGatherer[pos.AskerTokens, pos.Cashier | None] = LoopGatherer("pos.tokens", _behind)
