"""Who carries login codes to phones: registered by entrypoints; a demo writes them to its log."""

from __future__ import annotations

import structlog

from quanyu.modules.members.contracts import CodeNotSent, CodeSender
from quanyu.platform import pii

_log = structlog.get_logger(__name__)
_sender: CodeSender | None = None


class LoggedCodes:
    """For demos and development only: the one place where a code reaches a log."""

    def send(self, *, phone: str, code: str, language: str) -> None:
        """Write the code with the masked number."""
        _log.info("members.login_code", to=pii.mask_phone(phone), code=code)


def use(sender: CodeSender) -> None:
    """Make this the sender of the process."""
    global _sender
    _sender = sender


def send(*, phone: str, code: str, language: str) -> None:
    """Send a code. Raises ``CodeNotSent``, also when nobody was registered."""
    if _sender is None:
        _log.error("members.no_code_sender")
        raise CodeNotSent
    _sender.send(phone=phone, code=code, language=language)
