"""What crosses payments' door: tenders, payments, refunds, refusals, and the listener upper modules implement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound, Problem


class Tender(StrEnum):
    """The ways to pay."""

    CASH = "cash"
    CARD = "card"
    WECHAT = "wechat"
    ALIPAY = "alipay"


PROVIDER_TENDERS = (Tender.WECHAT, Tender.ALIPAY)


class PaymentState(StrEnum):
    """What we know of a payment. ``asking``: the provider decides, the outcome is open."""

    CREATED = "created"
    ASKING = "asking"
    PAID = "paid"
    CLOSED = "closed"
    FAILED = "failed"


class RefundState(StrEnum):
    """What we know of a refund."""

    CREATED = "created"
    ASKING = "asking"
    DONE = "done"
    FAILED = "failed"


class RefundReason(StrEnum):
    """Why money goes back; part of the key that makes a refund happen once."""

    CANCELLED = "cancelled"
    RETURN = "return"
    LATE = "late_payment"
    DUPLICATE = "duplicate_payment"
    MISMATCH = "amount_mismatch"


class PaymentUnknown(NotFound):
    """No such payment."""

    code = "payments.payment_unknown"
    title = N_("There is no such payment.")
    remedy = N_("Check the payment number.")


class RefundTooLarge(Conflict):
    """More would go back than was paid."""

    code = "payments.refund_too_large"
    title = N_("Only %(left_fen)s fen of this payment can still be refunded.")
    remedy = N_("Refund at most what is left.")


class PaymentInProgress(Conflict):
    """Another attempt of this order is still open at a provider."""

    code = "payments.in_progress"
    title = N_("A payment of this order is still open.")
    remedy = N_("Finish it, or wait until it is closed.")


class ProviderUnavailable(Problem):
    """The provider did not answer or refused to open a payment; nothing was charged."""

    code = "payments.provider_unavailable"
    status = 503
    title = N_("The payment service does not answer right now.")
    remedy = N_("Try again in a moment, or pay another way.")


class TenderInvalid(Invalid):
    """The amounts of the tenders do not fit the order."""

    code = "payments.tender_invalid"
    title = N_("The payment does not fit the order: %(reason)s")
    remedy = N_("Correct the amounts.")


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of one order, in fen. ``prepay`` is what the payer's device needs."""

    id: UUID
    order_id: UUID
    tender: Tender
    way: str
    amount_fen: int
    tendered_fen: int | None
    state: PaymentState
    out_trade_no: str
    provider_txn: str | None
    refunded_fen: int
    prepay: Mapping[str, object] = field(default_factory=dict)
    created_at: datetime | None = None
    paid_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money going back for one payment."""

    id: UUID
    payment_id: UUID
    reason: str
    ref: str
    amount_fen: int
    state: RefundState
    out_refund_no: str


class PaymentListener(Protocol):
    """Implemented by the module that owns the order; registered by ``entrypoints``.

    Called inside the transaction that records the fact, so that payment and order change together.
    """

    def payment_succeeded(self, payment: Payment, *, now: datetime) -> None:
        """The money has arrived: advance the order, or decide the refund."""

    def payment_ended(self, payment: Payment, *, now: datetime) -> None:
        """No money can arrive under this payment any more (closed or failed)."""
