"""The screens in stores (MALL-19, EA-01 to EA-03): who they are, what they show, what they hand over to a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import Device, DeviceKind
from quanyu.modules.mall.contracts import OfferUnknown
from quanyu.modules.mall.contracts.kiosk import (
    Handover,
    HandoverState,
    HandoverWish,
    Kiosk,
    NewHandover,
    ShownGuide,
    Supply,
)
from quanyu.modules.mall.ops import hand_over as hand_over_op
from quanyu.modules.mall.queries import handovers, offers, settings, shops
from quanyu.modules.mall.queries import kiosk as queries
from quanyu.platform import db, rate

HANDOVERS_PER_MINUTE = 30


def enrol_kiosk(*, code: str, address: str, now: datetime) -> tuple[Kiosk, str]:
    """Exchange an enrolment code for a screen and its token. Raises ``CodeUnknown`` or ``RateLimited``.

    The code of another kind of device is none here.
    """
    device = identity.enrol(code=code, address=address, now=now, kind=DeviceKind.KIOSK)
    return _kiosk(identity.devices(ids=[device.device_id])[device.device_id], now=now), device.token


def kiosk_of(*, actor: Actor, now: datetime) -> Kiosk:
    """Return the screen that asks. Raises ``Unauthenticated`` without one, ``StoreUnknown`` where its store is shut."""
    return _kiosk(identity.device_of(actor=actor), now=now)


def store_id_of(*, actor: Actor) -> int:
    """Return the store of the screen that asks. Raises ``Unauthenticated`` without one."""
    return identity.device_of(actor=actor).unit_id


def supply(*, sku_id: int, actor: Actor, now: datetime) -> Supply:
    """Return where a SKU would come from for this screen's store. Raises ``OfferUnknown`` and ``StoreUnknown``."""
    shop = shops.shop(store_id=store_id_of(actor=actor), tier=None, now=now)
    return queries.supply(shop=shop, sku_id=sku_id, actor=actor, now=now)


def shown_guides(*, store_id: int, product_id: int | None, tier: str | None, now: datetime) -> list[ShownGuide]:
    """Return the outfits and tutorials that a store shows, newest first. Raises ``StoreUnknown``."""
    return queries.guides(shop=shops.shop(store_id=store_id, tier=tier, now=now), product_id=product_id, now=now)


def shown_guide(*, store_id: int, guide_id: int, tier: str | None, now: datetime) -> ShownGuide:
    """Return an outfit or tutorial that a store shows. Raises ``StoreUnknown`` and ``GuideUnknown``."""
    return queries.guide(shop=shops.shop(store_id=store_id, tier=tier, now=now), guide_id=guide_id, now=now)


def hand_over(*, wishes: Sequence[HandoverWish], actor: Actor, now: datetime) -> NewHandover:
    """Put down what was chosen on this screen, for the phone that takes it in time.

    Raises ``OfferUnknown`` for what its store does not offer, ``RateLimited``.
    """
    device = identity.device_of(actor=actor)
    rate.hit("mall.handover", device.id, HANDOVERS_PER_MINUTE, 60, now)
    shop = shops.shop(store_id=device.unit_id, tier=None, now=now)
    offered = offers.offers(shop=shop, sku_ids=sorted({wish.sku_id for wish in wishes}), now=now)
    for place, wish in enumerate(wishes):
        if wish.sku_id not in offered:
            raise OfferUnknown(field=f"lines.{place}.sku_id")
    minutes = settings.of_store(queries.HANDOVER_MINUTES.key, store_id=device.unit_id)[queries.HANDOVER_MINUTES.key]
    return db.in_transaction(
        lambda: hand_over_op.put_down(
            wishes=wishes,
            device_id=UUID(device.id),
            store_id=device.unit_id,
            lasts=timedelta(minutes=minutes),
            now=now,
        )
    )


def handover_state(*, handover_id: UUID, actor: Actor, now: datetime) -> HandoverState:
    """Return whether a hand-over of this screen was taken. Raises ``HandoverUnknown``, also for another screen's."""
    device = identity.device_of(actor=actor)
    return handovers.state(handovers.of_device(handover_id=handover_id, device_id=UUID(device.id)), now=now)


def look_at_handover(*, token: str, tier: str | None, now: datetime) -> Handover:
    """Return what waits under a token, with what would become of each line. Raises ``HandoverUnknown``."""
    head = handovers.by_token(token_hash=hand_over_op.hash_of(token))
    return handovers.shown(head, shop=shops.shop(store_id=head.store_id, tier=tier, now=now), now=now)


def take_handover(*, token: str, member_id: UUID, tier: str | None, now: datetime) -> Handover:
    """Take what waits under a token into the member's cart of the screen's store; again, nothing changes.

    An order of these goods is that store's, as every order of its cart (EA-03). Raises ``HandoverUnknown``,
    ``HandoverTaken``, ``HandoverLapsed``.
    """
    head = handovers.by_token(token_hash=hand_over_op.hash_of(token))
    shop = shops.shop(store_id=head.store_id, tier=tier, now=now)
    db.in_transaction(lambda: hand_over_op.take(token=token, member_id=member_id, shop=shop, now=now))
    return handovers.shown(handovers.by_token(token_hash=hand_over_op.hash_of(token)), shop=shop, now=now)


def _kiosk(device: Device, *, now: datetime) -> Kiosk:
    told = settings.of_store(queries.IDLE_SECONDS.key, queries.HANDOVER_MINUTES.key, store_id=device.unit_id)
    return Kiosk(
        device_id=UUID(device.id),
        name=device.name,
        store=shops.shop(store_id=device.unit_id, tier=None, now=now).store,
        idle_seconds=told[queries.IDLE_SECONDS.key],
        handover_minutes=told[queries.HANDOVER_MINUTES.key],
    )
