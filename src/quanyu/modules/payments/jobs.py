"""By the clock: ask providers about payments that stay silent, and send refunds."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.payments import api


def ask_about_payments(now: datetime) -> int:
    """Ask about live payments whose turn it is; return how many."""
    return api.ask_about_due(now=now)


def send_refunds(now: datetime) -> int:
    """Send refunds whose turn it is; return how many."""
    return sum(api.send_due_refunds(now=now).values())
