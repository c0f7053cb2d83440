"""Insights' door: totals of trade by day, hour, store and channel, as true as the books within seconds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from quanyu.modules.insights.contracts import Board, Companion, Company, HabitRules, Totals
from quanyu.modules.insights.ops import add_up, learn, mark
from quanyu.modules.insights.queries import habits
from quanyu.modules.insights.queries import totals as query
from quanyu.platform import db

# Days added up in one transaction: by whoever opens a page, and by the clock.
READER_CELLS, DUTY_CELLS = 40, 100
DUTY_TURNS = 20
# What is bought together is learnt at night, once a day.
LEARN_FROM_HOUR, LEARN_UNTIL_HOUR = 2, 6
LEARN_AGAIN_AFTER = timedelta(hours=18)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(9999, 1, 1)


def mark_order(*, order_id: UUID, now: datetime) -> None:
    """Note that the sale of an order has changed."""
    db.in_transaction(lambda: mark.order(order_id, now=now))


def mark_return(*, return_id: UUID, now: datetime) -> None:
    """Note that goods came back."""
    db.in_transaction(lambda: mark.taken_back(return_id, now=now))


def make_again(*, since: date = FIRST_DAY, now: datetime) -> int:
    """Have all figures from a day on made again from the books; return how many days of stores that are.

    The duty by the clock does it, the latest days first; until it is through, old figures stand.
    """
    return db.in_transaction(lambda: mark.every_day(since=since, now=now))


def catch_up(*, unit_ids: frozenset[int] | None, since: date, until: date, now: datetime) -> bool:
    """Add up what has changed in the days from ``since`` to before ``until``, as far as a reader can wait for it.

    Returns whether the figures are whole now; ``False``: more has changed than that, or somebody else is at it.
    """
    stores = None if unit_ids is None else sorted(unit_ids)
    if not query.has_marks(stores=stores, since=since, until=until):
        return True
    made = db.in_transaction(
        lambda: add_up.add_up(stores=stores, since=since, until=until, limit=READER_CELLS, now=now)
    )
    return made is not None and made < READER_CELLS


def add_up_due(*, now: datetime) -> int:
    """Add up what has changed, everywhere; return how many days of stores. Called by the clock.

    A database that has sold before this module came to it is added up whole.
    """
    if query.is_new():
        make_again(now=now)
    done = 0
    for _turn in range(DUTY_TURNS):
        if not query.has_marks(stores=None, since=FIRST_DAY, until=LAST_DAY):
            break
        made = db.in_transaction(
            lambda: add_up.add_up(stores=None, since=FIRST_DAY, until=LAST_DAY, limit=DUTY_CELLS, now=now)
        )
        if not made:
            break
        done += made
    return done


def board(*, unit_ids: frozenset[int] | None, since: date, until: date) -> Board:
    """Return the totals of these stores (``None``: every one), from ``since`` to before ``until``. Two queries."""
    return query.board(stores=None if unit_ids is None else sorted(unit_ids), since=since, until=until)


def until(*, unit_ids: frozenset[int] | None, since: date, moment: datetime) -> Totals:
    """Return the totals from a day until a moment of a later or the same day, to the minute. One query."""
    return query.until(stores=None if unit_ids is None else sorted(unit_ids), since=since, moment=moment)


def days_back(*, now: datetime, days: int) -> tuple[date, date]:
    """Return the last so many days until today, as first day and the day after the last."""
    today = timezone.localdate(now)
    return today - timedelta(days=days - 1), today + timedelta(days=1)


def learn_habits(*, rules: HabitRules | None = None, now: datetime) -> int | None:
    """Learn from the order book what is bought together and what sells best; return how many orders were read.

    ``None``: somebody else is at it.
    """
    return db.in_transaction(lambda: learn.learn(rules=rules or HabitRules(), now=now))


def learn_habits_due(*, now: datetime) -> int | None:
    """Learn when it was never done, else once a night. Called by the clock."""
    last = habits.made_at()
    is_night = LEARN_FROM_HOUR <= timezone.localtime(now).hour < LEARN_UNTIL_HOUR
    if last is not None and not (is_night and now - last >= LEARN_AGAIN_AFTER):
        return None
    return learn_habits(now=now)


def also_bought(*, product_id: int) -> list[Companion]:
    """Return what is bought with a product, the closest first. One query."""
    return habits.also_bought(product_id)


def best_sellers(*, store_id: int, limit: int) -> list[int]:
    """Return the SKUs that sell best in a store, then in all, one of each product. One query."""
    return habits.best_sellers(store_id=store_id, limit=limit)


def learnt_at() -> datetime | None:
    """Return when habits were learnt last; ``None``: never. One query."""
    return habits.made_at()


def company(*, products: int, most: int) -> list[Company]:
    """Return what goes with the ``products`` products that are bought most often, ``most`` of each. One query."""
    return habits.company(products=products, most=most)


def variant_orders(*, sku_ids: Iterable[int]) -> dict[int, int]:
    """Return how many orders of late held these SKUs, as far as their products go with another. One query."""
    return habits.variant_orders(sku_ids)
