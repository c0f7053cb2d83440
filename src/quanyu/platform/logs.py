"""Structured logs: one JSON object per line, without personal data and without secrets.

Redaction works twice: values under telling names are replaced, and in every other text whatever
looks like a phone number, an e-mail address, an identity number or a card number is masked.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
import structlog

HIDDEN = "[hidden]"
# Where our lines go, once configured.
_handler: logging.StreamHandler[Any] | None = None
_DEPTH_MAX = 6
_FRAMES_MAX = 12
_HIDDEN_WORDS = frozenset(
    {
        "address", "authorization", "barcode_pay", "birthday", "body", "card", "cookie", "email",
        "idempotency", "mobile", "name_plain", "openid", "passphrase", "password", "payload",
        "phone", "pin", "recipient", "secret", "signature", "token", "unionid",
    }
)  # fmt: skip
_HIDDEN_NAMES = frozenset(
    {"actor_name", "api_key", "auth_code", "customer_name", "full_name", "id_number",
     "member_name", "name", "private_key", "real_name", "session_key"}
)  # fmt: skip
_PATTERNS = (
    re.compile(r"(?<![0-9A-Za-z-])\d{17}[\dXx](?![0-9A-Za-z])"),
    re.compile(r"(?<![0-9A-Za-z-])(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)"),
    re.compile(r"(?<![0-9A-Za-z-])\d{16,19}(?![0-9A-Za-z])"),
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    re.compile(r"(?i)\bBearer\s+[A-Za-z0-9._~+/=-]+"),
    re.compile(r"(?i)://[^/\s:@]+:[^/\s@]+@"),
)


# Whatever a pattern finds has one of these in it; most texts have none, and every line of the log is scrubbed.
_SUSPECT = re.compile(r"\d{11}|@|://|[Bb][Ee][Aa][Rr][Ee][Rr]")


def scrub(text: str) -> str:
    """Return the text with everything masked that looks like personal data or a credential."""
    if not _SUSPECT.search(text):
        return text
    for pattern in _PATTERNS:
        text = pattern.sub(HIDDEN, text)
    return text


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: hide values by the name they stand under, scrub all other texts."""
    return {name: _redacted(name, value, 0) for name, value in event.items()}


def _redacted(name: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return HIDDEN if value is not None and _is_telling(name) else value
    if _is_telling(name):
        return HIDDEN
    if depth == _DEPTH_MAX:
        return HIDDEN
    if isinstance(value, dict):
        return {str(key): _redacted(str(key), part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", part, depth + 1) for part in value]
    return scrub(value if isinstance(value, str) else str(value))


@lru_cache(maxsize=1024)
def _is_telling(name: str) -> bool:
    lowered = name.lower().replace("-", "_")
    return lowered in _HIDDEN_NAMES or not _HIDDEN_WORDS.isdisjoint(lowered.split("_"))


def failure(error: BaseException) -> dict[str, Any]:
    """Return what a log line may say of an exception: its kind, scrubbed text and our frames.

    No local variables, no source lines: both could hold what a person typed.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_MAX:]
    cause = error.__cause__
    return {
        "error": type(error).__qualname__,
        "text": scrub(str(error))[:500],
        "cause": type(cause).__qualname__ if cause else None,
        "frames": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames],
    }


def _exception_without_values(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    wanted = event.pop("exc_info", None)
    error = sys.exc_info()[1] if wanted is True else wanted
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.update(failure(error))
    return event


def _render(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


class AccessLog:
    """Writes one line per answered request, many lines at once and without the common way's cost per line.

    The lines are the same as the common way's. The caller vouches that no value is personal or secret; only what a
    client sent (its request id) is scrubbed here. Where logging is not ours (a test), the common way is taken.
    """

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        self._common = structlog.get_logger(name)
        self._lines: list[str] = []

    def note(self, event: str, *, request_id: str, **values: Any) -> None:
        """Note a line, to be written with the next :meth:`write`."""
        if _handler is None or _handler not in logging.getLogger().handlers:
            self._common.info(event, **values)
            return
        if not self._logger.isEnabledFor(logging.INFO):
            return
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = {"at": at, "level": "info", **values, "event": event, "request_id": scrub(request_id)}
        self._lines.append(msgspec.json.encode(line).decode() + "\n")

    def write(self) -> None:
        """Write the lines noted so far."""
        lines, self._lines = self._lines, []
        if not lines or _handler is None:
            return
        with _handler.lock:  # type: ignore[union-attr] # a handler made by us has one
            _handler.stream.write("".join(lines))
            _handler.flush()


def _rename_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # The event's own name is ours and constant, so it is neither scrubbed nor hidden by its name.
    return {"at": event.pop("timestamp", None), "level": event.pop("level", None), **event}


def configure(level: str = "INFO", *, stream: Any = None) -> None:
    """Send structlog and the standard library's logging to one JSON stream (stderr by default)."""
    shared: list[Callable[..., Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _exception_without_values,
                redact,
                _rename_event,
                _render,
            ],
        )
    )
    global _handler
    _handler = handler
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Statements with their parameters, jobs with theirs, contexts of pages and addresses of requests are not for logs.
    for name in ("django.db.backends", "django.template", "urllib3", "asyncio", "psycopg", "procrastinate"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("django.request").setLevel(logging.ERROR)
