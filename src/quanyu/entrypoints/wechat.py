"""The mini-program of this installation: from the environment, or the simulated WeChat of a demo."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from quanyu.modules.members.providers.wechat import Reply, WechatConfig, WechatMiniProgram
from quanyu.modules.members.simulators import book
from quanyu.platform import http_client
from quanyu.platform.config import ConfigError

SIMULATOR_URL = "QUANYU_WECHAT_SIMULATOR_URL"
APP_ID = "QUANYU_WECHAT_APP_ID"
APP_SECRET = "QUANYU_WECHAT_APP_SECRET"  # noqa: S105 - the name of a variable
CONNECT_SECONDS_MAX, READ_SECONDS_MAX = 3.0, 6.0


def mini_program() -> WechatMiniProgram | None:
    """Return the mini-program: the simulator's where its address is given, else the real one; ``None`` without one.

    Raises ``ConfigError`` for a simulator outside of a demo, where everybody could sign in as anybody, and for half of
    a configuration.
    """
    simulator = os.environ.get(SIMULATOR_URL)
    if simulator and not settings.CONFIG.is_trial:
        raise ConfigError(
            f"{SIMULATOR_URL} is set, but this is no demo.\n"
            f"  -> Remove it and give {APP_ID} and {APP_SECRET}, or set QUANYU_DEMO=1 where no real members are."
        )
    if simulator:
        return WechatMiniProgram(WechatConfig(book.APP_ID, book.APP_SECRET, simulator), send=Exchange())
    app_id, secret = os.environ.get(APP_ID, ""), os.environ.get(APP_SECRET, "")
    if bool(app_id) != bool(secret):
        raise ConfigError(f"{APP_ID} and {APP_SECRET} go together.\n  -> Give both, or neither.")
    return WechatMiniProgram(WechatConfig(app_id, secret), send=Exchange()) if app_id else None


class Exchange:
    """Exchanges with WeChat: bounded in time, never inside a transaction, and nothing of them is kept."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self, method: str, url: str, *, query: Mapping[str, str], content: Mapping[str, Any] | None) -> Reply:
        """Send a request and return what came back; ``status`` is ``None`` when nothing did."""
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = http_client.session()
        try:
            answer = session.request(
                method,
                url,
                params=dict(query),
                json=None if content is None else dict(content),
                timeout=(CONNECT_SECONDS_MAX, READ_SECONDS_MAX),
            )
        except OSError:
            # Every failure of the session is one; its text would hold the address, and that the secret.
            return Reply(None, b"")
        return Reply(answer.status_code, answer.content)
