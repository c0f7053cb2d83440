"""What fulfilment shows on the page of an order: its parcels and their way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from quanyu.modules.fulfilment import api
from quanyu.modules.fulfilment.contracts import Parcel, ParcelState
from quanyu.modules.fulfilment.models import PARCEL_STATE_LABELS
from quanyu.modules.orders.contracts import Delivery
from quanyu.platform.console.content import Card, Facts, Step, Timeline
from quanyu.platform.console.formats import in_language, moment
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
    parcels = api.parcels_of(order_ids=[order.pk]).get(order.pk, ())
    names = {one.code: in_language(one.name, one.name_en) for one in api.carriers()} if parcels else {}
    return [_parcel(parcel, names.get(parcel.carrier, parcel.carrier_name)) for parcel in parcels]


def _parcel(parcel: Parcel, carrier: str) -> Timeline:
    """Return the way of a parcel, oldest first; the last step says how it stands."""
    told: list[tuple[datetime, object]] = [(parcel.shipped_at, _("Given to the carrier"))]
    told += [(event.at, event.text) for event in reversed(parcel.events)]
    *before, (at, text) = told
    steps = [Step(moment(earlier), what) for earlier, what in before]
    steps.append(Step(moment(at), text, PARCEL_STATE_LABELS[parcel.state], _TONES[parcel.state]))
    return Timeline(f"{carrier} {parcel.number}".strip(), steps)


hang_cards(PLACE, cards)
