"""What the payments module asks of a provider, and what it may be told.

Rules that hold for every implementation:

* Amounts are integer fen. Times are timezone-aware.
* The caller makes and persists `out_trade_no` / `out_refund_no` before the call and
  repeats the same number while a result is unknown.
* A timeout, a broken connection, a 5xx or an answer whose signature does not verify is
  `UNKNOWN`: money may have moved. It is resolved by `query`, never by assuming failure.
* Methods do not raise for what a provider or a network does; they return an outcome.
  They raise `ValueError` only for a request that must never have been built.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from quanyu.modules.payments.providers.notifications import Notification

Headers = Mapping[str, str] | Iterable[tuple[str, str]]
_TRADE_NUMBER = re.compile(r"[0-9A-Za-z_-]{6,32}")
_REFUND_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Provider(StrEnum):
    """The two providers spoken here; the value is stored with each payment."""

    WECHATPAY = "wechatpay"
    ALIPAY = "alipay"


class Scene(StrEnum):
    """Where the payer is when an order is prepaid."""

    JSAPI = "jsapi"  # inside WeChat / Alipay: mini-program or web view; needs `payer_id`
    NATIVE = "native"  # the payer scans a QR code that we show
    H5 = "h5"  # a browser on a phone, which is sent to the provider's page


class PaymentKind(StrEnum):
    """How a payment was started: decides which of the provider's interfaces knows it."""

    PREPAID = "prepaid"  # `prepay`; ended by `close`
    CODE = "code"  # `charge_code`; ended by `reverse`, WeChat refuses `close`


class Outcome(StrEnum):
    """What is known about a payment at the provider."""

    WAITING = "waiting"  # known to the provider, the payer has not paid yet
    PAID = "paid"
    REFUNDED = "refunded"  # was paid, and since then refunded wholly or in part
    CLOSED = "closed"  # no money is held and none can arrive under this number
    # Refused or failed for good, nothing moved and nothing can. A refused `query`, `close` or
    # `reverse` is UNKNOWN instead: it says nothing about the payment.
    FAILED = "failed"
    ABSENT = "absent"  # the provider does not know the number (a late request may still land)
    UNKNOWN = "unknown"  # ask again by `query` with the same number


