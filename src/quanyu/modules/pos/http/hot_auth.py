"""Who asks on a hot route of a till: the tokens of all requests that wait are looked up by one query."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Unauthenticated
from quanyu.modules.pos import api as pos
from quanyu.modules.pos.contracts import AskerTokens, Cashier
from quanyu.modules.pos.http.auth import STAFF_HEADER
from quanyu.platform.gather import LoopGatherer
from quanyu.platform.http import hot

_STAFF = STAFF_HEADER.lower().encode()


async def cashier_of(request: hot.Request) -> Cashier:
    """Return who works at which till. Raises ``Unauthenticated``."""
    cashier = await _cashiers.acall(AskerTokens(request.bearer(), request.header(_STAFF)))
    if cashier is None:
        raise Unauthenticated
    request.actor = cashier.actor
    return cashier


async def _behind(asked: Sequence[AskerTokens]) -> list[Cashier | None]:
    return await pos.ask_cashiers(asked=asked, now=system_clock.now())


_cashiers: LoopGatherer[AskerTokens, Cashier | None] = LoopGatherer("pos.tokens", _behind)
