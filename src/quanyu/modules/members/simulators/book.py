"""What the simulated WeChat knows: accounts, codes that were given out, tokens, and faults to come."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum

APP_ID = "wx0000000000000001"
APP_SECRET = "simulated-secret-of-the-mini-program"  # noqa: S105 - of a simulator on this machine
CODE_SECONDS = 300.0
TOKEN_SECONDS = 7200
# A code that says itself whose it is: `sim.<account or phone>.<anything>`. Used once like every other one.
_SPEAKING = re.compile(r"sim\.([A-Za-z0-9_+-]{1,64})\.[A-Za-z0-9_-]{1,40}")
# What the developer tools give without an app id of their own; the same person every time.
TOURIST_CODE = "the code is a mock one"


class FaultKind(StrEnum):
    """What can go wrong at WeChat."""

    EXPIRED_CODE = "expired_code"  # 40029
    USED_CODE = "used_code"  # 40163
    BUSY = "busy"  # -1
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - 40001
    RATE_LIMIT = "rate_limit"  # 45011
    WRONG_JSON = "wrong_json"
    SERVER_ERROR = "server_error"
    SLOW = "slow"  # answers after `seconds`
    OTHER_APP = "other_app"  # a phone with another mini-program's watermark


@dataclass(slots=True)
class Fault:
    """One planned fault: for one operation or all, a number of times (0: for ever)."""

    kind: FaultKind
    operation: str = ""
    times: int = 1
    seconds: float = 15.0


@dataclass(slots=True)
class _Code:
    holder: str
    made_at: float
    is_used: bool = False


class WrongCode(Exception):
    """The code leads to nobody; ``number`` is what WeChat says of it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


@dataclass(slots=True)
class Book:
    """Everything in memory, safe for many threads."""

    has_unionid: bool = True
    token: str = ""
    tokens_given: int = 0
    faults: list[Fault] = field(default_factory=list)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def give_code(self, holder: str) -> str:
        """Return a new code of an account, or of a phone."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = _Code(holder, time.monotonic())
        return code

    def take_code(self, code: str) -> str:
        """Return whose code it is and use it up. Raises ``WrongCode``."""
        if code == TOURIST_CODE:
            return "developer"
        speaking = _SPEAKING.fullmatch(code)
        with self._lock:
            if speaking and code not in self._codes:
                self._codes[code] = _Code(speaking[1], time.monotonic())
            found = self._codes.get(code)
            if found is None or time.monotonic() - found.made_at > CODE_SECONDS:
                raise WrongCode(40029)
            if found.is_used:
                raise WrongCode(40163)
            found.is_used = True
            return found.holder

    def stable_token(self, *, force: bool) -> str:
        """Return the token all callers share; a new one when forced."""
        with self._lock:
            if force or not self.token:
                self.token, self.tokens_given = secrets.token_urlsafe(64), self.tokens_given + 1
            return self.token

    def plan(self, fault: Fault) -> None:
        """Let something go wrong."""
        with self._lock:
            self.faults.append(fault)

    def strike(self, operation: str) -> Fault | None:
        """Return the oldest fault that is due here, used up by one."""
        with self._lock:
            for fault in self.faults:
                if fault.operation in ("", operation):
                    if fault.times == 1:
                        self.faults.remove(fault)
                    elif fault.times:
                        fault.times -= 1
                    return fault
        return None

    def reset(self) -> None:
        """Forget faults, codes and the token."""
        with self._lock:
            self.faults.clear()
            self._codes.clear()
            self.token = ""


def openid_of(holder: str) -> str:
    """Return the openid of an account: an account that is called like one keeps its name."""
    if holder.startswith(("demo-openid-", "o")) and len(holder) >= 16:
        return holder
    return "oSIM" + hashlib.sha256(f"openid:{holder}".encode()).hexdigest()[:24]


def unionid_of(holder: str) -> str:
    """Return the unionid of an account."""
    return "uSIM" + hashlib.sha256(f"unionid:{holder}".encode()).hexdigest()[:24]
