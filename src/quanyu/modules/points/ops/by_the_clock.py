"""What happens to lots by time: they become usable, end, and members hear of it before. A bounded batch each."""

from __future__ import annotations

from datetime import datetime, timedelta

from quanyu.modules.points import rules
from quanyu.modules.points.queries import settings
from quanyu.platform import db


def mature_due(*, limit: int, now: datetime) -> int:
    """Make pending lots usable whose time has come; return how many."""
    return int(db.value("SELECT points_mature_due(%s, %s)", [now, limit]))


def expire_due(*, limit: int, now: datetime) -> int:
    """End lots whose time is over; return how many. Publishes ``PointsExpired``."""
    return int(db.value("SELECT points_expire_due(%s, %s)", [now, limit]))


def remind_due(*, limit: int, now: datetime) -> int:
    """Publish ``PointsExpiring`` for lots that end within the days of the setting; return how many lots."""
    day = now.astimezone(rules.STORE_ZONE).date() + timedelta(days=settings.remind_days())
    return int(db.value("SELECT points_remind_due(%s, %s, %s)", [now, rules.end_of(day), limit]))
