"""One HTTP exchange with a provider: bounded in time, measured, never logged in full."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import requests

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. `status` is None when nothing did: the request may have been carried out."""

    status: int | None
    headers: Mapping[str, str]
    body: bytes
    latency_ms: int

    @property
    def failure(self) -> str:
        """Error code for an answer that proves nothing, or an empty string."""
        if self.status is None:
            return "NO_ANSWER"
        if self.status >= 500:
            return "SERVER_ERROR"
        return ""


class Transport:
    """Sends requests with hard timeouts and a session per thread (sessions are not thread-safe)."""

    def __init__(
        self,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._timeout = (connect_timeout_s, read_timeout_s)
        self._local = threading.local()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        client_certificate: tuple[str, str] | None = None,
    ) -> Answer:
        """Send exactly these bytes. Never raises for the network and never follows a redirect."""
        started = time.monotonic()
        try:
            response = self._session().request(
                method,
                url,
                headers=dict(headers),
                data=body or None,
                timeout=self._timeout,
                allow_redirects=False,
                cert=client_certificate,
            )
        except requests.RequestException:
            return Answer(status=None, headers={}, body=b"", latency_ms=_since(started))
        return Answer(
            status=response.status_code,
            headers=response.headers,
            body=response.content,
            latency_ms=_since(started),
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # Without an auth of its own a session would replace our Authorization by one from ~/.netrc.
            session.auth = _as_it_is
        return session


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
