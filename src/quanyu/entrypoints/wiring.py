"""Who answers whom: gateways, listeners, event handlers and duties by the clock, in one readable place.

Modules below know nothing of the ones above; where they need them they own a protocol, and here the two meet.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection

from quanyu.entrypoints import parcels, wechat
from quanyu.entrypoints.price_trial import TrialRights
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.checkout import api as checkout
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons import handlers as coupon_handlers
from quanyu.modules.flash import api as flash
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.identity import api as identity
from quanyu.modules.insights import api as insights
from quanyu.modules.insights import handlers as insights_handlers
from quanyu.modules.loyalty import api as loyalty
from quanyu.modules.loyalty import handlers as loyalty_handlers
from quanyu.modules.mall import api as mall
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import DataHolder, MergeFollower
from quanyu.modules.members.events import MemberCreated
from quanyu.modules.members.ops.code_sending import LoggedCodes
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.events import OrderCancelled, OrderCompleted, OrderPaid, OrderReturned
from quanyu.modules.partners import api as partners
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Tender
from quanyu.modules.payments.providers.alipay.config import AlipayConfig
from quanyu.modules.payments.providers.opening import open_gateway
from quanyu.modules.payments.providers.transport import Answer, Transport
from quanyu.modules.payments.providers.wechatpay.config import WechatPayConfig
from quanyu.modules.payments.simulators import keys as simulator_keys
from quanyu.modules.points import api as points
from quanyu.modules.promotions import api as promotions
from quanyu.modules.tiers import api as tiers
from quanyu.platform import db, outbox
from quanyu.platform.config import ConfigError
from quanyu.platform.http_client import NetworkInTransaction

SIMULATOR_URL = "QUANYU_PAYMENT_SIMULATOR_URL"
SIMULATOR_PUBLIC_URL = "QUANYU_PAYMENT_SIMULATOR_PUBLIC_URL"
LIVE_CONFIGS: Mapping[Tender, tuple[str, type[WechatPayConfig | AlipayConfig]]] = {
    Tender.WECHAT: ("QUANYU_WECHATPAY", WechatPayConfig),
    Tender.ALIPAY: ("QUANYU_ALIPAY", AlipayConfig),
}


@dataclass(frozen=True, slots=True)
class Duty:
    """Work that the background process does again and again, ``every_s`` seconds apart."""

    name: str
    every_s: float
    work: Callable[[datetime], object]


DUTIES = (
    Duty("checkout.expire_unpaid_orders", 10, lambda now: checkout.expire_due(now=now)),
    Duty("payments.ask_about_payments", 5, lambda now: payments.ask_about_due(now=now)),
    Duty("payments.send_refunds", 3, lambda now: payments.send_due_refunds(now=now)),
    Duty("members.imports", 3, lambda now: members.go_on_with_imports(now=now)),
    Duty("fulfilment.ask_about_parcels", 5, lambda now: fulfilment.ask_about_due(now=now)),
    Duty("partners.take_files", 3, lambda now: partners.take_files_due(now=now)),
    Duty("insights.add_up", 3, lambda now: insights.add_up_due(now=now)),
    Duty("insights.learn_habits", 300, lambda now: insights.learn_habits_due(now=now)),
)


# Who moves rows along when two members become one, in the order of the locks.
FOLLOWERS: tuple[Callable[[], MergeFollower], ...] = (
    orders.merge_follower,
    coupons.merge_follower,
    points.merge_follower,
    flash.merge_follower,
    tiers.merge_follower,
    mall.merge_follower,
)


# Who hands out, and forgets, what is kept of a member.
HOLDERS: tuple[Callable[[], DataHolder], ...] = (
    loyalty.data_holder,
    flash.data_holder,
    aftersales.data_holder,
    fulfilment.data_holder,
    mall.data_holder,
)

# Who hears of which fact: topic, permanent name of the handler, the handler.
LISTENERS: tuple[tuple[str, str, outbox.Handler], ...] = (
    (MemberCreated.topic, "coupons.new_member_pack", coupon_handlers.give_new_member_pack),
    (OrderCompleted.topic, "loyalty.reward", loyalty_handlers.order_completed),
    (OrderReturned.topic, "loyalty.take_back_growth", loyalty_handlers.order_returned),
    (OrderPaid.topic, "insights.paid", insights_handlers.sale_changed),
    (OrderCancelled.topic, "insights.cancelled", insights_handlers.sale_changed),
    (OrderReturned.topic, "insights.returned", insights_handlers.goods_came_back),
)


class OutsideTransactions(Transport):
    """Talks to providers, but never while a database transaction holds locks."""

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        client_certificate: tuple[str, str] | None = None,
    ) -> Answer:
        """Send a request. Raises ``NetworkInTransaction`` before anything leaves."""
        if connection.in_atomic_block:
            raise NetworkInTransaction(f"{method} to a payment provider while a transaction is open")
        return super().send(method, url, headers=headers, body=body, client_certificate=client_certificate)


def connect() -> None:
    """Join the modules in this process; safe to repeat."""
    payments.register_listener(listener=checkout.payment_listener())
    for act in (aftersales.approved_act(), checkout.approved_cancellation()):
        identity.register_act(act=act)
    for follower in FOLLOWERS:
        members.follow_merges(follower=follower())
    for holder in HOLDERS:
        members.hold_data(holder=holder())
    for topic, name, handler in LISTENERS:
        outbox.listen(topic, name, handler)
    if settings.CONFIG.is_trial:
        members.use_code_sender(LoggedCodes(shows_codes=settings.CONFIG.demo))
    members.use_wechat(wechat.mini_program())
    promotions.use_rights_source(source=TrialRights())
    flash.use_unpaid_source(source=_waiting_for_payment)
    connect_gateways()
    parcels.connect()


def _waiting_for_payment(order_ids: Sequence[UUID]) -> list[UUID]:
    found = db.rows("SELECT id FROM orders_order WHERE id = ANY(%s) AND state = 'placed'", [list(order_ids)])
    return [row["id"] for row in found]


def connect_gateways() -> None:
    """Open a gateway per configured provider: the simulator's where its address is given, else the live one.

    A live configuration is a JSON text in the environment (``QUANYU_WECHATPAY``, ``QUANYU_ALIPAY``): secrets come
    from nowhere else. A provider without configuration is simply not offered. Raises ``ConfigError`` for a
    simulator outside of a demo: it would hand goods out for money that nobody pays.
    """
    transport = OutsideTransactions()
    for tender, config in _configs().items():
        payments.register_gateway(tender=tender, gateway=open_gateway(config, transport=transport))


def _configs() -> dict[Tender, WechatPayConfig | AlipayConfig]:
    simulator = os.environ.get(SIMULATOR_URL)
    if simulator and not settings.CONFIG.is_trial:
        raise ConfigError(
            f"{SIMULATOR_URL} is set, but this is no demo.\n"
            "  -> Remove it and configure the real providers, or set QUANYU_DEMO=1 on a machine without real orders."
        )
    if simulator:
        keys = simulator_keys.load_or_create(settings.CONFIG.home / "simulators")
        public = os.environ.get(SIMULATOR_PUBLIC_URL, "")
        return {
            Tender.WECHAT: simulator_keys.wechatpay_config(keys, simulator, public_url=public),
            Tender.ALIPAY: simulator_keys.alipay_config(keys, simulator, public_url=public),
        }
    return {
        tender: msgspec.json.decode(os.environ[variable], type=kind)
        for tender, (variable, kind) in LIVE_CONFIGS.items()
        if os.environ.get(variable)
    }
