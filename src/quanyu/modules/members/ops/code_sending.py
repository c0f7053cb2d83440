"""Who carries login codes to phones: registered by entrypoints; a demo writes them to its log."""

from __future__ import annotations

import structlog
from django.conf import settings

from quanyu.modules.members.contracts import CodeNotSent, CodeSender
from quanyu.platform import pii

_log = structlog.get_logger(__name__)
_sender: CodeSender | None = None


class LoggedCodes:
    """For demos and development only: the one place where a code reaches a log.

    ``shows_codes``: in a demo whoever asked may see the code on the screen, as there is no phone it could reach.
    """

    def __init__(self, *, shows_codes: bool = False) -> None:
        self.shows_codes = shows_codes

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


def is_shown() -> bool:
    """Tell whether the answer may hold the code: in a demo whose sender was told so, and nowhere else."""
    return bool(settings.CONFIG.demo) and isinstance(_sender, LoggedCodes) and _sender.shows_codes
