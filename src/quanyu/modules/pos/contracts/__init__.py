"""What crosses the till's door: tills, shifts, cash, sales as a till says them, receipts, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, Forbidden, Invalid, NotFound
from quanyu.modules.aftersales.contracts import ReturnResult
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.coupons.contracts import ScannedCoupon, WalletEntry
from quanyu.modules.members.contracts import Member
from quanyu.modules.orders.contracts import Order
from quanyu.modules.organization.contracts import Location
from quanyu.modules.payments.contracts import Payment, Refund
from quanyu.modules.points.contracts import Balance
from quanyu.modules.pos.contracts.sales import Approval as Approval
from quanyu.modules.pos.contracts.sales import Sale as Sale
from quanyu.modules.pos.contracts.sales import SaleLine as SaleLine
from quanyu.modules.pos.contracts.sales import SaleWay as SaleWay
from quanyu.modules.pos.contracts.sales import SharesInvalid as SharesInvalid
from quanyu.modules.tiers.contracts import DayBenefits, Tier

# What a till's own token allows.
DEVICE = "pos.device"
# What a till's people need; identity's roles hold these by the same names.
VIEW = "pos.view"
SELL = "pos.sell"
SHIFT = "pos.shift"
HAND_OVER = "orders.hand_over"
TAKE_BACK = "aftersales.return"
# Held by managers (pos.*): any discount, and the sum in the drawer before it is counted.
DISCOUNT = "pos.discount"
DRAWER = "pos.drawer"


class ShiftAlreadyOpen(Conflict):
    """The till has an open shift: it must be counted and closed before the next."""

    code = "pos.shift_already_open"
    title = N_("This till already has an open shift.")
    remedy = N_("Close the open shift first, or go on working in it.")


class ShiftNotOpen(Conflict):
    """There is no such open shift at this till."""

    code = "pos.shift_not_open"
    title = N_("There is no open shift at this till.")
    remedy = N_("Open a shift with its float first.")


class ShiftUnknown(NotFound):
    """No shift of this till has this id."""

    code = "pos.shift_unknown"
    title = N_("There is no such shift at this till.")
    remedy = N_("Check the shift; it may belong to another till.")


class SaleUnfinished(Conflict):
    """A sale of this shift still waits for its payment, or is being carried out."""

    code = "pos.sale_unfinished"
    title = N_("Sale %(seq)s of this shift is not finished.")
    remedy = N_("Finish or cancel it, then close the shift.")


class ShiftClosed(Conflict):
    """The shift was closed with another count."""

    code = "pos.shift_closed"
    title = N_("This shift is closed already.")
    remedy = N_("Look at its report; a closed shift is not counted again.")


class KeyReused(Conflict):
    """The same client-made id came with different contents."""

    code = "pos.key_reused"
    status = 422
    title = N_("This id was already used for something else.")
    remedy = N_("Use a new id for a new action.")


class ApprovalNeeded(Forbidden):
    """A discount above the cashier's limit; a manager's PIN would allow it."""

    code = "pos.approval_needed"
    title = N_("This discount is above the limit of %(limit_percent)s %%.")
    remedy = N_("Let a manager approve it with a PIN, or lower the discount.")


class ApprovalRefused(Forbidden):
    """The person who approved may not approve this here."""

    code = "pos.approval_refused"
    title = N_("This person may not approve it.")
    remedy = N_("Ask somebody with the permission %(permission)s in this store.")


class ReceiptUnknown(NotFound):
    """No receipt of this number may be seen at this till."""

    code = "pos.receipt_unknown"
    title = N_("There is no receipt with this number here.")
    remedy = N_("Check the number. Other stores’ receipts may be switched off here; a sale made offline comes later.")


class ScanUnknown(NotFound):
    """A scanned code is neither a product sold here nor a member."""

    code = "pos.scan_unknown"
    title = N_("This code is not known here.")
    remedy = N_("Scan again, or search by name.")


class MemberCodeNeeded(Forbidden):
    """So many points are spent only by who holds the phone: the member's code was not scanned here just now."""

    code = "pos.member_code_needed"
    title = N_("More than %(limit)s points are spent only with the member's code.")
    remedy = N_("Scan the code on the member's phone, then sell again; or use fewer points.")


class MemberMissing(Invalid):
    """Coupons and points are a member's: a sale to a guest uses none."""

    code = "pos.member_missing"
    title = N_("Coupons and points need a member.")
    remedy = N_("Scan the member's code or look the member up first.")


class AssociateUnknown(Invalid):
    """The associate credited with a line does not exist or has left."""

    code = "pos.associate_unknown"
    title = N_("There is no such associate.")
    remedy = N_("Choose somebody who works here.")


