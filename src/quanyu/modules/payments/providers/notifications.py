"""A verified notification, and the reasons for which one is refused."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class NotificationKind(StrEnum):
    """What a notification tells about."""

    PAYMENT = "payment"
    REFUND = "refund"
    OTHER = "other"  # genuine, but nothing that this product asked for: acknowledge and forget


class TradeState(StrEnum):
    """State of a payment as a notification tells it, in one vocabulary for both providers."""

    PAID = "paid"
    WAITING = "waiting"
    REFUNDED = "refunded"
    CLOSED = "closed"


class RefundState(StrEnum):
    """State of a refund as a notification tells it."""

    SUCCEEDED = "succeeded"
    ABNORMAL = "abnormal"
    CLOSED = "closed"
    PROCESSING = "processing"


class Disagreement(StrEnum):
    """In what a genuine notification differs from the order that it names."""

    ORDER = "order"
    AMOUNT = "amount"
    CURRENCY = "currency"
    REFUND = "refund"
    REFUND_AMOUNT = "refund_amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Facts of a genuine, fresh notification addressed to this merchant.

    `notification_id` is the provider's id: unique with the provider, the same on each
    redelivery. `amount_fen` is the whole payment, also when a refund is told. Alipay tells that
    there was a refund, not its amount or state: then both are None and `query_refund` knows.
    """

    notification_id: str
    kind: NotificationKind
    event_type: str  # the provider's own word, for the record
    sent_at: datetime
    merchant_id: str
    app_id: str
    out_trade_no: str
    transaction_id: str
    trade_state: TradeState | None
    amount_fen: int | None
    currency: str
    payer_id: str = ""
    paid_at: datetime | None = None
    out_refund_no: str = ""
    refund_id: str = ""
    refund_state: RefundState | None = None
    refund_fen: int | None = None
    refunded_at: datetime | None = None

    def disagreements(
        self,
        *,
        out_trade_no: str,
        amount_fen: int,
        currency: str = "CNY",
        out_refund_no: str = "",
        refund_fen: int | None = None,
    ) -> tuple[Disagreement, ...]:
        """Compare with our own record; anything but an empty tuple must not be booked."""
        found: list[Disagreement] = []
        if self.out_trade_no != out_trade_no:
            found.append(Disagreement.ORDER)
        if self.amount_fen != amount_fen:
            found.append(Disagreement.AMOUNT)
        if self.currency != currency:
            found.append(Disagreement.CURRENCY)
        if self.out_refund_no != out_refund_no:
            found.append(Disagreement.REFUND)
        if self.refund_fen is not None and self.refund_fen != refund_fen:
            found.append(Disagreement.REFUND_AMOUNT)
        return tuple(found)


class NotificationRefused(Exception):
    """A notification that must not be believed. `code` is stable, for records and counters."""

    code: ClassVar[str] = "refused"


class MalformedNotification(NotificationRefused):
    """Headers or body are not of the provider's form."""

    code = "malformed"


class SignatureMissing(NotificationRefused):
    """A signature header or field is absent, empty or given twice."""

    code = "signature_missing"


class SignatureProbe(NotificationRefused):
    """The provider tests whether we verify at all: answer with a failure, raise no alarm."""

    code = "signature_probe"


class SignatureWrong(NotificationRefused):
    """The signature does not fit these bytes and the named key."""

    code = "signature_wrong"


class SerialUnknown(NotificationRefused):
    """Signed with a key that we do not know (a forgery, or a certificate not yet fetched)."""

    code = "serial_unknown"


class NotificationStale(NotificationRefused):
    """Signed too long ago, or in the future: a replay or a broken clock."""

    code = "stale"


class DecryptionFailed(NotificationRefused):
    """The encrypted resource does not open with our key."""

    code = "decryption_failed"


class WrongRecipient(NotificationRefused):
    """Genuine, but for another merchant or another app than ours."""

    code = "wrong_recipient"
