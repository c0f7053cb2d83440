"""The simulated WeChat over HTTP, and the mini-program of this process that talks to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from quanyu.entrypoints.wechat import Exchange
from quanyu.modules.members import api as members
from quanyu.modules.members.providers.wechat import WechatConfig, WechatMiniProgram
from quanyu.modules.members.simulators.book import APP_ID, APP_SECRET, Book, Fault, FaultKind
from quanyu.modules.members.simulators.server import serving

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Wechat:
    """What a test sees of it: its book, its address, and the adapter."""

    book: Book
    address: str
    app: WechatMiniProgram

    def code(self, holder: str | None = None) -> str:
        """Return a new code of an account (somebody new without a name) or of a phone."""
        return self.book.give_code(holder or f"somebody-{next(_numbers)}")

    def fails(self, kind: FaultKind, operation: str = "", times: int = 1, seconds: float = 15.0) -> None:
        """Let something go wrong."""
        self.book.plan(Fault(kind, operation, times, seconds))


@contextmanager
def wechat() -> Iterator[Wechat]:
    """Serve a simulated WeChat for the time of the block, and register its mini-program."""
    book = Book()
    with serving(book) as address:
        app = WechatMiniProgram(WechatConfig(APP_ID, APP_SECRET, address), send=Exchange())
        members.use_wechat(app)
        try:
            yield Wechat(book, address, app)
        finally:
            members.use_wechat(None)
