"""Looking and choosing: stores, offers, the cart, what is given; and the member who leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog import api as catalog
from quanyu.modules.coupons.contracts import Offer as CouponOffer
from quanyu.modules.inventory import api as inventory
from quanyu.modules.mall.contracts import (
    NO_FILTERS,
    After,
    Cart,
    ConfirmationRefused,
    Entry,
    Filters,
    FlashOffer,
    Offer,
    OfferPage,
    OfferUnknown,
    PointsOffer,
    ShopperPlace,
    Sort,
)
from quanyu.modules.mall.ops import change_cart
from quanyu.modules.mall.ops.hold_carts import CartHolder
from quanyu.modules.mall.ops.merge_carts import CartFollower
from quanyu.modules.mall.queries import carts, offers, products, settings, shops
from quanyu.modules.mall.queries import coupon_centre as centre
from quanyu.modules.mall.queries import flash_sales as flash_queries
from quanyu.modules.mall.queries import live as live_queries
from quanyu.modules.mall.queries import points_offers as points_queries
from quanyu.modules.mall.queries import stores as store_queries
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import CodeRefused, DataHolder, MergeFollower
from quanyu.modules.orders.contracts import Channel
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location
from quanyu.modules.organization.contracts import Offer as Offered
from quanyu.modules.points import api as points
from quanyu.platform import db, features
from quanyu.platform.db import lean
from quanyu.platform.http.streams import Source


def enter(*, place: ShopperPlace | None, last_store_id: int | None, member_id: UUID | None, now: datetime) -> Entry:
    """Return the store a shopper enters by the configured rule (MALL-07)."""
    return store_queries.enter(place=place, last_store_id=last_store_id, member_id=member_id, now=now)


def nearest(
    *, place: ShopperPlace, within_m: int | None, offered: Offered | None, limit: int, now: datetime
) -> list[Location]:
    """Return the open stores nearest to a place, nearest first."""
    return organization.nearest_stores(
        longitude=place.longitude, latitude=place.latitude, limit=limit, within_m=within_m, offers=offered, now=now
    )


def stores(*, area_code: str | None, text: str, now: datetime) -> list[Location]:
    """Return the stores of an area whose name or address holds a text, by name."""
    return store_queries.stores(area_code=area_code, text=text, now=now)


def store(*, store_id: int, place: ShopperPlace | None, now: datetime) -> Location:
    """Return one store, with its distance when the place is given. Raises ``StoreUnknown``."""
    return store_queries.store(store_id=store_id, place=place, now=now)


def offer_page(
    *,
    store_id: int,
    token: str | None,
    text: str,
    category_id: int | None,
    sort: Sort,
    after: After | None,
    limit: int,
    now: datetime,
    filters: Filters = NO_FILTERS,
) -> lean.Read[OfferPage]:
    """Return the read of a page of what a store offers, with its stock and the prices of the token's bearer.

    Asking it raises ``StoreUnknown``. One statement.
    """
    return offers.page(
        store_id=store_id,
        token_hash=members.hash_of_token(token=token) if token else None,
        text=text,
        category_id=category_id,
        sort=sort,
        after=after,
        limit=limit,
        now=now,
        filters=filters,
    )


def product_page(
    *, store_id: int, product_id: int, token: str | None, place: ShopperPlace | None, now: datetime
) -> lean.Read[bytes]:
    """Return the read of a product's JSON as a store offers it, with the prices of the token's bearer. One statement.

    Asking it raises ``StoreUnknown`` and ``OfferUnknown``.
    """
    return products.product_page(
        store_id=store_id,
        product_id=product_id,
        token_hash=members.hash_of_token(token=token) if token else None,
        place=place,
        now=now,
    )


def availability_near(
    *,
    sku_ids: Sequence[int],
    place: ShopperPlace,
    within_m: int | None,
    offered: Offered | None,
    limit: int,
    now: datetime,
) -> lean.Read[bytes]:
    """Return the read of what the stores nearest to a place have of SKUs, as JSON. One statement."""
    return products.availability_near(
        sku_ids=sku_ids, place=place, within_m=within_m, offered=offered, limit=limit, now=now
    )


def scan(*, store_id: int, code: str, tier: str | None, now: datetime) -> Offer:
    """Return what a store sells under a scanned barcode (MALL-15). Raises ``BarcodeUnknown`` and ``OfferUnknown``."""
    found = catalog.by_barcode(code=code, settings_path=organization.settings_path(unit_id=store_id))
    shop = shops.shop(store_id=store_id, tier=tier, now=now)
    offered = offers.offers(shop=shop, sku_ids=[found.sku_id], now=now)
    if found.sku_id not in offered:
        raise OfferUnknown
    return offered[found.sku_id]


def require_live_stock(*, store_id: int) -> None:
    """Refuse a store without live stock (yet). Raises ``FeatureOff``."""
    features.require(settings.LIVE_STOCK, organization.settings_path(unit_id=store_id))


async def has_live_stock(*, store_id: int) -> bool:
    """Tell whether the store has live stock. On an event loop."""
    return await live_queries.is_on(store_id=store_id)


async def live_stock(*, store_id: int, sku_ids: frozenset[int] | None, last_event_id: str) -> Source | None:
    """Return the source of a store's live stream; ``None``: no such store is open. On an event loop."""
    kind = live_queries.kind(store_id=store_id)
    return await inventory.live(kind=kind, sku_ids=sku_ids, last_position=last_event_id)


