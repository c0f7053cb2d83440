"""What the home page shows of stock: goods that run out, transfers that somebody waits for, how much there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quanyu.modules.inventory import api
from quanyu.modules.inventory.admin import addresses
from quanyu.modules.inventory.admin.screens import VIEW, low, shown
from quanyu.modules.inventory.contracts import MovementKind
from quanyu.modules.inventory.models import Movement, Stock
from quanyu.platform.console.access import Units
from quanyu.platform.console.formats import name_of, number
from quanyu.platform.console.registry import Figure, Tile, add_tile, waiting

# Sales of so many days say how long the rest lasts.
SOLD_DAYS = 14
TRANSFERS_MAX = 200
LATE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Goods of one owner at one place that run out. ``cover_days``: for how long they last; ``None``: nothing sells."""

    sku_id: int
    name: str
    place: str
    left: str
    is_out: bool
    cover_days: int | None
    address: str


@dataclass(frozen=True, slots=True)
class Alarms:
    """How many rows are low (sold out ones included), how many sold out, and those that ran out last."""

    low: int
    out: int
    first: tuple[Alarm, ...]
    low_address: str
    out_address: str


def alarms(units: Units, now: datetime, *, limit: int) -> Alarms:
    """Return what runs out within reach: the rows that the list shows as low. Three queries."""
    rows = low(within(units))
    counts = rows.aggregate(low=Count("pk"), out=Count("pk", filter=Q(on_hand=F("reserved"))))
    chosen: QuerySet[Any] = rows.select_related("sku", "sku__product", "location").order_by("left", "-changed_at", "pk")
    first = list(chosen[:limit])
    sold = _sold(first, now)
    address = reverse("admin:inventory_stock_changelist")
    return Alarms(
        low=counts["low"],
        out=counts["out"],
        first=tuple(_alarm(row, sold.get((row.location_id, row.sku_id, row.owner_id), 0)) for row in first),
        low_address=f"{address}?available=low",
        out_address=f"{address}?available=none",
    )


def within(units: Units) -> QuerySet[Stock]:
    """Return the stock within reach: what lies there, and what is owned from there."""
    rows = Stock.objects.all()
    return rows if units is None else rows.filter(Q(location_id__in=units) | Q(owner_id__in=units))


def _alarm(row: Any, sold: int) -> Alarm:
    return Alarm(
        sku_id=row.sku_id,
        name=name_of(row.sku),
        place=name_of(row.location),
        left=shown(row, row.left),
        is_out=row.left <= 0,
        cover_days=max(row.left, 0) * SOLD_DAYS // sold if sold else None,
        address=addresses.of_sku(row.sku_id),
    )


def _sold(rows: list[Any], now: datetime) -> dict[tuple[int, int, int], int]:
    if not rows:
        return {}
    which = Q(pk__in=[])
    for row in rows:
        which |= Q(location_id=row.location_id, sku_id=row.sku_id, owner_id=row.owner_id)
    found = (
        Movement.objects.filter(which, kind=MovementKind.SALE.value, at__gte=now - timedelta(days=SOLD_DAYS))
        .values("location_id", "sku_id", "owner_id")
        .annotate(gone=-Sum("on_hand_delta"))
        .order_by()
    )
    return {(row["location_id"], row["sku_id"], row["owner_id"]): row["gone"] for row in found}


def _underway(units: Units, now: datetime) -> Figure:
    found = api.transfers(units=units, only_open=True, limit=TRANSFERS_MAX)
    late = sum(told.sent_at < now - LATE for told in found)
    parts = ((_("Longer than three days"), number(late)),) if late else ()
    oldest = min((told.sent_at for told in found), default=None)
    return waiting(len(found), oldest, parts=parts, tone="bad" if late else "warn")


add_tile(
    Tile(
        "transfers",
        _("Transfers on their way"),
        "move_up",
        VIEW,
        _underway,
        lambda _now: addresses.transfers(),
        65,
        is_todo=True,
    )
)
