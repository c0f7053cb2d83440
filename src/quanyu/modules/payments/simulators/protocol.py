"""What the three protocols have in common: a call is understood, carried out, sealed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from quanyu.modules.payments.simulators.book import Book, Refund, Trade
from quanyu.modules.payments.simulators.faults import FaultBoard, FaultKind
from quanyu.modules.payments.simulators.keys import SimulatorKeys
from quanyu.modules.payments.simulators.wire import Request, Response


class Seal(StrEnum):
    """How an answer is signed."""

    GENUINE = "genuine"
    WRONG_KEY = "wrong_key"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that has been verified and understood."""

    operation: str  # prepay, charge_code, query, close, reverse, refund, query_refund, certificates
    out_trade_no: str
    content: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer before it is signed; `name` is Alipay's method."""

    status: int = 200
    content: dict[str, Any] = field(default_factory=dict)
    name: str = ""


class CallRefused(Exception):
    """The request itself is wrong; `reply` says how."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.status))
        self.reply = reply


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every protocol works with. `base_url` is where payers find the cashier pages."""

    keys: Callable[[], SimulatorKeys]
    clock: Callable[[], datetime]
    book: Book
    faults: FaultBoard
    on_opened: Callable[[Trade], None]
    on_refund: Callable[[Trade, Refund], None]
    base_url: Callable[[], str]


class ProviderProtocol(Protocol):
    """One protocol of one provider."""

    provider: str

    def identify(self, request: Request) -> Call:
        """Verify the merchant's signature and understand; raises `CallRefused`."""

    def execute(self, call: Call) -> Reply:
        """Carry the call out."""

    def fault(self, call: Call, kind: FaultKind) -> Reply:
        """The provider's words for an internal error or a rate limit."""

    def seal(self, reply: Reply, seal: Seal) -> Response:
        """Sign and write the answer."""
