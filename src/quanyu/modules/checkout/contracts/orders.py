"""The one command by which every channel sells, and its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.orders.contracts import Channel, Delivery, StaffShare, Wishes
from quanyu.modules.organization.contracts import Location

LINES_MAX = 200


@dataclass(frozen=True, slots=True)
class JournalPrice:
    """The price at which a line was sold elsewhere (offline till, old POS, marketplace): facts, not wishes.

    ``net_fen`` is what was paid for the line; list minus net becomes a discount borne by the store.
    """

    unit_price_fen: int
    net_fen: int


@dataclass(frozen=True, slots=True)
class WantedLine:
    """So much of one SKU; quantity in base units (pieces or grams).

    ``manual_discount_fen`` is a cashier's discount on the line (already permitted by the caller).
    ``location_id`` asks for a certain location; by default checkout decides. ``points_offer_id``: a line of the
    points mall, paid by the offer's points and cash; no campaign, coupon or other price holds on it. ``shares``: of
    those who served for it, when they were several; the first is ``credited_staff_id``.
    """

    sku_id: int
    quantity: int
    manual_discount_fen: int = 0
    credited_staff_id: int | None = None
    location_id: int | None = None
    journal: JournalPrice | None = None
    points_offer_id: int | None = None
    shares: tuple[StaffShare, ...] = ()


@dataclass(frozen=True, slots=True)
class TenderGiven:
    """Money received at the till: cash or a recorded card. ``tendered_fen`` is what was handed over."""

    tender: str
    amount_fen: int
    tendered_fen: int | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class TillFacts:
    """Which till and shift sold, and the till's own running number."""

    terminal_id: UUID
    shift_id: UUID | None
    seq: int


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """The command. ``id`` is made by the client, stored before sending, and never expires as a key.

    Orders with ``tenders`` are paid at once (they must cover the payable amount exactly) and, carried out,
    completed at once. Others wait for payment until ``pay_before`` (made by checkout from the settings).
    ``expected_payable_fen``: what the customer agreed to; a different amount is refused. ``coupon_ids`` are the
    member's coupons in the order in which they apply, ``points`` how many points pay (those of points-mall lines come
    on top). All of them hold, or the order is refused. An order that owes nothing is paid when it is placed.
    ``credited_store_id``: whose sale it is when another store sells and hands out (a till's order for a pickup there).
    """

    id: UUID
    channel: Channel
    store_id: int
    delivery: Delivery
    lines: tuple[WantedLine, ...]
    member_id: UUID | None = None
    address_id: UUID | None = None
    staff_id: int | None = None
    note: str = ""
    expected_payable_fen: int | None = None
    tenders: tuple[TenderGiven, ...] = ()
    till: TillFacts | None = None
    happened_at: datetime | None = None
    source: str = ""
    coupon_ids: tuple[UUID, ...] = ()
    points: int = 0
    wishes: Wishes | None = None
    credited_store_id: int | None = None

    @property
    def is_brought_home(self) -> bool:
        """Tell whether a store brings home what was bought at its till, from its shelf, at a time that was chosen."""
        return self.channel is Channel.POS and self.delivery is Delivery.INSTANT


