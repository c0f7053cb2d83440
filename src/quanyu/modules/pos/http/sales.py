"""Sell; take cash, cards and customers' payment codes; cancel what was not paid."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout.contracts import TenderGiven
from quanyu.modules.orders.contracts import Gift, Order
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import PaymentState
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import Approval, Sale, Till
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.quotes import QuoteIn, sale_lines, sale_way
from quanyu.modules.pos.http.schemas import (
    PAYMENT_STATES,
    OrderOut,
    PaymentOut,
    order_out,
    payment_out,
)
from quanyu.platform import http
from quanyu.platform.http import Fen, OneLine, Schema, ShortText
from quanyu.platform.http.schemas import ONE_LINE

router = Router(tags=["sales"])
SEQ_MAX = 10**12
TENDERS_MAX = 10


class TenderIn(Schema):
    """Cash, or a card that was charged on its own terminal. ``tendered_fen`` is the cash handed over."""

    tender: Literal["cash", "card"]
    amount_fen: Annotated[int, Field(ge=1, le=10**11)]
    tendered_fen: Annotated[int, Field(ge=1, le=10**11)] | None = None
    reference: Annotated[OneLine, Field(max_length=60)] = ""


class ApprovalIn(Schema):
    """A manager's sign-in name and PIN, for a discount above the cashier's limit."""

    username: Annotated[str, Field(min_length=1, max_length=60)]
    pin: Annotated[str, Field(pattern=r"^[0-9]{4,8}$")]


class WrappingIn(Schema):
    """The purchase is wrapped as a present, once for nothing; perhaps with a card, and whose name stands on it."""

    wrap: bool = True
    card: Annotated[str, Field(max_length=120, pattern=ONE_LINE)] = ""
    sender: Annotated[str, Field(max_length=20, pattern=ONE_LINE)] = ""


class SaleIn(QuoteIn):
    """The sale. ``id`` and ``seq`` are made by the till and kept before sending; the same id is the same sale.

    With ``tenders`` (together the whole amount) it is paid and done; without, it waits for a payment code. A discount
    above the cashier's limit needs a manager: his word from before (``approval_id``), or his PIN (``approval``).
    """

    id: UUID
    seq: Annotated[int, Field(ge=1, le=SEQ_MAX)]
    tenders: list[TenderIn] = Field(default_factory=list, max_length=TENDERS_MAX)
    expected_payable_fen: Fen | None = None
    note: ShortText = ""
    approval: ApprovalIn | None = None
    approval_id: UUID | None = None
    gift: WrappingIn | None = None


class TendersIn(Schema):
    """Money given for a sale that waits: together what is open."""

    tenders: list[TenderIn] = Field(min_length=1, max_length=TENDERS_MAX)


class ChargeIn(Schema):
    """The payment code on the customer's phone."""

    auth_code: Annotated[str, Field(min_length=10, max_length=60)]


class CancelIn(Schema):
    """Why the sale is given up."""

    reason: ShortText = "given_up"


class SaleOut(Schema):
    """The sale with its payments; ``change_fen`` is what the customer gets back.

    ``pickup_code``: for the paper of a sale that is fetched elsewhere, told to the till that made it for some minutes
    after it was paid; else empty.
    """

    order: OrderOut
    payments: list[PaymentOut]
    change_fen: int
    pickup_code: str


class ChargedOut(Schema):
    """A charge of a payment code. While ``state`` is ``asking`` the customer types a password: check again."""

    payment_id: UUID
    state: PAYMENT_STATES
    amount_fen: int
    sale: SaleOut


@router.post("/sales", response={201: SaleOut})
def sell(request: HttpRequest, body: SaleIn) -> Status[SaleOut]:
    """Sell. The id is the natural key: a repeat after a lost answer is answered with the same sale."""
    sale = Sale(
        id=body.id,
        seq=body.seq,
        lines=sale_lines(body),
        member_id=body.member_id,
        tenders=_tenders(body.tenders),
        coupon_ids=tuple(body.coupon_ids),
        points=body.points,
        note=body.note,
        expected_payable_fen=body.expected_payable_fen,
        approval=Approval(body.approval.username, body.approval.pin) if body.approval else None,
        approval_id=body.approval_id,
        way=sale_way(body),
        gift=Gift(body.gift.wrap, body.gift.card, body.gift.sender) if body.gift else None,
    )
    till = auth.till_of(request)
    order = api.sell_goods(sale=sale, till=till, actor=http.actor_of(request), now=system_clock.now())
    return Status(201, _sale_out(order, till))


@router.get("/sales/{uuid:order_id}", response=SaleOut)
def show_sale(request: HttpRequest, order_id: UUID) -> SaleOut:
    """Return a sale of this store with its payments."""
    till = auth.till_of(request)
    return _sale_out(api.own_sale(order_id=order_id, till=till, actor=http.actor_of(request)), till)


@router.post("/sales/{uuid:order_id}/tenders", response=SaleOut)
def add_tenders(request: HttpRequest, order_id: UUID, body: TendersIn) -> SaleOut:
    """Take cash or cards for a sale that waited for a payment code."""
    till, actor = auth.till_of(request), http.actor_of(request)
    order = api.add_tenders(
        order_id=order_id, tenders=_tenders(body.tenders), till=till, actor=actor, now=system_clock.now()
    )
    return _sale_out(order, till)


@router.post("/sales/{uuid:order_id}/charges", response={201: ChargedOut})
def charge(request: HttpRequest, order_id: UUID, body: ChargeIn) -> Status[ChargedOut]:
    """Charge the payment code a customer shows."""
    till, actor = auth.till_of(request), http.actor_of(request)
    started = api.charge_code(
        order_id=order_id, auth_code=body.auth_code, till=till, actor=actor, now=system_clock.now()
    )
    sale = _sale_out(api.own_sale(order_id=order_id, till=till, actor=actor), till)
    return Status(
        201, ChargedOut(payment_id=started.payment_id, state=started.state, amount_fen=started.amount_fen, sale=sale)
    )


@router.post("/sales/{uuid:order_id}/charges/check", response=SaleOut)
def check_charge(request: HttpRequest, order_id: UUID) -> SaleOut:
    """Ask the provider whether the open charge was paid."""
    till, actor = auth.till_of(request), http.actor_of(request)
    api.poll_payment(order_id=order_id, till=till, actor=actor, now=system_clock.now())
    return _sale_out(api.own_sale(order_id=order_id, till=till, actor=actor), till)


@router.post("/sales/{uuid:order_id}/cancellation", response=SaleOut)
def cancel(request: HttpRequest, order_id: UUID, body: CancelIn) -> SaleOut:
    """Give up a sale that was not paid, or that is still to be sent or fetched; its goods are free again.

    What was paid goes back: cash and cards in the till's open shift.
    """
    till, actor = auth.till_of(request), http.actor_of(request)
    order = api.cancel_sale(order_id=order_id, reason=body.reason, till=till, actor=actor, now=system_clock.now())
    return _sale_out(order, till)


def _tenders(given: list[TenderIn]) -> tuple[TenderGiven, ...]:
    return tuple(TenderGiven(one.tender, one.amount_fen, one.tendered_fen, one.reference) for one in given)


def _sale_out(order: Order, till: Till) -> SaleOut:
    found = [payment_out(one) for one in payments.of_orders(order_ids=[order.id]).get(order.id, [])]
    paid = PaymentState.PAID.value
    return SaleOut(
        order=order_out(order),
        payments=found,
        change_fen=sum(one.change_fen for one in found if one.state == paid),
        pickup_code=api.code_for_paper(order=order, till=till, now=system_clock.now()),
    )
