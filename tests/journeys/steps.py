"""Steps that several journeys take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Payment, Tender
from quanyu.modules.payments.ops import gateways
from quanyu.modules.payments.providers.gateway import Gateway, Outcome, PaymentKind, PaymentResult
from tests.harness.clients import MallClient
from tests.harness.live import eventually

# Beyond the time to pay, and beyond the provider's own.
LATER = timedelta(minutes=20)


@dataclass(frozen=True)
class OnlySaysClosed:
    """A provider that answers "closed" and takes the money all the same: the root of late payments."""

    gateway: Gateway

    def close(self, out_trade_no: str) -> PaymentResult:
        """Say that the trade is closed, and leave it open."""
        return replace(self.gateway.query(out_trade_no, kind=PaymentKind.PREPAID), outcome=Outcome.CLOSED)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)


@contextmanager
def provider_that_only_says_closed(tender: Tender) -> Iterator[None]:
    """Let this process, which plays the worker, talk to such a provider."""
    honest = gateways.of(tender)
    payments.register_gateway(tender=tender, gateway=OnlySaysClosed(honest))
    try:
        yield
    finally:
        payments.register_gateway(tender=tender, gateway=honest)


def payment_of(order: dict[str, Any]) -> Payment:
    """Return the newest payment of an order."""
    order_id = UUID(order["id"])
    return payments.of_orders(order_ids=[order_id])[order_id][-1]


def let_unpaid_orders_lapse() -> None:
    """Do what the worker would do once the time to pay is over."""
    # The whole queue: orders that other tests of this database left unpaid are older than ours.
    checkout.expire_due(now=system_clock.now() + LATER, limit=100_000)


def wait_for_state(shopper: MallClient, order: dict[str, Any], state: str) -> dict[str, Any]:
    """Wait until the order is in a state; return it."""
    path = f"/orders/{order['id']}"
    eventually(lambda: shopper.get(path).expect(200)["state"] == state)
    found: dict[str, Any] = shopper.get(path).expect(200)
    return found
