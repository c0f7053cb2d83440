"""Give an enrolled device its place among the store's tills."""

from __future__ import annotations

from uuid import UUID

from quanyu.modules.pos.contracts import Till
from quanyu.platform import db


def register_till(*, device_id: UUID, store_id: int) -> Till:
    """Return the till of the device, made with the store's next free code when there is none yet.

    Two devices that enrol at once may take the same code: the loser sees a conflict on the code, gets no
    row, and takes the next one.
    """
    while True:
        found = db.rows(
            "INSERT INTO pos_terminal (device_id, store_id, code) "
            "SELECT %s, %s, to_char(1 + coalesce(max(code::int), 0), 'FM999900') FROM pos_terminal "
            "WHERE store_id = %s ON CONFLICT DO NOTHING RETURNING device_id, store_id, code, last_seq",
            [device_id, store_id, store_id],
        ) or db.rows("SELECT device_id, store_id, code, last_seq FROM pos_terminal WHERE device_id = %s", [device_id])
        if found:
            return Till(**found[0])
