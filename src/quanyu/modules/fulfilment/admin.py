"""What fulfilment shows on the page of an order: its parcels and their way."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from quanyu.modules.fulfilment import api
from quanyu.modules.fulfilment.contracts import Parcel, ParcelState
from quanyu.modules.fulfilment.models import PARCEL_STATE_LABELS
from quanyu.modules.orders.contracts import Delivery
from quanyu.platform.console.content import Card, Column, Facts, Table
from quanyu.platform.console.formats import badge, moment
from quanyu.platform.console.registry import hang_cards

PLACE = "orders.order"
_FETCHED, _CARRIED = (Delivery.PICKUP, Delivery.IN_STORE), (Delivery.EXPRESS, Delivery.INSTANT)
_TONES = {ParcelState.MOVING: "info", ParcelState.DELIVERED: "good", ParcelState.RETURNED: "bad"}


def cards(order: Any) -> list[Card]:
    """Return since when an order lies ready, and each of its parcels with its way."""
    if order.delivery in _FETCHED:
        ready_at = api.ready_since(order_ids=[order.pk]).get(order.pk)
        return [Facts(_("Pickup"), [(_("Lies ready since"), moment(ready_at))])] if ready_at else []
    if order.delivery not in _CARRIED:
        return []
    return [_parcel(parcel) for parcel in api.parcels_of(order_ids=[order.pk]).get(order.pk, ())]


def _parcel(parcel: Parcel) -> Table:
    title = f"{parcel.carrier_name} {parcel.number}".strip()
    state = badge(PARCEL_STATE_LABELS[parcel.state], _TONES[parcel.state])
    rows: list[tuple[object, ...]] = [(moment(event.at), event.text) for event in parcel.events]
    rows.append((moment(parcel.shipped_at), _("Given to the carrier")))
    return Table(title, [Column(_("When"), is_time=True), Column(_("What the carrier says"))], rows, note=state)


hang_cards(PLACE, cards)