def cart(*, member_id: UUID, store_id: int, tier: str | None, now: datetime) -> Cart:
    """Return a member's cart seen from a store, priced and counted at this moment. Raises ``StoreUnknown``."""
    return carts.cart(member_id=member_id, shop=shops.shop(store_id=store_id, tier=tier, now=now), now=now)


def add_to_cart(*, member_id: UUID, store_id: int, sku_id: int, quantity: int, tier: str | None, now: datetime) -> Cart:
    """Add so much of an offered SKU. Raises ``OfferUnknown``, ``CartFull``, ``CartQuantityTooLarge``."""
    shop = shops.shop(store_id=store_id, tier=tier, now=now)
    offered = offers.offers(shop=shop, sku_ids=[sku_id], now=now).get(sku_id)
    if offered is None:
        raise OfferUnknown(field="sku_id")
    limits = settings.of_store(settings.CART_PIECES_MAX.key, settings.CART_LINES_MAX.key, store_id=store_id)
    db.in_transaction(
        lambda: change_cart.add(
            member_id=member_id,
            store_id=store_id,
            sku_id=sku_id,
            quantity=quantity,
            quantity_max=limits[settings.CART_PIECES_MAX.key] * offered.sku.quantity_scale,
            lines_max=limits[settings.CART_LINES_MAX.key],
            now=now,
        )
    )
    return carts.cart(member_id=member_id, shop=shop, now=now)


def change_cart_line(
    *, member_id: UUID, store_id: int, sku_id: int, quantity: int | None, is_selected: bool | None, now: datetime
) -> None:
    """Set quantity or selection of a line. Raises ``CartLineUnknown``, ``CartQuantityTooLarge``."""
    limit = settings.of_store(settings.CART_PIECES_MAX.key, store_id=store_id)[settings.CART_PIECES_MAX.key]
    sku = catalog.skus(ids=[sku_id]).get(sku_id)
    db.in_transaction(
        lambda: change_cart.change(
            member_id=member_id,
            store_id=store_id,
            sku_id=sku_id,
            quantity=quantity,
            is_selected=is_selected,
            quantity_max=limit * (sku.quantity_scale if sku else 1),
            now=now,
        )
    )


def select_cart_lines(*, member_id: UUID, store_id: int, is_selected: bool, now: datetime) -> None:
    """Select or deselect every line of one store."""
    db.in_transaction(
        lambda: change_cart.select(member_id=member_id, store_id=store_id, is_selected=is_selected, now=now)
    )


def remove_from_cart(*, member_id: UUID, store_id: int, sku_ids: Sequence[int]) -> None:
    """Take lines out of the cart."""
    db.in_transaction(lambda: change_cart.remove(member_id=member_id, store_id=store_id, sku_ids=sku_ids))


def coupon_centre(
    *, store_id: int, member_id: UUID | None, text: str, category_id: int | None, now: datetime
) -> list[CouponOffer]:
    """Return what can be claimed for a store, by words and by category of goods. Raises ``StoreUnknown``."""
    shop = shops.shop(store_id=store_id, tier=None, now=now)
    return centre.offers(shop=shop, member_id=member_id, text=text, category_id=category_id, now=now)


def points_offers(*, store_id: int, tier: str | None, after: int, limit: int, now: datetime) -> list[PointsOffer]:
    """Return what a store gives for points, after an offer's id; nothing where it has no points mall (yet).

    Raises ``StoreUnknown``.
    """
    shop = shops.shop(store_id=store_id, tier=tier, now=now)
    if not features.is_on(points.POINTS_MALL, organization.settings_path_of(shop.path)):
        return []
    return points_queries.points_offers(shop=shop, after=after, limit=limit, now=now)


def flash_sales(*, store_id: int, tier: str | None, member_id: UUID | None, now: datetime) -> list[FlashOffer]:
    """Return the flash sales that run or are to come at a store, the first to start first. Raises ``StoreUnknown``."""
    shop = shops.shop(store_id=store_id, tier=tier, now=now)
    return flash_queries.flash_sales(shop=shop, member_id=member_id, now=now)


def erase(*, phone: str, code: str, actor: Actor, now: datetime) -> None:
    """Erase the member who acts and proves it by a fresh code; the sign-in with which the code is used up ends.

    Raises ``ConfirmationRefused`` for a wrong code and for somebody else's phone, ``RateLimited``, and what members
    say of an erasure that cannot be yet.
    """
    try:
        proved = members.sign_in(phone=phone, code=code, channel=Channel.MALL, now=now)
    except CodeRefused:
        raise ConfirmationRefused(field="code") from None
    members.sign_out(token=proved.token, now=now)
    if str(proved.member.id) != actor.id:
        raise ConfirmationRefused(field="code")
    members.erase_member(member_id=proved.member.id, actor=actor, now=now)


def data_holder() -> DataHolder:
    """Return what hands the cart out and forgets it with its member. Registered by entrypoints."""
    return CartHolder()


def merge_follower() -> MergeFollower:
    """Return what moves carts when two members turn out to be one person. Registered by entrypoints."""
    return CartFollower()
