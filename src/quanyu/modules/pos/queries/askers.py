"""Who asks at which till: the tokens of all requests that wait, by one query and never remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from quanyu.kernel.actor import ActorKind
from quanyu.modules.identity import api as identity
from quanyu.modules.pos.contracts import DEVICE, AskerTokens, Cashier, Till
from quanyu.platform import db


def cashiers(asked: Sequence[AskerTokens], *, now: datetime) -> list[Cashier | None]:
    """Return who works at which till; ``None`` where either token is nobody's, or the two do not belong together."""
    pairs = list(dict.fromkeys(asked))
    hashes = [(identity.hash_of_token(token=pair.device), identity.hash_of_token(token=pair.staff)) for pair in pairs]
    rows = db.rows(
        "SELECT * FROM pos_askers(%s::bytea[], %s::bytea[], %s)",
        [[device for device, _ in hashes], [staff for _, staff in hashes], now],
    )
    known = {pairs[row["n"] - 1]: _cashier(row) for row in rows}
    return [known[one] for one in asked]


def _cashier(row: dict[str, Any]) -> Cashier | None:
    device, staff = (identity.actor_of_text(text=row[name]) for name in ("device", "staff"))
    if device is None or device.kind is not ActorKind.DEVICE or not device.reaches(DEVICE):
        return None
    if staff is None or staff.kind is not ActorKind.STAFF or staff.device_id != device.device_id:
        return None
    return Cashier(actor=staff, till=_till(row), path=tuple(row["path"] or ()))


def _till(row: dict[str, Any]) -> Till | None:
    """Return the till; ``None`` for a device that has not asked as a till yet."""
    if row["device_id"] is None:
        return None
    return Till(row["device_id"], row["store_id"], row["code"], row["last_seq"])
