"""The order book: orders, lines with their economics, discounts by bearer, states with history."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.catalog.models import Sku
from quanyu.modules.identity.models import Staff
from quanyu.modules.members.models import Member
from quanyu.modules.orders.contracts import Channel, Delivery, State
from quanyu.modules.organization.models import Unit

CHANNEL_LABELS = {
    Channel.MALL: _("Mall"),
    Channel.POS: _("Till"),
    Channel.KIOSK: _("Kiosk"),
    Channel.ASSISTANT: _("Associate"),
    Channel.B2B: _("Dealer ordering"),
    Channel.MARKET: _("Marketplace"),
}
DELIVERY_LABELS = {
    Delivery.PICKUP: _("Pickup in store"),
    Delivery.EXPRESS: _("Express"),
    Delivery.INSTANT: _("Instant delivery"),
    Delivery.IN_STORE: _("Consume in store"),
    Delivery.CARRY_OUT: _("Taken along"),
}
STATE_LABELS = {
    State.PLACED: _("Waiting for payment"),
    State.PAID: _("Paid"),
    State.COMPLETED: _("Completed"),
    State.CANCELLED: _("Cancelled"),
}


class Order(models.Model):
    """One order of any channel. Its id is made by the client and is its permanent natural key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("order number"), max_length=32, unique=True)
    channel = models.CharField(_("channel"), max_length=10, choices=list(CHANNEL_LABELS.items()))
    delivery = models.CharField(_("delivery"), max_length=10, choices=list(DELIVERY_LABELS.items()))
    state = models.CharField(_("state"), max_length=10, choices=list(STATE_LABELS.items()))
    selling_store = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", verbose_name=_("selling store"), db_index=False
    )
    member = models.ForeignKey(
        Member,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("member"),
        db_index=False,
    )
    staff = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cashier"),
        db_index=False,
    )
    terminal_id = models.UUIDField(_("till"), null=True, blank=True)
    terminal_seq = models.BigIntegerField(_("till's number"), null=True, blank=True)
    shift_id = models.UUIDField(null=True, blank=True)
    command_sha256 = models.BinaryField(max_length=32, editable=False)
    source = models.CharField(_("source"), max_length=60, default="", db_default="", blank=True)
    goods_fen = models.BigIntegerField(_("goods (fen)"))
    discount_fen = models.BigIntegerField(_("discounts (fen)"))
    coupon_fen = models.BigIntegerField(_("coupons (fen)"), default=0, db_default=0)
    points_fen = models.BigIntegerField(_("points (fen)"), default=0, db_default=0)
    points_spent = models.BigIntegerField(_("points spent"), default=0, db_default=0)
    # The coupons it used, as they were: [{"id", "code", "kind", "label", "amount_fen"}].
    coupons = models.JSONField(_("coupons used"), default=list, db_default=Value([], models.JSONField()))
    freight_fen = models.BigIntegerField(_("freight (fen)"), default=0, db_default=0)
    payable_fen = models.BigIntegerField(_("payable (fen)"))
    paid_fen = models.BigIntegerField(_("paid (fen)"), default=0, db_default=0)
    refunded_fen = models.BigIntegerField(_("refunded (fen)"), default=0, db_default=0)
    withheld_fen = models.BigIntegerField(_("withheld from refunds (fen)"), default=0, db_default=0)
    freight_refunded_fen = models.BigIntegerField(_("freight refunded (fen)"), default=0, db_default=0)
    points_restored = models.BigIntegerField(_("points restored"), default=0, db_default=0)
    address_encrypted = models.BinaryField(null=True, editable=False)
    address_masked = models.CharField(_("delivery address"), max_length=200, default="", db_default="", blank=True)
    pickup_code = models.CharField(max_length=12, default="", db_default="", blank=True, editable=False)
    note = models.CharField(_("note"), max_length=200, default="", db_default="", blank=True)
    placed_at = models.DateTimeField(_("placed at"))
    promised_at = models.DateTimeField(_("promised for"), null=True, blank=True)
    pay_before = models.DateTimeField(_("to be paid before"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancel_reason = models.CharField(_("reason of cancellation"), max_length=40, default="", db_default="", blank=True)

    class Meta:
        db_table = "orders_order"
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.CheckConstraint(
                name="orders_order_adds_up",
                condition=Q(
                    payable_fen=F("goods_fen")
                    - F("discount_fen")
                    - F("coupon_fen")
                    - F("points_fen")
                    + F("freight_fen")
                ),
            ),
            models.CheckConstraint(
                name="orders_order_amounts",
                condition=Q(payable_fen__gte=0)
                & Q(goods_fen__gte=0)
                & Q(discount_fen__gte=0)
                & Q(coupon_fen__gte=0)
                & Q(points_fen__gte=0)
                & Q(freight_fen__gte=0),
            ),
            models.CheckConstraint(
                name="orders_order_points_have_a_member",
                condition=Q(points_spent=0, points_fen=0) | Q(points_spent__gt=0, member__isnull=False),
            ),
            models.CheckConstraint(
                name="orders_order_points_restored_within_spent",
                condition=Q(points_restored__gte=0) & Q(points_restored__lte=F("points_spent")),
            ),
            models.CheckConstraint(
                name="orders_order_withheld",
                condition=Q(withheld_fen__gte=0)
                & Q(freight_refunded_fen__gte=0)
                & Q(freight_refunded_fen__lte=F("freight_fen")),
            ),
            models.CheckConstraint(
                name="orders_order_paid_within_payable",
                condition=Q(paid_fen__gte=0) & Q(paid_fen__lte=F("payable_fen")),
            ),
            models.CheckConstraint(
                name="orders_order_refund_within_paid",
                condition=Q(refunded_fen__gte=0) & Q(refunded_fen__lte=F("paid_fen")),
            ),
            models.CheckConstraint(
                name="orders_order_state_known",
                condition=Q(state__in=[state.value for state in State]),
            ),
            models.CheckConstraint(
                name="orders_order_paid_is_whole",
                condition=~Q(state__in=["paid", "completed"])
                | (Q(paid_at__isnull=False) & Q(paid_fen=F("payable_fen"))),
            ),
            models.UniqueConstraint(fields=["terminal_id", "terminal_seq"], name="orders_order_one_per_till_number"),
            models.UniqueConstraint(
                fields=["selling_store", "pickup_code"],
                condition=Q(state__in=["placed", "paid"]) & ~Q(pickup_code=""),
                name="orders_order_pickup_code_once",
            ),
        ]
        indexes = [
            models.Index(fields=["selling_store", "-placed_at"], name="orders_order_store"),
            models.Index(
                fields=["member", "-placed_at"],
                condition=Q(member__isnull=False),
                name="orders_order_member",
            ),
            models.Index(fields=["-placed_at"], name="orders_order_newest"),
            models.Index(fields=["pay_before"], condition=Q(state="placed"), name="orders_order_unpaid"),
            # Few among a million: a list of them would else walk over all that is done.
            models.Index(
                fields=["state", "-placed_at"], condition=Q(state__in=["placed", "paid"]), name="orders_order_under_way"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Wish(models.Model):
    """How an order shall come: a slot for its pickup, and as a present. Only orders that wish something have one.

    What stands on the card is sealed: it names people. It is forgotten with its member.
    """

    order = models.OneToOneField(
        Order, models.PROTECT, primary_key=True, related_name="wish", verbose_name=_("order"), db_constraint=True
    )
    pickup_from = models.DateTimeField(_("fetched from"), null=True, blank=True)
    pickup_until = models.DateTimeField(_("fetched until"), null=True, blank=True)
    is_gift = models.BooleanField(_("present"), default=False, db_default=False)
    wrap = models.BooleanField(_("wrapped as a present"), default=False, db_default=False)
    hide_prices = models.BooleanField(_("no prices in the parcel"), default=False, db_default=False)
    card_encrypted = models.BinaryField(null=True, editable=False)

    class Meta:
        db_table = "orders_wish"
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        constraints = [
            models.CheckConstraint(
                name="orders_wish_slot_is_whole",
                condition=Q(pickup_from__isnull=True, pickup_until__isnull=True)
                | Q(pickup_from__isnull=False, pickup_until__isnull=False, pickup_until__gt=F("pickup_from")),
            ),
            models.CheckConstraint(
                name="orders_wish_wishes_something",
                condition=Q(is_gift=True) | Q(pickup_from__isnull=False),
            ),
            models.CheckConstraint(
                name="orders_wish_of_a_gift",
                condition=Q(is_gift=True) | Q(wrap=False, hide_prices=False, card_encrypted__isnull=True),
            ),
        ]


class Line(models.Model):
    """What was sold, by whom, from where, to whose credit, and every fen of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="lines", verbose_name=_("order"), db_index=False)
    number = models.SmallIntegerField(_("line"))
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"), db_index=False)
    name = models.CharField(_("name"), max_length=140)
    quantity = models.BigIntegerField(_("quantity"))
    quantity_scale = models.SmallIntegerField(_("base units per priced unit"))
    unit_price_fen = models.BigIntegerField(_("unit price (fen)"))
    list_fen = models.BigIntegerField(_("list amount (fen)"))
    discount_fen = models.BigIntegerField(_("discounts (fen)"), default=0, db_default=0)
    coupon_fen = models.BigIntegerField(_("coupons (fen)"), default=0, db_default=0)
    points_fen = models.BigIntegerField(_("points (fen)"), default=0, db_default=0)
    points_spent = models.BigIntegerField(_("points spent"), default=0, db_default=0)
    net_fen = models.BigIntegerField(_("net (fen)"))
    freight_fen = models.BigIntegerField(_("freight share (fen)"), default=0, db_default=0)
    cost_fen = models.BigIntegerField(_("cost (fen)"), default=0, db_default=0)
    commission_fen = models.BigIntegerField(_("commission (fen)"), default=0, db_default=0)
    supplier_fen = models.BigIntegerField(_("supplier share (fen)"), default=0, db_default=0)
    tax_rate_bp = models.IntegerField(_("tax rate (basis points)"), default=0, db_default=0)
    returned_quantity = models.BigIntegerField(_("returned"), default=0, db_default=0)
    refunded_fen = models.BigIntegerField(_("refunded (fen)"), default=0, db_default=0)
    points_restored = models.BigIntegerField(_("points restored"), default=0, db_default=0)
    gift_of = models.CharField(_("gift of"), max_length=60, default="", db_default="", blank=True)
    selling_store = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", verbose_name=_("selling store"), db_index=False
    )
    location = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", verbose_name=_("fulfilled from"), db_index=False
    )
    owner = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", verbose_name=_("owner of the stock"), db_index=False
    )
    credited_store = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", verbose_name=_("credited store"), db_index=False
    )
    credited_staff = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("credited associate"),
        db_index=False,
    )

    class Meta:
        db_table = "orders_line"
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="orders_line_once"),
            models.CheckConstraint(name="orders_line_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="orders_line_adds_up",
                condition=Q(net_fen=F("list_fen") - F("discount_fen") - F("coupon_fen") - F("points_fen")),
            ),
            models.CheckConstraint(
                name="orders_line_amounts",
                condition=Q(net_fen__gte=0)
                & Q(discount_fen__gte=0)
                & Q(coupon_fen__gte=0)
                & Q(points_fen__gte=0)
                & Q(freight_fen__gte=0),
            ),
            models.CheckConstraint(
                name="orders_line_points_restored_within_spent",
                condition=Q(points_restored__gte=0) & Q(points_restored__lte=F("points_spent")),
            ),
            models.CheckConstraint(
                name="orders_line_gift_costs_nothing",
                condition=Q(gift_of="") | Q(net_fen=0, points_spent=0),
            ),
            models.CheckConstraint(
                name="orders_line_returned_within_sold",
                condition=Q(returned_quantity__gte=0) & Q(returned_quantity__lte=F("quantity")),
            ),
            models.CheckConstraint(
                name="orders_line_refund_within_net",
                condition=Q(refunded_fen__gte=0) & Q(refunded_fen__lte=F("net_fen") + F("freight_fen")),
            ),
        ]
        indexes = [
            models.Index(fields=["sku"], name="orders_line_sku"),
            models.Index(fields=["location", "order"], name="orders_line_place"),
        ]


class LineDiscount(models.Model):
    """One discount on one line, by who bears it (brand, store, supplier)."""

    line = models.ForeignKey(Line, models.PROTECT, related_name="discounts")
    kind = models.CharField(_("kind"), max_length=12)
    source = models.CharField(_("source"), max_length=60)
    label = models.CharField(_("name"), max_length=80)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    brand_fen = models.BigIntegerField(_("borne by the brand (fen)"))
    store_fen = models.BigIntegerField(_("borne by the store (fen)"))
    supplier_fen = models.BigIntegerField(_("borne by the supplier (fen)"))
    # The amount of goods below which it would not have applied; 0: whatever the amount.
    threshold_fen = models.BigIntegerField(_("from an amount of (fen)"), default=0, db_default=0)

    class Meta:
        db_table = "orders_line_discount"
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        constraints = [
            models.CheckConstraint(
                name="orders_line_discount_borne_whole",
                condition=Q(amount_fen__gt=0) & Q(amount_fen=F("brand_fen") + F("store_fen") + F("supplier_fen")),
            ),
            models.CheckConstraint(name="orders_line_discount_threshold", condition=Q(threshold_fen__gte=0)),
        ]


class Transition(models.Model):
    """The allowed moves between states: the only place that lists them, enforced by reference."""

    from_state = models.CharField(max_length=10)
    to_state = models.CharField(max_length=10)

    class Meta:
        db_table = "orders_transition"
        constraints = [models.UniqueConstraint(fields=["from_state", "to_state"], name="orders_transition_once")]


class OrderEvent(models.Model):
    """One step in an order's life. Append-only; its pair of states must be an allowed move."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="history")
    from_state = models.CharField(_("from"), max_length=10)
    to_state = models.CharField(_("to"), max_length=10)
    actor = models.CharField(_("by"), max_length=80)
    reason = models.CharField(_("reason"), max_length=200, default="", db_default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "orders_event"
        verbose_name = _("order event")
        verbose_name_plural = _("order events")


class Reassignment(models.Model):
    """A line that another place fulfils from now on, with that place's stock. Append-only: it explains the change."""

    line = models.ForeignKey(Line, models.PROTECT, related_name="reassignments")
    from_location = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    from_owner = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    to_location = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    to_owner = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    actor = models.CharField(_("by"), max_length=80)
    reason = models.CharField(_("reason"), max_length=200)
    at = models.DateTimeField(_("at"))

    class Meta:
        db_table = "orders_reassignment"
        constraints = [
            models.CheckConstraint(name="orders_reassignment_elsewhere", condition=~Q(to_location=F("from_location"))),
            models.CheckConstraint(name="orders_reassignment_says_why", condition=~Q(reason="")),
        ]


class FollowedOrder(models.Model):
    """An order that went to another member when two members became one: what the undo of the merge gives back."""

    merge_id = models.UUIDField()
    order = models.ForeignKey(Order, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        db_table = "orders_followed_merge"
        constraints = [models.UniqueConstraint(fields=["merge_id", "order"], name="orders_followed_merge_once")]
