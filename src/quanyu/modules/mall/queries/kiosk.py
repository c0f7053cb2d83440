"""What a screen in a store shows beside the mall's own pages: where goods would come from, outfits and tutorials."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.api import guides as catalog_guides
from quanyu.modules.catalog.contracts.guides import Guide, GuideUnknown
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PlaceOrder, WantedLine
from quanyu.modules.mall.contracts import Offer, OfferUnknown, Shop
from quanyu.modules.mall.contracts.kiosk import ShownGuide, Supply
from quanyu.modules.mall.queries import offers
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.organization import api as organization
from quanyu.platform import settings_tree
from quanyu.platform.settings_tree import Kind, Level, Setting

_STORE = (Level.BRAND, Level.UNIT)
IDLE_SECONDS = settings_tree.define(
    Setting(
        "mall.kiosk_idle_seconds",
        Kind.INTEGER,
        60,
        _STORE,
        N_("A kiosk that nobody touches begins anew after (s)"),
        minimum=20,
        maximum=900,
    )
)
HANDOVER_MINUTES = settings_tree.define(
    Setting(
        "mall.kiosk_handover_minutes",
        Kind.INTEGER,
        30,
        _STORE,
        N_("The code on a kiosk can be taken by a phone for (min)"),
        minimum=5,
        maximum=240,
    )
)


def supply(*, shop: Shop, sku_id: int, actor: Actor, now: datetime) -> Supply:
    """Return where a SKU would come from: the shelf here, else the location that checkout would send a parcel from.

    Raises ``OfferUnknown``. What lies here costs three statements; only what does not asks checkout for a quote.
    """
    offer = offers.offers(shop=shop, sku_ids=[sku_id], now=now).get(sku_id)
    if offer is None:
        raise OfferUnknown(field="sku_id")
    if offer.available > 0 or offer.express_available <= 0:
        return Supply(sku_id=sku_id, here=offer.available, source=None, arrives_by=None)
    # The one order path says from where and by when; a quote reads only.
    quoted = checkout.quote(
        command=PlaceOrder(
            id=uuid7(),
            channel=Channel.MALL,
            store_id=shop.store.unit.id,
            delivery=Delivery.EXPRESS,
            lines=(WantedLine(sku_id=sku_id, quantity=min(offer.sku.quantity_scale, offer.express_available)),),
        ),
        actor=actor,
        now=now,
    )
    from_id = quoted.lines[0].location_id
    if from_id == shop.store.unit.id:
        return Supply(sku_id=sku_id, here=0, source=None, arrives_by=None)
    source = organization.units(ids=[from_id])[from_id]
    return Supply(sku_id=sku_id, here=0, source=source, arrives_by=quoted.way.promised_at)


def guides(*, shop: Shop, product_id: int | None, now: datetime) -> list[ShownGuide]:
    """Return what the store shows, of a product or of all: those of whose goods it offers at least one."""
    found = catalog_guides.shown_guides(path=shop.path, product_id=product_id, now=now)
    return [one for one in _with_goods(found, shop=shop, now=now) if any(offered for _id, offered in one.goods)]


def guide(*, shop: Shop, guide_id: int, now: datetime) -> ShownGuide:
    """Return one that the store shows. Raises ``GuideUnknown``, also for a draft and another unit's."""
    found = catalog_guides.guide(guide_id=guide_id)
    if not found.is_shown(now) or found.unit_id not in shop.path:
        raise GuideUnknown(field="guide_id")
    return _with_goods([found], shop=shop, now=now)[0]


def _with_goods(found: Sequence[Guide], *, shop: Shop, now: datetime) -> list[ShownGuide]:
    """Put what the store offers beside each; five statements for any number."""
    products = catalog.products(ids={id_ for one in found for id_ in one.product_ids})
    sku_ids = [sku_id for product in products.values() if product.is_active for sku_id in product.sku_ids]
    offered = offers.offers(shop=shop, sku_ids=sku_ids, now=now) if sku_ids else {}

    def variants(product_id: int) -> tuple[Offer, ...]:
        return tuple(offered[sku_id] for sku_id in products[product_id].sku_ids if sku_id in offered)

    return [
        ShownGuide(guide=one, goods=tuple((id_, variants(id_)) for id_ in one.product_ids if id_ in products))
        for one in found
    ]
