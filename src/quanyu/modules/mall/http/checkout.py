"""Place an order, pay it, cancel it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PaymentStarted
from quanyu.modules.mall import api
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.order_schemas import OrderOut
from quanyu.modules.mall.http.orders import router as orders_router
from quanyu.modules.mall.http.orders import shown
from quanyu.modules.mall.http.quotes import QuoteIn, command
from quanyu.modules.members import api as members
from quanyu.modules.payments.contracts import Payment, Tender
from quanyu.platform import http
from quanyu.platform.http import Fen, Schema, ShortText

router = Router(tags=["checkout"])
# A page below /mall/ with its query and its route behind the #; no dots in the path, so nothing climbs out of it.
_QUERY = r"(\?[A-Za-z0-9_=&%.~-]*)?"
RETURN_PATH = rf"^/mall/[A-Za-z0-9_/-]*{_QUERY}(#[A-Za-z0-9_/-]*{_QUERY})?$"


class OrderIn(QuoteIn):
    """The order. ``id`` is made by the client and kept before sending: the same id is the same order for ever.

    ``expected_payable_fen`` is the amount the shopper agreed to; another amount is refused.
    """

    id: UUID
    note: ShortText = ""
    expected_payable_fen: Fen | None = None


class PayIn(Schema):
    """By what and how to pay. A session that came through the mini-program brings the ``payer_id`` of ``jsapi`` itself.

    ``payer_id`` is the openid of this app's shopper. ``return_path``: where a wallet in the browser leads back to
    (h5); a page of the mall and nothing else.
    """

    tender: Literal["wechat", "alipay"]
    way: Literal["jsapi", "h5", "native"]
    payer_id: Annotated[str, Field(max_length=128)] = ""
    return_path: Annotated[str, Field(max_length=300, pattern=RETURN_PATH)] = "/mall/"


class PaymentStartedOut(Schema):
    """An opened payment: what the shopper's device needs to go on, by the way that was asked for."""

    payment_id: UUID
    order_id: UUID
    tender: str
    way: str
    amount_fen: int
    state: Literal["created", "asking", "paid", "closed", "failed"]
    expires_at: datetime | None
    invoke: dict[str, str] = Field(description="Parameters of the wallet's own payment call (jsapi).")
    code_url: str = Field(description="To be shown as a QR code (native).")
    redirect_url: str = Field(description="Where to send the browser (h5).")
    cashier_url: str


class PaymentOut(Schema):
    """One attempt to pay and what is known of it."""

    id: UUID
    tender: str
    way: str
    amount_fen: int
    state: Literal["created", "asking", "paid", "closed", "failed"]
    refunded_fen: int
    paid_at: datetime | None
    expires_at: datetime | None


class OrderPaymentsOut(Schema):
    """The order's state and its payments, oldest first."""

    order_state: Literal["placed", "paid", "completed", "cancelled"]
    payments: list[PaymentOut]


class CancelIn(Schema):
    """Why the shopper does not want it any more."""

    reason: ShortText = "changed_mind"


# On the router of the same address: Django knows an address once, with all of its methods.
@orders_router.post("/orders", response={201: OrderOut}, tags=["checkout"])
@http.idempotent
def place_order(request: HttpRequest, body: OrderIn) -> Status[OrderOut]:
    """Place an order. The goods are held until ``pay_before``."""
    wanted = command(request, body, order_id=body.id, note=body.note, expected_payable_fen=body.expected_payable_fen)
    now = system_clock.now()
    with checkout.admit(command=wanted, household=request.META.get("REMOTE_ADDR", ""), now=now):
        order = api.place_order(command=wanted, actor=http.actor_of(request), now=now)
    return Status(201, shown([order])[0])


@router.post("/orders/{uuid:order_id}/payments", response={201: PaymentStartedOut})
def pay(request: HttpRequest, order_id: UUID, body: PayIn) -> Status[PaymentStartedOut]:
    """Open a payment. One attempt of an order is open at a time."""
    now = system_clock.now()
    payer_id = body.payer_id
    if body.way == "jsapi" and body.tender == "wechat" and not payer_id:
        payer_id = members.wechat_payer(token=auth.token_of(request), now=now)
    started = api.start_payment(
        order_id=order_id,
        member_id=auth.member_id_of(request),
        tender=Tender(body.tender),
        way=body.way,
        payer_id=payer_id,
        return_path=body.return_path,
        client_ip=request.META.get("REMOTE_ADDR", ""),
        actor=http.actor_of(request),
        now=now,
    )
    return Status(201, _started_out(started))


@router.get("/orders/{uuid:order_id}/payments", response=OrderPaymentsOut)
def payments(request: HttpRequest, order_id: UUID) -> OrderPaymentsOut:
    """Return what we know of the order's payments; cheap enough to ask every second."""
    member_id = auth.member_id_of(request)
    found = api.payments_of(order_id=order_id, member_id=member_id)
    return _payments_out(found, state=api.order(order_id=order_id, member_id=member_id).state.value)


@router.post("/orders/{uuid:order_id}/payments/check", response=OrderPaymentsOut)
def check_payment(request: HttpRequest, order_id: UUID) -> OrderPaymentsOut:
    """Ask the provider about the open payment: for shoppers who come back from a wallet."""
    member_id = auth.member_id_of(request)
    found = api.check_payment(order_id=order_id, member_id=member_id, now=system_clock.now())
    return _payments_out(found, state=api.order(order_id=order_id, member_id=member_id).state.value)


@router.post("/orders/{uuid:order_id}/cancellation", response=OrderOut)
def cancel(request: HttpRequest, order_id: UUID, body: CancelIn) -> OrderOut:
    """Cancel an order that was not handed over yet; what was paid goes back once."""
    order = api.cancel_order(
        order_id=order_id,
        member_id=auth.member_id_of(request),
        reason=body.reason,
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return shown([order])[0]


def _started_out(started: PaymentStarted) -> PaymentStartedOut:
    return PaymentStartedOut.model_validate(
        {name: getattr(started, name) for name in PaymentStartedOut.model_fields} | {"invoke": dict(started.invoke)}
    )


def _payments_out(found: list[Payment], *, state: str) -> OrderPaymentsOut:
    return OrderPaymentsOut.model_validate(
        {
            "order_state": state,
            "payments": [{name: getattr(one, name) for name in PaymentOut.model_fields} for one in found],
        }
    )
