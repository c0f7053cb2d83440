"""Requests of the demo's shoppers and tills to a running server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec
import requests  # lint-ok: network because only its kinds of failure are named; the session is the platform's

from quanyu.platform import http_client

_SERVER_ERROR = 500
_TOO_MANY = 429
_UNAUTHENTICATED = 401


class Away(Exception):
    """The server does not answer, or not as it should: try again later."""


class SignedOut(Exception):
    """The sign-in of this person or till has ended: sign in again."""


class Refused(Exception):
    """The product refused the deed with a problem; its code says why. Shopping goes on."""


@dataclass(slots=True)
class Wire:
    """A connection to one server; it carries no sign-in of its own."""

    base: str
    _session: requests.Session

    @classmethod
    def to(cls, base: str) -> Wire:
        """Return a connection to the server at an address."""
        return cls(base.rstrip("/"), http_client.session())

    def call(self, method: str, path: str, content: Any = None, **headers: str) -> Any:
        """Send a request and return the JSON of its answer. Raises ``Away``, ``SignedOut`` or ``Refused``."""
        known = {"Content-Type": "application/json", "Accept-Language": "zh-hans", "Idempotency-Key": str(uuid4())}
        known |= {name.replace("_", "-"): value for name, value in headers.items() if value}
        body = None if content is None else msgspec.json.encode(content)
        try:
            answer = self._session.request(method, self.base + path, data=body, headers=known)
        except requests.RequestException as failure:
            raise Away(str(failure)) from failure
        if answer.status_code >= _SERVER_ERROR or answer.status_code == _TOO_MANY:
            raise Away(f"{answer.status_code} {path}")
        if answer.status_code == _UNAUTHENTICATED:
            raise SignedOut(path)
        found = msgspec.json.decode(answer.content) if answer.content else None
        if not answer.ok:
            raise Refused(found.get("code", "") if isinstance(found, dict) else str(answer.status_code))
        return found
