"""Who may sell whose stock, as the order path keeps it in memory: all sharing rules are one fact."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.modules.inventory.contracts import SharingRule
from quanyu.platform import marks

_RULES = (
    "SELECT owner_id, seller_owner_id, category_id, nullif(channel, '') AS channel, is_shared "
    "FROM inventory_sharing_policy ORDER BY owner_id, id"
)


def _part(keys: Sequence[None]) -> marks.Part[dict[None, tuple[SharingRule, ...]]]:
    return marks.Part(_RULES, [], lambda rows: dict.fromkeys(keys, tuple(SharingRule(**row) for row in rows)))


SHARING: marks.Kept[None, tuple[SharingRule, ...]] = marks.Kept(topics=["inventory.sharing"], part=_part, most=8)
