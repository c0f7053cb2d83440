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


class AlsoBought(models.Model):
    """A product that members and strangers bought together with another one more often than chance would have it.

    ``orders`` held both, ``alone`` the first one, with or without the other; ``lift`` says how many times more than if
    neither knew of the other (in hundredths).
    """

    product_id = models.BigIntegerField()
    other_id = models.BigIntegerField()
    place = models.SmallIntegerField()
    orders = models.IntegerField()
    # 0: learnt by a version that did not count it, until the next night.
    alone = models.IntegerField(default=0, db_default=0)
    lift = models.IntegerField()

    class Meta:
        db_table = "insights_also_bought"
        constraints = [
            models.UniqueConstraint(fields=["product_id", "other_id"], name="insights_also_bought_once"),
            models.CheckConstraint(
                name="insights_also_bought_other", condition=~models.Q(product_id=models.F("other_id"))
            ),
            models.CheckConstraint(name="insights_also_bought_lift", condition=models.Q(lift__gt=100)),
            models.CheckConstraint(
                name="insights_also_bought_alone",
                condition=models.Q(alone=0) | models.Q(alone__gte=models.F("orders")),
            ),
        ]


class Variant(models.Model):
    """How many orders of late held a SKU of a product that goes with another: which variant to offer first."""

    sku_id = models.BigIntegerField(primary_key=True)
    orders = models.IntegerField()

    class Meta:
        db_table = "insights_variant"


class BestSeller(models.Model):
    """What sold best of late in a store, and in all of them (``store_id`` 0), by the number of orders."""

    store_id = models.BigIntegerField()
    place = models.SmallIntegerField()
    product_id = models.BigIntegerField()
    sku_id = models.BigIntegerField()
    orders = models.IntegerField()

    class Meta:
        db_table = "insights_best_seller"
        constraints = [
            models.UniqueConstraint(fields=["store_id", "place"], name="insights_best_seller_place"),
            models.UniqueConstraint(fields=["store_id", "product_id"], name="insights_best_seller_once"),
        ]


class Habit(models.Model):
    """When the order book was read for what is bought together, and from which day on: one row."""

    id = models.SmallIntegerField(primary_key=True)
    made_at = models.DateTimeField()
    since = models.DateTimeField()
    baskets = models.BigIntegerField()

    class Meta:
        db_table = "insights_habit"
        constraints = [models.CheckConstraint(name="insights_habit_one", condition=models.Q(id=1))]