@dataclass(frozen=True, slots=True)
class Asked:
    """A command and who gives it. ``path`` of its store, root first, where the asker knows it."""

    command: PlaceOrder
    actor: Actor
    path: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order just placed, as it was written: nobody need read it back to answer.

    ``header``, ``lines`` and ``tenders`` are what ``checkout_place_orders`` was given, by the names of the columns;
    ``skus`` are the goods of the lines (and perhaps others), by id.
    """

    id: UUID
    number: str
    header: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    tenders: Sequence[Mapping[str, Any]]
    skus: Mapping[int, SkuInfo]
    store: Location
    wishes: Wishes | None = None


class Unusual(Exception):
    """Not the common case that a short way is made for: nothing was done, the long way must be taken."""


Ending = NewOrder | UUID | Problem
"""How an order ended: placed now, standing before (its id), or refused."""


class OrderWay(Protocol):
    """What a channel does around its orders, for a whole batch at once, in the thread that places them.

    Both must be repeatable: when a batch fails, its parts are tried again from the beginning. An exception among the
    results is what its item alone gets (``Unusual``, a ``Problem``).
    """

    def begin(self, items: Sequence[Any]) -> list[Asked | Exception]:
        """Note that these will be ordered, and give their commands."""
        ...

    def end(self, items: Sequence[Any], endings: Sequence[Ending]) -> list[Any]:
        """Note how each of the begun ones ended; return the answers."""
        ...


@dataclass(frozen=True, slots=True)
class PromisedOrder:
    """An order that holds so many units of a SKU at a place, not handed over yet."""

    order_id: UUID
    number: str
    sku_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class QuotedDiscount:
    """One discount on a quoted line."""

    kind: str
    source: str
    label: str
    amount_fen: int
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """A line as it would be sold now. ``available`` is a hint in base units; placing decides.

    net = list - discounts (coupons among them) - points. ``gift_of`` names the campaign or coupon that gives the line;
    gift lines come after the lines that were asked for.
    """

    number: int
    sku_id: int
    sku_code: str
    name: str
    image: str
    quantity: int
    quantity_scale: int
    unit_price_fen: int
    list_fen: int
    discounts: tuple[QuotedDiscount, ...]
    net_fen: int
    freight_fen: int
    location_id: int
    available: int
    problem: str | None = None
    coupon_fen: int = 0
    points_fen: int = 0
    points_spent: int = 0
    gift_of: str = ""
    points_offer_id: int | None = None
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class QuotedCoupon:
    """A coupon of the member beside this order: what it takes off (or would, alone), or why it does not.

    ``text`` is a message id that ``params`` fill; ``usable``: choosing it would be accepted with this basket.
    """

    id: UUID
    template_code: str
    label: str
    amount_fen: int
    chosen: bool
    usable: bool
    reason: str | None = None
    text: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class NotApplied:
    """A campaign that does not apply, and why: a stable code, and a message id that ``params`` fill."""

    source: str
    label: str
    reason: str
    text: str
    params: Mapping[str, object] = field(default_factory=dict)
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class QuotedWay:
    """How and when the goods would come. ``ready_at``: from when they lie ready in the store.

    ``missing_for_free_fen``: how much more the goods must be worth for the freight to fall away; 0: it has.
    """

    promised_at: datetime | None = None
    ready_at: datetime | None = None
    distance_m: int | None = None
    free_from_fen: int | None = None
    missing_for_free_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What the order would cost now. ``problems`` lists stable codes that would refuse it.

    payable = goods - discount - coupon - points + freight. ``points_max`` is the most that could pay this order,
    ``points_spent`` what it takes in all (points-mall lines too), ``points_earned`` what it would earn.
    """

    lines: tuple[QuotedLine, ...]
    goods_fen: int
    discount_fen: int
    freight_fen: int
    payable_fen: int
    not_applied: tuple[NotApplied, ...]
    problems: tuple[str, ...]
    coupon_fen: int = 0
    points_fen: int = 0
    points_spent: int = 0
    points_max: int = 0
    points_balance: int = 0
    points_earned: int = 0
    coupons: tuple[QuotedCoupon, ...] = ()
    way: QuotedWay = field(default_factory=QuotedWay)


@dataclass(frozen=True, slots=True)
class PaymentStarted:
    """A payment was opened at a provider: what the payer's device needs to go on."""

    payment_id: UUID
    order_id: UUID
    tender: str
    way: str
    amount_fen: int
    state: str
    expires_at: datetime | None
    invoke: Mapping[str, str] = field(default_factory=dict)
    code_url: str = ""
    redirect_url: str = ""
    cashier_url: str = ""
