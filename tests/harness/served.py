"""The product's ASGI application as chaos runs serve it: what a dead process has claimed is free after a second."""

from __future__ import annotations

from quanyu.entrypoints.asgi import app
from quanyu.platform import idempotency

idempotency.LEASE_S = 1

__all__ = ["app"]