class MemberUnknown(NotFound):
    """The member given does not exist."""

    code = "pos.member_unknown"
    title = N_("There is no such member.")
    remedy = N_("Search again, or create the member.")


@dataclass(frozen=True, slots=True)
class Till:
    """A till: a device with a short code at a store. ``last_seq`` is the highest number it has used."""

    device_id: UUID
    store_id: int
    code: str
    last_seq: int


@dataclass(frozen=True, slots=True)
class EnrolledTill:
    """A till that was just enrolled, with its token: shown once, kept by the device."""

    till: Till
    token: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A cashier's time at a till. Amounts in fen; the last four are set when it is closed."""

    id: UUID
    terminal_id: UUID
    store_id: int
    staff_id: int
    float_fen: int
    opened_at: datetime
    closed_at: datetime | None
    closed_by_id: int | None
    counted_fen: int | None
    expected_fen: int | None


@dataclass(frozen=True, slots=True)
class CashMove:
    """Cash put into (positive) or taken out of (negative) the drawer, in fen."""

    id: UUID
    shift_id: UUID
    amount_fen: int
    reason: str
    staff_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class TenderTotal:
    """What one tender brought and gave back during a shift, in fen. ``count`` is the number of payments."""

    tender: str
    paid_fen: int
    refunded_fen: int
    count: int


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """An X report (open shift) or Z report (closed, stored as it was).

    ``expected_fen`` is the cash that should lie in the drawer; ``None`` for whoever must count blind.
    ``over_short_fen`` is counted minus expected.
    """

    kind: str
    shift: Shift
    tenders: tuple[TenderTotal, ...]
    cash_in_fen: int
    cash_out_fen: int
    expected_fen: int | None
    counted_fen: int | None
    over_short_fen: int | None
    hand_discounts: int = 0
    hand_discount_fen: int = 0
    roundings: int = 0
    rounding_fen: int = 0


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """A SKU as a till keeps it: enough to sell it without asking again. ``available`` in base units."""

    sku_id: int
    sku_code: str
    name: str
    name_en: str
    specification: dict[str, str]
    unit_name: str
    quantity_scale: int
    category_id: int
    tax_rate_bp: int
    image: str
    barcodes: tuple[str, ...]
    plu: str | None
    price_fen: int
    member_price_fen: int | None
    timed_price_fen: int | None
    available: int


@dataclass(frozen=True, slots=True)
class LineProposal:
    """A line that a scan proposes, in base units; ``quantity`` is ``None`` when the goods must be weighed.

    ``label_fen`` is the amount printed on a scale's label, if it has one.
    """

    item: CatalogueItem
    quantity: int | None
    label_fen: int | None


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a scanned code is: exactly one of the two is set."""

    line: LineProposal | None
    member: Member | None


class RightKind(StrEnum):
    """What a scanned text is to a till that asks for rights."""

    MEMBER_CODE = "member_code"
    CARD = "card"
    COUPON = "coupon"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class MemberRights:
    """A member at the counter: tier, what a purchase gets today, points, and the coupons that this store may take.

    ``was_here``: the live code was scanned at this till just now, so that many points can be spent. ``is_new``:
    nothing was bought yet. ``bought_lately``: SKUs that are not advised again so soon.
    """

    member: Member
    tier: Tier
    benefits: DayBenefits
    points: Balance
    coupons: tuple[WalletEntry, ...]
    was_here: bool
    is_new: bool
    bought_lately: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ScannedRights:
    """What one scan told: whose rights they are, and the coupon when it was one. Goods have neither."""

    kind: RightKind
    rights: MemberRights | None = None
    coupon: ScannedCoupon | None = None


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """One page of the till's catalogue. ``version`` changes with any product, code or price of the whole."""

    version: str
    items: tuple[CatalogueItem, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class ReceiptPoints:
    """What a receipt says of the member's points. ``earned`` by this purchase, ``taken_back`` of it by returns.

    ``is_pending``: what was earned can be used later only. ``balance`` is what can be used now.
    """

    earned: int
    taken_back: int
    is_pending: bool
    balance: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything that stands on a printed receipt; the till only sets it in type.

    ``prints`` is how often it was printed before (gift receipts do not count); ``change_fen`` what the
    customer got back. ``associates`` and ``skus`` are by id. ``is_return_late``: the days in which customers
    may ask for a return are over.
    """

    order: Order
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    returns: tuple[ReturnResult, ...]
    store: Location
    till_code: str
    seq: int | None
    cashier: str
    associates: dict[int, str]
    member: Member | None
    points: ReceiptPoints | None
    skus: dict[int, SkuInfo]
    prints: int
    change_fen: int
    footer: str
    is_return_late: bool
    rounding_fen: int = 0
