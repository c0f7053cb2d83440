"""From a command to a priced order: what is sold, at which price, from where, and what speaks against it.

Reads only. Prices come from the price chain of ``promotions``; nothing here knows a discount. Stock figures in
the result are hints: placing the order decides (reserve = check).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from quanyu.kernel import geo
from quanyu.kernel.money import format_yuan, line_amount
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog.contracts import Sellable, SkuInfo
from quanyu.modules.checkout.contracts import (
    AddressMissing,
    DeliveryNotOffered,
    HomeDeliveryBelow,
    HomeTooFar,
    NotForSale,
    OutOfRadius,
    PlaceOrder,
    WantedLine,
)
from quanyu.modules.checkout.ops import options as checkout_options
from quanyu.modules.checkout.ops.read_rights import ADDRESSED, Rights
from quanyu.modules.checkout.rules import commands as command_rules
from quanyu.modules.checkout.rules import rights as right_rules
from quanyu.modules.checkout.rules import sources
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import AddressUnknown, DeliveryAddress
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.organization.contracts import Location
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import SpendingRule
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import (
    Basket,
    BasketLine,
    Campaign,
    FreightFacts,
    ManualDiscountTooLarge,
    PointsFacts,
)
from quanyu.modules.promotions.contracts import Quote as PriceQuote
from quanyu.platform import features

# Of an area's code: province and city.
_CITY_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything about one store, channel and tier that pricing needs (``read_shops``): good for many orders.

    ``gifts`` are the SKUs that campaigns and coupons may give, as many as they like: stock decides when the order is
    placed. ``spending`` is how points pay here, read when a command asks for it. ``bought_before``: members whom no
    new-customer price is for. ``area_names`` are those of the addresses that commands name.
    """

    store: Location
    path: tuple[int, ...]
    options: checkout_options.Options
    warehouses: tuple[Location, ...]
    campaigns: tuple[Campaign, ...]
    skus: Mapping[int, SkuInfo]
    sellable: Mapping[int, Sellable]
    prices: Mapping[int, PriceSet]
    owners: Mapping[int, tuple[int, ...]]
    gifts: Mapping[int, BasketLine]
    spending: SpendingRule | None
    bought_before: frozenset[UUID]
    area_names: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class PricedOrder:
    """A command with its price. ``problems`` are in the order of the fields they concern."""

    command: PlaceOrder
    shop: Shop
    basket: Basket
    price: PriceQuote
    address: DeliveryAddress | None
    sources: tuple[int, ...]
    problems: tuple[Problem, ...]


def price(
    command: PlaceOrder, *, shop: Shop, rights: Rights, at: datetime, balance: int = command_rules.POINTS_MAX
) -> PricedOrder:
    """Price one command in a shop that was read for it. Lines that cannot be sold are left out of the price.

    ``balance``: the points that the member has, for a quote; by default placing the order finds out.
    """
    problems: list[Problem] = []
    address = _address(command, shop, rights, problems)
    if command.points and not shop.options.pays_with_points:
        problems.append(features.off(points.PAY_WITH_POINTS, field="points"))
    basket = replace(
        _basket(command, shop=shop, rights=rights, problems=problems, at=at), points=_points(command, shop, balance)
    )
    try:
        priced = promotions.price(basket=basket)
    except ManualDiscountTooLarge as problem:
        problems.append(problem)
        undiscounted = tuple(replace(line, manual_discount_fen=0) for line in basket.lines)
        basket = replace(basket, lines=undiscounted)
        priced = promotions.price(basket=basket)
    problems += right_rules.refusals(command, basket=basket, price=priced)
    if command.is_brought_home:
        problems += _below_home(priced, shop)
    return PricedOrder(
        command=command,
        shop=shop,
        basket=basket,
        price=priced,
        address=address,
        sources=sources_of(command, shop),
        problems=tuple(problems),
    )


def _below_home(priced: PriceQuote, shop: Shop) -> list[Problem]:
    """Refuse to bring home a purchase below the store's amount; points count as what they are worth."""
    from_fen = shop.options.way.home_from_fen
    missing_fen = from_fen - sum(line.net_fen + line.points_fen for line in priced.lines)
    if missing_fen <= 0:
        return []
    amounts = {"from_yuan": format_yuan(from_fen), "missing_yuan": format_yuan(missing_fen)}
    return [HomeDeliveryBelow(field="delivery", from_fen=from_fen, missing_fen=missing_fen, **amounts)]


def sources_of(command: PlaceOrder, shop: Shop) -> tuple[int, ...]:
    """Return the locations that may fulfil the order, in the order in which they are tried."""
    return tuple(sources.candidates(delivery=command.delivery, store=shop.store, warehouses=shop.warehouses))


def without_gifts(one: PricedOrder, sku_ids: frozenset[int]) -> PricedOrder:
    """Price an order again without gifts that are short; nothing else of it changes."""
    gifts = {sku_id: line for sku_id, line in one.basket.gifts.items() if sku_id not in sku_ids}
    basket = replace(one.basket, gifts=gifts)
    return replace(one, basket=basket, price=promotions.price(basket=basket))


