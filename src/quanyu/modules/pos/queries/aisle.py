"""The full range beyond the shelf: what the chain sells, where it lies, how it could reach somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from quanyu.kernel import geo
from quanyu.modules.catalog import api as catalog
from quanyu.modules.checkout import api as checkout
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.inventory import api as inventory
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, Offer
from quanyu.modules.pos.queries import catalogue
from quanyu.modules.pos.rules.aisle import AisleItem, HomeWay, Place, Stocked, Ways

_FOUND_MAX = 40
_STORES_MAX = 40
_PLACES_SHOWN = 4
_WAYS_SHOWN = 12
# Stock of others is promised as to somebody who orders from afar: their safety stock stays.
_FROM_AFAR = Channel.MALL


def search(*, text: str, store_id: int, now: datetime) -> list[AisleItem]:
    """Return what the chain sells that matches, listed by this store or not, with its price here and where it lies."""
    sku_ids = list(catalog.search(text=text, limit=_FOUND_MAX).sku_ids)
    kept = {one.item.sku_id: one for one in catalogue.kept_items(store_id=store_id, sku_ids=sku_ids, now=now)}
    listed = catalog.sellable(unit_id=store_id, sku_ids=list(kept))
    store = organization.locations(ids=[store_id])[store_id]
    sources, stores = _sources(store), _stores(store, now=now)
    places = {place.unit.id: place for place in (*sources, *stores)}
    stock = inventory.availability(
        sku_ids=list(kept),
        location_ids=list(places),
        channel=_FROM_AFAR,
        seller_owner_id=store.owner_id,
        now=now,
    )
    return [
        AisleItem(
            kept=kept[sku_id],
            is_listed=listed[sku_id].listed,
            places=tuple(_stocked(sku_id, places, stock, store))[:_PLACES_SHOWN],
        )
        for sku_id in sku_ids
        if sku_id in kept
    ]


def ways(*, wanted: Mapping[int, int], store_id: int, now: datetime) -> Ways:
    """Return how so much of these SKUs could reach a customer who does not carry it out; ordering it decides."""
    store = organization.locations(ids=[store_id])[store_id]
    options = fulfilment.way_options(path=organization.settings_path(unit_id=store_id))
    sources, stores = _sources(store), _stores(store, now=now)
    places = {place.unit.id: place for place in (*sources, *stores)}
    stock = inventory.availability(
        sku_ids=list(wanted),
        location_ids=list(places),
        channel=_FROM_AFAR,
        seller_owner_id=store.owner_id,
        now=now,
    )

    def has_all(place: Location) -> bool:
        return all(stock.get((place.unit.id, sku_id), 0) >= quantity for sku_id, quantity in wanted.items())

    source = next((place for place in sources if has_all(place)), None)
    days = fulfilment.home_days(store=store, options=options, now=now)
    return Ways(
        parcel_from=_place(source, store) if source else None,
        parcel_at=fulfilment.promised_at(delivery=Delivery.EXPRESS, store=store, wishes=None, options=options, now=now),
        home=HomeWay(from_fen=options.home_from_fen, days=tuple(days)) if options.delivers_home else None,
        pickups=tuple(_place(place, store) for place in stores if has_all(place))[:_WAYS_SHOWN],
    )


def _sources(store: Location) -> list[Location]:
    """Return where parcels of a store's sales come from, in the order in which they are tried."""
    ids = checkout.parcel_sources(store=store)
    found = organization.locations(ids=ids)
    return [found[place_id] for place_id in ids]


def _stores(store: Location, *, now: datetime) -> list[Location]:
    """Return the other stores of the same owner that hand goods out, the nearest first: the money is taken here."""
    near = organization.nearest_stores(
        longitude=store.longitude, latitude=store.latitude, limit=_STORES_MAX, offers=Offer.PICKUP, now=now
    )
    return [one for one in near if one.unit.id != store.unit.id and one.owner_id == store.owner_id]


def _stocked(
    sku_id: int, places: Mapping[int, Location], stock: Mapping[tuple[int, int], int], store: Location
) -> Sequence[Stocked]:
    return [
        Stocked(place=_place(place, store), available=available)
        for place in places.values()
        if place.unit.id != store.unit.id and (available := stock.get((place.unit.id, sku_id), 0)) > 0
    ]


def _place(place: Location, store: Location) -> Place:
    return Place(
        id=place.unit.id,
        name=place.unit.name,
        name_en=place.unit.name_en,
        address=place.address,
        is_here=place.unit.id == store.unit.id,
        distance_m=geo.distance_m(
            longitude=store.longitude,
            latitude=store.latitude,
            to_longitude=place.longitude,
            to_latitude=place.latitude,
        ),
    )
