"""What crosses the order book's door: orders, lines with their economics, states, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound

# The kind of discount by which a points-mall line comes down to its cash.
POINTS_MALL = "points_mall"


class Channel(StrEnum):
    """Where an order came from."""

    MALL = "mall"
    POS = "pos"
    KIOSK = "kiosk"
    ASSISTANT = "assistant"
    B2B = "b2b"
    MARKET = "market"


class Delivery(StrEnum):
    """How the goods reach the customer (MALL-04, MALL-08)."""

    PICKUP = "pickup"
    EXPRESS = "express"
    INSTANT = "instant"
    IN_STORE = "in_store"
    CARRY_OUT = "carry_out"


class State(StrEnum):
    """The states of an order; the allowed moves are rows of ``orders_transition``."""

    PLACED = "placed"
    PAID = "paid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """Where an order stands for its member: to be paid, on its way to him, done, or (partly) brought back."""

    TO_PAY = "to_pay"
    TO_RECEIVE = "to_receive"
    DONE = "done"
    AFTER_SALE = "after_sale"


class OrderUnknown(NotFound):
    """No such order, or not one the asker may see."""

    code = "orders.order_unknown"
    title = N_("There is no such order.")
    remedy = N_("Check the order number.")


class StateConflict(Conflict):
    """The order is not in a state that allows this."""

    code = "orders.state_conflict"
    title = N_("The order is %(state)s; this is not possible any more.")
    remedy = N_("Reload the order and look at its state.")


@dataclass(frozen=True, slots=True)
class LineDiscount:
    """One discount on one line and who bears it; the three parts add up to ``amount_fen``.

    Rows of kind ``coupon`` are the line's coupons, all others its discounts. ``threshold_fen``: the amount of goods
    below which it would not have applied; 0: whatever the amount.
    """

    kind: str
    source: str
    label: str
    amount_fen: int
    brand_fen: int
    store_fen: int
    supplier_fen: int
    threshold_fen: int = 0


@dataclass(frozen=True, slots=True)
class StaffShare:
    """One associate's share of a line that several served for; those of a line are 10,000 basis points together."""

    staff_id: int
    share_bp: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order with its economics in fen.

    net = list - discount - coupon - points; ``freight_fen`` is this line's share of the freight. ``points_spent``
    points were given for it, ``points_restored`` of them came back. ``gift_of``: the campaign or coupon that gave it.
    """

    id: UUID
    number: int
    sku_id: int
    name: str
    quantity: int
    quantity_scale: int
    unit_price_fen: int
    list_fen: int
    discount_fen: int
    coupon_fen: int
    points_fen: int
    net_fen: int
    freight_fen: int
    cost_fen: int
    commission_fen: int
    supplier_fen: int
    returned_quantity: int
    refunded_fen: int
    selling_store_id: int
    location_id: int
    owner_id: int
    credited_store_id: int
    credited_staff_id: int | None
    discounts: tuple[LineDiscount, ...] = ()
    points_spent: int = 0
    points_restored: int = 0
    gift_of: str = ""
    shares: tuple[StaffShare, ...] = ()

    @property
    def earns(self) -> bool:
        """Tell whether what is paid for it earns points and growth: gifts and goods of the points mall do not."""
        return not self.gift_of and all(discount.kind != POINTS_MALL for discount in self.discounts)

    @property
    def remaining_fen(self) -> int:
        """What is left of the net after returns: the base of what the line earns."""
        return self.net_fen - self.refunded_fen


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step in the life of an order."""

    at: datetime
    from_state: str
    to_state: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrderCoupon:
    """A coupon that the order used: what it took off in all (freight and gifts too), in fen."""

    id: UUID
    code: str
    kind: str
    label: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Gift:
    """The order is a present: one free wrap, a greeting card and whose name stands on it, no prices in the parcel."""

    wrap: bool = False
    card: str = ""
    sender: str = ""
    hide_prices: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """How an order shall come: a slot for its pickup, and as a present."""

    pickup_from: datetime | None = None
    pickup_until: datetime | None = None
    gift: Gift | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order of any channel. Amounts in fen; payable = goods - discount - coupon - points + freight.

    refunded = what its lines refunded - ``withheld_fen`` (discounts lost by returns) + ``freight_refunded_fen``.
    """

    id: UUID
    number: str
    channel: Channel
    delivery: Delivery
    state: State
    selling_store_id: int
    member_id: UUID | None
    goods_fen: int
    discount_fen: int
    coupon_fen: int
    points_fen: int
    freight_fen: int
    payable_fen: int
    paid_fen: int
    refunded_fen: int
    note: str
    pickup_code: str
    placed_at: datetime
    pay_before: datetime | None
    paid_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str
    lines: tuple[Line, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    points_spent: int = 0
    points_restored: int = 0
    withheld_fen: int = 0
    freight_refunded_fen: int = 0
    coupons: tuple[OrderCoupon, ...] = ()
    wishes: Wishes | None = None
    address_masked: str = ""
    promised_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TradeDay:
    """What one store sold on one day by one channel: paid orders by the day they were placed. Amounts in fen.

    ``member_orders`` of the ``orders`` were a member's; ``refunded_fen`` of ``sales_fen`` has gone back since.
    """

    day: date
    channel: str
    store_id: int
    orders: int
    member_orders: int
    sales_fen: int
    refunded_fen: int


@dataclass(frozen=True, slots=True)
class Margin:
    """What goods brought and what they cost, in fen, without freight and before returns."""

    net_fen: int
    cost_fen: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Orders, lines and money (fen) of one source."""

    orders: int
    lines: int
    net_fen: int
    refunded_fen: int


