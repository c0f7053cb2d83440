"""Who asks at which till: the tokens of all requests that wait, by one query and never remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from quanyu.kernel.actor import ActorKind
from quanyu.modules.identity import api as identity
from quanyu.modules.pos.contracts import DEVICE, Till
from quanyu.modules.pos.rules.plain_sales import AskerTokens, Cashier
from quanyu.platform.db import lean


async def ask_cashiers(asked: Sequence[AskerTokens], *, now: datetime) -> list[Cashier | None]:
    """Return who works at which till; ``None`` where either token is nobody's, or the two do not belong together."""
    pairs = list(dict.fromkeys(asked))
    hashes = [(identity.hash_of_token(token=pair.device), identity.hash_of_token(token=pair.staff)) for pair in pairs]
    told = await lean.json(
        "SELECT jsonb_agg(jsonb_build_array(n, device, staff, till, path))::text "
        "FROM pos_askers(%s::text[], %s::text[], %s)",
        [[device.hex() for device, _ in hashes], [staff.hex() for _, staff in hashes], now],
    )
    rows = _rows.decode(told or b"[]")
    known = {pairs[row.n - 1]: _cashier(row) for row in rows}
    return [known[one] for one in asked]


class _Row(msgspec.Struct, array_like=True):
    """What the database tells of a pair of tokens; the first two are texts of ``identity_actor``."""

    n: int
    device: str | None
    staff: str | None
    till: Till | None
    path: tuple[int, ...] | None


_rows = msgspec.json.Decoder(list[_Row])


def _cashier(row: _Row) -> Cashier | None:
    device, staff = identity.actor_of_text(text=row.device), identity.actor_of_text(text=row.staff)
    if device is None or device.kind is not ActorKind.DEVICE or not device.reaches(DEVICE):
        return None
    if staff is None or staff.kind is not ActorKind.STAFF or staff.device_id != device.device_id:
        return None
    return Cashier(actor=staff, till=row.till, path=row.path or ())
