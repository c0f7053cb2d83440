"""The door of fulfilment: typed keywords in, contracts out; writes open the durable transaction here."""

from __future__ import annotations

__all__: list[str] = []
