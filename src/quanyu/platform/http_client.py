"""Talking to other servers: with time limits, and never while a database transaction is open."""

from __future__ import annotations

from typing import Any

import requests
from django.db import connection
from requests.adapters import HTTPAdapter

CONNECT_TIMEOUT_S = 3.05
READ_TIMEOUT_S = 10.0
_POOL_SIZE = 16


class NetworkInTransaction(RuntimeError):
    """A request to another server inside a transaction would hold locks for as long as it takes."""


class Session(requests.Session):
    """A ``requests.Session`` with default time-outs that refuses to work inside a transaction."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a prepared request. Raises ``NetworkInTransaction`` before anything leaves.

        Redirects are not followed: a provider's answer is final, and must not lead us elsewhere.
        """
        if connection.in_atomic_block:
            raise NetworkInTransaction(f"{request.method} while a transaction is open")
        options["timeout"] = options.get("timeout") or (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        options["allow_redirects"] = False
        return super().send(request, **options)


def session() -> Session:
    """Return a new session. Keep one per thread: a session is not made for several."""
    made = Session()
    # Proxies and passwords of the machine's environment are not ours to use.
    made.trust_env = False
    for scheme in ("https://", "http://"):
        made.mount(scheme, HTTPAdapter(pool_maxsize=_POOL_SIZE, max_retries=0))
    return made
