"""Facts of payments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PaymentSucceeded:
    """The money of a payment has arrived; amounts in fen."""

    payment_id: str
    order_id: str
    tender: str
    amount_fen: int
    topic: ClassVar[str] = "payments.succeeded.1"

    @property
    def aggregate(self) -> str:
        """Events of one order keep their order."""
        return f"order:{self.order_id}"


@dataclass(frozen=True, slots=True)
class RefundDone:
    """The provider (or the till) has given the money back."""

    refund_id: str
    payment_id: str
    order_id: str
    amount_fen: int
    topic: ClassVar[str] = "payments.refunded.1"

    @property
    def aggregate(self) -> str:
        """Events of one order keep their order."""
        return f"order:{self.order_id}"
