"""What coupons do by the clock."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.coupons import api as coupons
from quanyu.platform import jobs


@jobs.periodic("coupons.expire_due", cron="*/10 * * * *")
def expire_due(due: datetime) -> None:
    """Write down which coupons ended; readers know it by the clock already."""
    coupons.expire_due(now=due)
