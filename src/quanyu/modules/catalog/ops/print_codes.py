"""Give goods the codes that are printed on their labels: one per SKU and store, for ever."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Forbidden
from quanyu.platform import db

VIEW = "catalog.view"
# 96 random bits as 16 characters: nobody finds another label's code by trying.
_BYTES = 12
_INSERT = """
INSERT INTO catalog_code (token, sku_id, unit_id, created_at)
SELECT n.token, n.sku_id, n.unit_id, %s
  FROM jsonb_to_recordset(%s::jsonb) AS n(token text, sku_id bigint, unit_id bigint)
 ORDER BY n.sku_id
    ON CONFLICT DO NOTHING
"""


def print_codes(*, sku_ids: Collection[int], unit_id: int | None, actor: Actor, now: datetime) -> None:
    """Make the codes that do not exist yet. Raises ``Forbidden``."""
    if not actor.reaches(VIEW):
        raise Forbidden(permission=VIEW)
    new = [{"token": secrets.token_urlsafe(_BYTES), "sku_id": sku_id, "unit_id": unit_id} for sku_id in sorted(sku_ids)]
    db.execute(_INSERT, [now, msgspec.json.encode(new).decode()])
