"""Tables of insights: figures that can be made again from the books at any time. No behaviour."""

from __future__ import annotations

from django.db import models


class _Figures(models.Model):
    """Totals of one store and channel. No foreign keys: nothing here is a book."""

    store_id = models.BigIntegerField()
    day = models.DateField()
    channel = models.CharField(max_length=10)
    orders = models.BigIntegerField()
    member_orders = models.BigIntegerField()
    sales_fen = models.BigIntegerField()
    member_sales_fen = models.BigIntegerField()
    net_fen = models.BigIntegerField()
    cost_fen = models.BigIntegerField()
    returns = models.BigIntegerField()
    refunded_fen = models.BigIntegerField()

    class Meta:
        abstract = True


class Day(_Figures):
    """The totals of a day: the sum of its hours."""

    class Meta:
        db_table = "insights_day"
        constraints = [models.UniqueConstraint(fields=["day", "store_id", "channel"], name="insights_day_once")]


class Hour(_Figures):
    """The totals of an hour of a day."""

    hour = models.SmallIntegerField()

    class Meta:
        db_table = "insights_hour"
        constraints = [
            models.UniqueConstraint(fields=["day", "store_id", "hour", "channel"], name="insights_hour_once"),
        ]


class Cell(models.Model):
    """A day of a store that was added up, and when it was the last time."""

    store_id = models.BigIntegerField()
    day = models.DateField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "insights_cell"
        constraints = [models.UniqueConstraint(fields=["store_id", "day"], name="insights_cell_once")]


class Mark(models.Model):
    """A day of a store has changed and is to be added up again. Rows are only added, so that nobody waits for them."""

    store_id = models.BigIntegerField()
    day = models.DateField()
    at = models.DateTimeField()

    class Meta:
        db_table = "insights_mark"
        indexes = [models.Index(fields=["day", "store_id"], name="insights_mark_of_cell")]