def as_known_customer(one: PricedOrder) -> PricedOrder:
    """Price the order of a member who has bought meanwhile again, without the prices for new customers."""
    basket = replace(one.basket, member=one.basket.member and replace(one.basket.member, is_new=False))
    priced = promotions.price(basket=basket)
    problems = right_rules.refusals(one.command, basket=basket, price=priced)
    return replace(one, basket=basket, price=priced, problems=tuple(problems))


def _basket(command: PlaceOrder, *, shop: Shop, rights: Rights, problems: list[Problem], at: datetime) -> Basket:
    """Return the basket that the command makes in the shop, with the coupons of its member."""
    # What was sold elsewhere has its price already: no campaign and no freight of today may change it.
    happened = any(line.journal for line in command.lines)
    is_new = command.member_id is not None and command.member_id not in shop.bought_before
    return Basket(
        channel=command.channel.value,
        store_id=command.store_id,
        member=rights.member_facts(command, is_new=is_new),
        lines=tuple(_sold_lines(command, shop, rights, problems, at=at)),
        freight=FreightFacts(
            delivery=command.delivery.value,
            base_fen=0 if happened or command.is_brought_home else shop.options.freight_fen.get(command.delivery, 0),
            free_from_fen=shop.options.free_from_fen.get(command.delivery),
        ),
        campaigns=() if happened else shop.campaigns,
        at=at,
        store_path=shop.path,
        coupons=tuple(rights.coupons_of(command)),
        gifts={} if happened else shop.gifts,
    )


def _points(command: PlaceOrder, shop: Shop, balance: int) -> PointsFacts | None:
    rule = shop.spending
    if rule is None or command.member_id is None or not shop.options.pays_with_points:
        return None
    return PointsFacts(
        wanted=command.points,
        balance=balance,
        points_per_yuan=rule.points_per_yuan,
        cap_bp=rule.cap_bp,
        least=rule.least,
        step=rule.step,
    )


def _sold_lines(
    command: PlaceOrder, shop: Shop, rights: Rights, problems: list[Problem], *, at: datetime
) -> list[BasketLine]:
    sold = []
    for index, line in enumerate(command.lines):
        problem = _refusal(line, command=command, shop=shop, field=f"lines.{index}.sku_id")
        if problem is None and line.points_offer_id is not None and not shop.options.points_mall:
            problem = features.off(points.POINTS_MALL, field=f"lines.{index}.points_offer_id")
        elif problem is None and line.points_offer_id is not None:
            problem = right_rules.offer_refusal(
                line,
                offers=rights.offers,
                path=shop.path,
                level=rights.level_of(command.member_id),
                index=index,
                at=at,
            )
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
                offer=rights.offer_facts(line.points_offer_id),
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
    # The till sells what the customer holds in his hand, listed or not, and orders what the store does not list.
    if not offer.listed:
        return None if command.channel is Channel.POS else NotForSale(field=field, name=sku.name)
    if command.is_brought_home:
        return None
    allowed = {
        Delivery.PICKUP: offer.pickup,
        Delivery.EXPRESS: offer.express,
        Delivery.INSTANT: offer.instant,
    }
    if not allowed.get(command.delivery, True):
        return DeliveryNotOffered(field=field, name=sku.name)
    return None


def _address(command: PlaceOrder, shop: Shop, rights: Rights, problems: list[Problem]) -> DeliveryAddress | None:
    store = shop.store
    offered = {
        Delivery.PICKUP: store.offers_pickup,
        Delivery.EXPRESS: store.offers_express,
        Delivery.INSTANT: store.offers_instant,
        Delivery.IN_STORE: store.offers_in_store,
    }
    if command.channel is Channel.POS:
        # Parcels come from wherever the goods are; what was bought here is brought where the store says so.
        offered |= {Delivery.EXPRESS: True, Delivery.INSTANT: shop.options.way.delivers_home}
    if not offered.get(command.delivery, True):
        problems.append(DeliveryNotOffered(field="delivery"))
    if command.delivery not in ADDRESSED or any(line.journal for line in command.lines):
        return None
    if command.member_id is None or command.address_id is None:
        problems.append(AddressMissing(field="address_id"))
        return None
    sealed = rights.addresses.get((command.member_id, command.address_id))
    if sealed is None:
        raise AddressUnknown(field="address_id")
    address = members.opened_address(sealed=sealed, area_name=shop.area_names.get(sealed.area_code) or "")
    is_placed = address.longitude is not None and address.latitude is not None
    if command.delivery is Delivery.INSTANT and (is_placed or not command.is_brought_home):
        _check_radius(address, store, problems)
    elif command.is_brought_home and sealed.area_code[:_CITY_DIGITS] != store.area_code[:_CITY_DIGITS]:
        # Nobody knows how far a street is that was only told; the city is known.
        problems.append(HomeTooFar(field="address_id"))
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
