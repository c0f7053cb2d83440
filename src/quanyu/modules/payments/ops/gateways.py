"""Which gateway speaks for a tender, and who hears of outcomes; ``entrypoints`` registers both."""

from __future__ import annotations

from quanyu.modules.payments.contracts import PaymentListener, ProviderUnavailable, Tender
from quanyu.modules.payments.providers.gateway import Gateway

_gateways: dict[Tender, Gateway] = {}
_listeners: list[PaymentListener] = []


def register(tender: Tender, gateway: Gateway) -> None:
    """Let this gateway speak for the tender."""
    _gateways[tender] = gateway


def of(tender: Tender) -> Gateway:
    """Return the gateway of a tender. Raises :class:`ProviderUnavailable` when none is configured."""
    gateway = _gateways.get(tender)
    if gateway is None:
        raise ProviderUnavailable(field="tender", tender=tender.value)
    return gateway


def available() -> list[Tender]:
    """Return the provider tenders that can be used."""
    return list(_gateways)


def listen(listener: PaymentListener) -> None:
    """Tell this listener of every outcome, inside the transaction that books it."""
    if listener not in _listeners:
        _listeners.append(listener)


def listeners() -> tuple[PaymentListener, ...]:
    """Return the registered listeners."""
    return tuple(_listeners)
