"""Learns from the order book what is bought together and what sells best."""

from __future__ import annotations

from datetime import datetime, timedelta

from quanyu.modules.insights.contracts import HabitRules
from quanyu.platform import db, locks
from quanyu.platform.locks import Space

_KEPT = """
INSERT INTO insights_habit (id, made_at, since, baskets) VALUES (1, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET made_at = excluded.made_at, since = excluded.since, baskets = excluded.baskets
"""


def learn(*, rules: HabitRules, now: datetime) -> int | None:
    """Learn all anew in the present transaction; return how many orders were read, ``None``: another is at it.

    Readers see what was learnt before until the transaction ends.
    """
    if not locks.try_advisory(Space.INSIGHTS, 1):
        return None
    since = now - timedelta(days=rules.days)
    baskets = db.value(
        "SELECT insights_learn_pairs(%s, %s, %s, %s)",
        [since, rules.least_orders, rules.least_lift, rules.most],
    )
    db.execute("SELECT insights_learn_variants(%s)", [now - timedelta(days=rules.best_days)])
    db.execute("SELECT insights_learn_best(%s, %s)", [now - timedelta(days=rules.best_days), rules.most_best])
    db.execute(_KEPT, [now, since, baskets])
    return int(baskets)