class RefundOutcome(StrEnum):
    """What is known about a refund at the provider."""

    PROCESSING = "processing"  # accepted, money on its way
    SUCCEEDED = "succeeded"
    CLOSED = "closed"  # the provider gave up, nothing was returned
    ABNORMAL = "abnormal"  # the payer's account cannot take it; a person must act
    # Refused, and the provider has confirmed that it knows no refund of this number.
    FAILED = "failed"
    ABSENT = "absent"
    UNKNOWN = "unknown"  # repeat with the same out_refund_no; also while our account lacks the money


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderError:
    """The provider's own words for a refusal, or ours for a broken answer."""

    code: str
    message: str = ""
    retryable: bool = False  # the same call with the same number may be repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTrace:
    """What may be stored and logged about a call: never a body, never a person."""

    endpoint: str
    request_id: str = ""
    http_status: int | None = None
    result_code: str = ""
    latency_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepayRequest:
    """Ask the provider to expect `amount_fen` under `out_trade_no` until `expires_at`."""

    out_trade_no: str  # 6-32 of [0-9A-Za-z_-]
    amount_fen: int
    subject: str
    scene: Scene
    notify_url: str  # absolute, without a query string
    expires_at: datetime
    payer_id: str = ""  # openid (WeChat), buyer open id (Alipay); required for JSAPI
    client_ip: str = "127.0.0.1"
    return_url: str = ""  # where the payer comes back to: H5, and the cashier of a simulator
    app_id: str = ""  # the mini-program or account that asks; default: the first configured

    def __post_init__(self) -> None:
        _check(self.out_trade_no, self.amount_fen)
        if self.scene is Scene.JSAPI and not self.payer_id:
            raise ValueError("a payment inside WeChat or Alipay names its payer")
        if "?" in self.notify_url or not self.notify_url.startswith(("http://", "https://")):
            raise ValueError("notify_url is absolute and has no query string")
        if self.expires_at.tzinfo is None:
            raise ValueError("expires_at needs a time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepayResult:
    """`outcome` is WAITING when the payer can now pay.

    PAID or CLOSED say that the number was already used up; FAILED and UNKNOWN as ever.
    """

    outcome: Outcome
    out_trade_no: str
    prepay_id: str = ""
    invoke: Mapping[str, str] = field(default_factory=dict)  # JSAPI: for the payer's app
    code_url: str = ""  # NATIVE: the content of the QR code
    redirect_url: str = ""  # H5: send the payer's browser there
    cashier_url: str = ""  # only at a simulator: the page where a person pays
    error: ProviderError | None = None
    trace: CallTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePaymentRequest:
    """Charge the payment code that the payer shows at the till."""

    out_trade_no: str
    amount_fen: int
    subject: str
    auth_code: str
    store_id: str
    terminal_id: str
    client_ip: str = "127.0.0.1"
    app_id: str = ""

    def __post_init__(self) -> None:
        _check(self.out_trade_no, self.amount_fen)
        if not self.auth_code.isalnum():
            raise ValueError("a payment code is digits, or fp and letters")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentResult:
    """State of one payment. Facts are filled as far as the provider told them."""

    outcome: Outcome
    out_trade_no: str
    transaction_id: str = ""  # the provider's number, unique per provider
    amount_fen: int | None = None
    currency: str = "CNY"
    merchant_id: str = ""
    app_id: str = ""
    payer_id: str = ""
    paid_at: datetime | None = None
    error: ProviderError | None = None
    trace: CallTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Give back `amount_fen` of a payment of `total_fen`; once per `out_refund_no`."""

    out_trade_no: str
    out_refund_no: str  # up to 64 of [0-9A-Za-z_-]
    amount_fen: int
    total_fen: int
    reason: str = ""
    notify_url: str = ""

    def __post_init__(self) -> None:
        _check(self.out_trade_no, self.amount_fen)
        if not _REFUND_NUMBER.fullmatch(self.out_refund_no):
            raise ValueError("out_refund_no is 1-64 of [0-9A-Za-z_-]")
        if self.amount_fen > self.total_fen:
            raise ValueError("a refund is not larger than its payment")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundResult:
    """State of one refund."""

    outcome: RefundOutcome
    out_trade_no: str
    out_refund_no: str
    refund_id: str = ""
    amount_fen: int | None = None
    refunded_at: datetime | None = None
    error: ProviderError | None = None
    trace: CallTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """The HTTP answer that a provider expects to its notification."""

    status: int
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""


class Gateway(Protocol):
    """One merchant account at one provider. Safe to share between threads."""

    @property
    def provider(self) -> Provider:
        """Which provider this is."""

    def prepay(self, request: PrepayRequest) -> PrepayResult:
        """Open an order that the payer will pay by himself."""

    def charge_code(self, request: CodePaymentRequest) -> PaymentResult:
        """Charge a shown payment code: PAID, WAITING (payer types a password), FAILED or UNKNOWN.

        WAITING and UNKNOWN: `query` every 5 s; after the patience of the till, `reverse`.
        """

    def query(self, out_trade_no: str, *, kind: PaymentKind) -> PaymentResult:
        """Ask what became of a payment."""

    def close(self, out_trade_no: str) -> PaymentResult:
        """End an unpaid prepaid order.

        CLOSED: no money can arrive any more. PAID: too late, book it. ABSENT: the provider
        never heard of the number; close again after `expires_at`, a late request may still land.
        """

    def reverse(self, out_trade_no: str) -> PaymentResult:
        """Undo a code payment, paid or not. CLOSED, or UNKNOWN: repeat until CLOSED."""

    def refund(self, request: RefundRequest) -> RefundResult:
        """Ask for a refund; safe to repeat with the same `out_refund_no`."""

    def query_refund(self, out_trade_no: str, out_refund_no: str) -> RefundResult:
        """Ask what became of a refund."""

    def parse_notification(self, headers: Headers, raw_body: bytes, now: datetime) -> Notification:
        """Verify and decrypt a notification over its raw bytes.

        Raises a subclass of `NotificationRefused`; then nothing in it may be believed.
        Merchant and app id are checked here against this account; order, amount and
        currency are for the caller (`Notification.disagreements`), who knows the order.
        """

    def refresh_keys(self) -> bool:
        """Fetch the provider's current keys after `SerialUnknown`; True if something changed.

        At most one fetch a minute, so that forged serials cannot make us hammer the provider.
        """

    def acknowledge(self) -> Acknowledgement:
        """Answer for a notification that is safely stored (or was stored before)."""

    def refuse(self, code: str) -> Acknowledgement:
        """Answer for a refused notification: a failure, so that a genuine one comes again."""


def _check(out_trade_no: str, amount_fen: int) -> None:
    if not _TRADE_NUMBER.fullmatch(out_trade_no):
        raise ValueError("out_trade_no is 6-32 of [0-9A-Za-z_-]")
    if amount_fen <= 0:
        raise ValueError("an amount is at least one fen")
