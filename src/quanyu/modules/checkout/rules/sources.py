"""Where an order may be fulfilled from, nearest first."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel import geo
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.organization.contracts import Location, Tier

ONLINE = (Channel.MALL, Channel.KIOSK, Channel.ASSISTANT, Channel.B2B, Channel.MARKET)


def candidates(*, delivery: Delivery, store: Location, warehouses: Sequence[Location]) -> list[int]:
    """Return the ids of the locations to try in order.

    Goods that are handed out in the store, or carried to a neighbour within the half hour, come from the
    store; an express parcel may come from the store or, when it lacks something, from a warehouse of the
    same owner: regional before central (EA-02, FUL-04). One location fulfils the whole order.
    """
    here = [store.unit.id]
    if delivery is not Delivery.EXPRESS:
        return here
    order = {Tier.REGIONAL: 0, Tier.CENTRAL: 1}
    able = [one for one in warehouses if one.owner_id == store.owner_id and one.tier in order]
    able.sort(key=lambda one: (order[one.tier], distance_between(store, one), one.unit.id))
    return here + [one.unit.id for one in able]


def distance_between(here: Location, there: Location) -> int:
    """Return the distance of two locations in metres."""
    return geo.distance_m(
        longitude=here.longitude, latitude=here.latitude, to_longitude=there.longitude, to_latitude=there.latitude
    )


# What a till sells so is before the customer, or fetched from the shelf behind.
_FROM_THE_SHELF = (Delivery.CARRY_OUT, Delivery.INSTANT)


def keeps_safety(channel: Channel, delivery: Delivery) -> bool:
    """Tell whether an order leaves the safety stock untouched: a till sells what lies before the customer."""
    return channel in ONLINE or delivery not in _FROM_THE_SHELF