class InvoiceKind(StrEnum):
    """Whom an invoice is for."""

    PERSON = "person"
    COMPANY = "company"


class InvoiceState(StrEnum):
    """How far an invoice is."""

    REQUESTED = "requested"
    ISSUED = "issued"
    REFUSED = "refused"


class InvoiceUnknown(NotFound):
    """No such request for an invoice, or not one the asker may see."""

    code = "orders.invoice_unknown"
    title = N_("There is no such request for an invoice.")
    remedy = N_("Look it up in the list.")


class InvoiceInvalid(Invalid):
    """A field of the request is not what it must be."""

    code = "orders.invoice_invalid"
    title = N_("This cannot stand on an invoice.")
    remedy = N_("Check the title, the tax number with its 18 characters, and the e-mail address.")


class InvoiceNotPossible(Conflict):
    """There is nothing to pay for the order, everything went back, or it is cancelled."""

    code = "orders.invoice_not_possible"
    title = N_("There is no invoice for this order.")
    remedy = N_("An invoice is about what was paid and has stayed: this order was cancelled, free, or paid back.")


class InvoiceEarly(Conflict):
    """The order is not completed yet."""

    code = "orders.invoice_early"
    title = N_("The order is not completed yet.")
    remedy = N_("Note the invoice once the goods are handed over.")


class InvoiceAsked(Conflict):
    """An invoice of this order was asked for before, or is issued."""

    code = "orders.invoice_asked"
    title = N_("An invoice for this order was asked for already.")
    remedy = N_("Look at the order for its state.")


class InvoiceAnswered(Conflict):
    """Somebody has issued or refused it."""

    code = "orders.invoice_answered"
    title = N_("This request was answered already.")
    remedy = N_("Reload the page.")


@dataclass(frozen=True, slots=True)
class InvoiceWish:
    """What shall stand on the invoice. ``tax_number`` (unified social credit code) for companies only."""

    kind: InvoiceKind
    title: str
    tax_number: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice that was asked for. ``title`` is what its customer may read; staff see a person's masked."""

    id: UUID
    order_id: UUID
    state: InvoiceState
    kind: InvoiceKind
    title: str
    tax_number: str
    email_masked: str
    amount_fen: int
    number: str
    link: str
    answer: str
    requested_at: datetime
    answered_at: datetime | None
