"""Faults to inject: for one order or all, for one operation or all, a number of times."""

import itertools
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    """What can go wrong between a merchant and a provider."""

    # instead of carrying the call out
    SERVER_ERROR = "server_error"
    RATE_LIMIT = "rate_limit"
    ACCOUNT_EMPTY = "account_empty"  # for `refund`: the merchant has not enough money
    # after carrying the call out
    SLOW = "slow"  # answers after `seconds`
    TIMEOUT_AFTER_SUCCESS = "timeout_after_success"  # keeps silent for `seconds`, then hangs up
    LOST_REPLY = "lost_reply"  # hangs up at once
    ERROR_AFTER_SUCCESS = "error_after_success"
    UNSIGNED_ANSWER = "unsigned_answer"
    WRONG_KEY_ANSWER = "wrong_key_answer"
    # at the payer
    USERPAYING = "userpaying"  # a code payment asks for a password for `count` polls
    # on the way of a notification
    LOST_CALLBACK = "lost_callback"
    DUPLICATE_CALLBACK = "duplicate_callback"  # `count` deliveries
    LATE_CALLBACK = "late_callback"  # after `seconds`
    OUT_OF_ORDER_CALLBACK = "out_of_order_callback"  # after the next one that is sent
    FORGED_CALLBACK = "forged_callback"  # a forgery named `forgery` before, or `instead`


INSTEAD = (FaultKind.SERVER_ERROR, FaultKind.RATE_LIMIT, FaultKind.ACCOUNT_EMPTY)
AFTERWARDS = (
    FaultKind.SLOW,
    FaultKind.TIMEOUT_AFTER_SUCCESS,
    FaultKind.LOST_REPLY,
    FaultKind.ERROR_AFTER_SUCCESS,
    FaultKind.UNSIGNED_ANSWER,
    FaultKind.WRONG_KEY_ANSWER,
)


@dataclass(slots=True, kw_only=True)
class Fault:
    """One planned fault; empty selectors match everything. `times` 0 means for ever."""

    id: int = 0
    kind: FaultKind
    provider: str = ""
    out_trade_no: str = ""
    operation: str = ""
    times: int = 1
    seconds: float = 15.0
    count: int = 2
    forgery: str = ""
    instead: bool = False

    def matches(self, kinds: Collection[FaultKind], provider: str, out_trade_no: str, operation: str) -> bool:
        """Whether it strikes here."""
        return (
            self.kind in kinds
            and self.provider in ("", provider)
            and self.out_trade_no in ("", out_trade_no)
            and self.operation in ("", operation)
        )


class FaultBoard:
    """The faults that are planned. Each strike uses one up."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def plan(self, fault: Fault) -> Fault:
        """Add a fault and number it."""
        with self._lock:
            fault.id = next(self._ids)
            self._faults.append(fault)
            return fault

    def take(
        self, kinds: Collection[FaultKind], *, provider: str, out_trade_no: str, operation: str = ""
    ) -> Fault | None:
        """The oldest fault that strikes here, used up by one."""
        with self._lock:
            for fault in self._faults:
                if fault.matches(kinds, provider, out_trade_no, operation):
                    if fault.times == 1:
                        self._faults.remove(fault)
                    elif fault.times:
                        fault.times -= 1
                    return fault
        return None

    def remove(self, fault_id: int | None = None) -> None:
        """Forget one fault, or all."""
        with self._lock:
            self._faults = [fault for fault in self._faults if fault_id is not None and fault.id != fault_id]

    def listed(self) -> list[dict[str, Any]]:
        """All planned faults, for people."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
