"""From a command to a priced order: what is sold, at which price, from where, and what speaks against it.

Reads only. Prices come from the price chain of ``promotions``; nothing here knows a discount. Stock figures in
the result are hints: placing the order decides (reserve = check).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from quanyu.kernel import geo
from quanyu.kernel.money import line_amount
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import Sellable, SkuInfo
from quanyu.modules.checkout.contracts import (
    AddressMissing,
    DeliveryNotOffered,
    NotForSale,
    OutOfRadius,
    PlaceOrder,
    WantedLine,
)
from quanyu.modules.checkout.ops import options as checkout_options
from quanyu.modules.checkout.rules import sources
from quanyu.modules.inventory import api as inventory
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import DeliveryAddress
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, Tier, UnitKind, UnitUnknown
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import (
    Basket,
    BasketLine,
    Campaign,
    FreightFacts,
    ManualDiscountTooLarge,
    MemberFacts,
)
from quanyu.modules.promotions.contracts import Quote as PriceQuote

_ADDRESSED = (Delivery.EXPRESS, Delivery.INSTANT)


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything about one store, channel and tier that pricing needs: read once, good for many orders."""

    store: Location
    path: tuple[int, ...]
    options: checkout_options.Options
    warehouses: tuple[Location, ...]
    campaigns: tuple[Campaign, ...]
    skus: Mapping[int, SkuInfo]
    sellable: Mapping[int, Sellable]
    prices: Mapping[int, PriceSet]
    owners: Mapping[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class PricedOrder:
    """A command with its price. ``problems`` are in the order of the fields they concern."""

    command: PlaceOrder
    shop: Shop
    price: PriceQuote
    address: DeliveryAddress | None
    sources: tuple[int, ...]
    problems: tuple[Problem, ...]


def read_shop(
    *, store_id: int, channel: Channel, delivery: Delivery, tier: str | None, sku_ids: Sequence[int], at: datetime
) -> Shop:
    """Read what pricing needs for one store and these SKUs: a fixed number of queries.

    Raises ``UnitUnknown`` when the unit is not an open store.
    """
    store = organization.locations(ids=[store_id], at=at).get(store_id)
    if store is None or store.unit.kind is not UnitKind.STORE or not store.unit.active:
        raise UnitUnknown(field="store_id")
    path = store.unit.path
    ids = sorted(set(sku_ids))
    return Shop(
        store=store,
        path=path,
        options=checkout_options.at(organization.settings_path(unit_id=store_id)),
        warehouses=_warehouses() if delivery is Delivery.EXPRESS else (),
        campaigns=tuple(promotions.campaigns_in_force(unit_id=store_id, path=path, channel=channel.value, at=at)),
        skus=catalog.skus(ids=ids),
        sellable=catalog.sellable(unit_id=store_id, sku_ids=ids),
        prices=pricing.prices(unit_id=store_id, sku_ids=ids, tier=tier, at=at, path=path),
        owners=inventory.allowed_owners(seller_owner_id=store.owner_id, sku_ids=ids, channel=channel.value),
    )


def _warehouses() -> tuple[Location, ...]:
    everywhere = organization.locations().values()
    return tuple(one for one in everywhere if one.tier is not Tier.STORE and one.unit.active)


def price(command: PlaceOrder, *, shop: Shop, tier: str | None, at: datetime) -> PricedOrder:
    """Price one command in a shop that was read for it. Lines that cannot be sold are left out of the price."""
    problems: list[Problem] = []
    address = _address(command, shop, problems)
    sold = _sold_lines(command, shop, problems)
    # What was sold elsewhere has its price already: no campaign and no freight of today may change it.
    happened = any(line.journal for line in command.lines)
    basket = Basket(
        channel=command.channel.value,
        store_id=command.store_id,
        member=None if command.member_id is None else MemberFacts(tier=tier or ""),
        lines=tuple(sold),
        freight=FreightFacts(
            delivery=command.delivery.value,
            base_fen=0 if happened else shop.options.freight_fen.get(command.delivery, 0),
            free_from_fen=shop.options.free_from_fen.get(command.delivery),
        ),
        campaigns=() if happened else shop.campaigns,
        at=at,
        store_path=shop.path,
    )
    try:
        priced = promotions.price(basket=basket)
    except ManualDiscountTooLarge as problem:
        problems.append(problem)
        undiscounted = tuple(replace(line, manual_discount_fen=0) for line in basket.lines)
        priced = promotions.price(basket=replace(basket, lines=undiscounted))
    return PricedOrder(
        command=command,
        shop=shop,
        price=priced,
        address=address,
        sources=tuple(sources.candidates(delivery=command.delivery, store=shop.store, warehouses=shop.warehouses)),
        problems=tuple(problems),
    )


def _sold_lines(command: PlaceOrder, shop: Shop, problems: list[Problem]) -> list[BasketLine]:
    sold = []
    for index, line in enumerate(command.lines):
        problem = _refusal(line, command=command, shop=shop, field=f"lines.{index}.sku_id")
        if problem is not None:
            problems.append(problem)
            continue
        sku = shop.skus[line.sku_id]
        sold.append(
            BasketLine(
                number=index + 1,
                sku_id=line.sku_id,
                category_path=sku.category_path,
                supplier_id=sku.supplier_id,
                quantity=line.quantity,
                quantity_scale=sku.quantity_scale,
                prices=_prices(line, shop),
                manual_discount_fen=_manual_discount(line, sku),
            )
        )
    return sold


def _prices(line: WantedLine, shop: Shop) -> PriceSet:
    if line.journal is None:
        return shop.prices[line.sku_id]
    return PriceSet(sku_id=line.sku_id, base_fen=line.journal.unit_price_fen)


def _manual_discount(line: WantedLine, sku: SkuInfo) -> int:
    if line.journal is None:
        return line.manual_discount_fen
    list_fen = line_amount(
        unit_price_fen=line.journal.unit_price_fen, quantity=line.quantity, quantity_scale=sku.quantity_scale
    )
    return list_fen - line.journal.net_fen


def _refusal(line: WantedLine, *, command: PlaceOrder, shop: Shop, field: str) -> Problem | None:
    sku = shop.skus.get(line.sku_id)
    if sku is None:
        return NotForSale(field=field, name=str(line.sku_id))
    if line.journal is not None:
        return None
    offer = shop.sellable.get(line.sku_id)
    priced = line.sku_id in shop.prices
    if not sku.is_active or offer is None or not priced:
        return NotForSale(field=field, name=sku.name)
    # The till sells what the customer holds in his hand, listed or not.
    if command.channel is not Channel.POS and not offer.listed:
        return NotForSale(field=field, name=sku.name)
    allowed = {
        Delivery.PICKUP: offer.pickup,
        Delivery.EXPRESS: offer.express,
        Delivery.INSTANT: offer.instant,
    }
    if not allowed.get(command.delivery, True):
        return DeliveryNotOffered(field=field, name=sku.name)
    return None


def _address(command: PlaceOrder, shop: Shop, problems: list[Problem]) -> DeliveryAddress | None:
    store = shop.store
    offered = {
        Delivery.PICKUP: store.offers_pickup,
        Delivery.EXPRESS: store.offers_express,
        Delivery.INSTANT: store.offers_instant,
        Delivery.IN_STORE: store.offers_in_store,
    }
    if not offered.get(command.delivery, True):
        problems.append(DeliveryNotOffered(field="delivery"))
    if command.delivery not in _ADDRESSED or any(line.journal for line in command.lines):
        return None
    if command.member_id is None or command.address_id is None:
        problems.append(AddressMissing(field="address_id"))
        return None
    address = members.address_for_order(member_id=command.member_id, address_id=command.address_id)
    if command.delivery is Delivery.INSTANT:
        _check_radius(address, store, problems)
    return address


def _check_radius(address: DeliveryAddress, store: Location, problems: list[Problem]) -> None:
    if address.longitude is None or address.latitude is None:
        problems.append(AddressMissing(field="address_id"))
        return
    distance = geo.distance_m(
        longitude=store.longitude,
        latitude=store.latitude,
        to_longitude=address.longitude,
        to_latitude=address.latitude,
    )
    if distance > store.delivery_radius_m:
        problems.append(OutOfRadius(field="address_id", distance_m=distance, radius_m=store.delivery_radius_m))
