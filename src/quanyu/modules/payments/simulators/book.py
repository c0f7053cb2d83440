"""The simulated providers' own book of trades and refunds."""

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any


class State(StrEnum):
    """State of a trade; refunds are counted beside it."""

    NOTPAY = "NOTPAY"
    USERPAYING = "USERPAYING"
    SUCCESS = "SUCCESS"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    PAYERROR = "PAYERROR"


class Reason(StrEnum):
    """Why the book refuses."""

    ABSENT = "absent"
    PAID = "paid"
    CLOSED = "closed"
    EXPIRED = "expired"
    DIFFERENT = "different"  # the same number with other parameters
    NOT_PAID = "not_paid"
    TOO_MUCH = "too_much"  # more than is left to refund


class Refused(Exception):
    """The book refuses; each protocol has its own word for the reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class Refund:
    """One refund of a trade."""

    out_refund_no: str
    refund_id: str
    amount_fen: int
    notify_url: str = ""
    settled_at: str = ""


@dataclass(slots=True, kw_only=True)
class Trade:
    """One trade. Times are ISO texts, so that the book is plain JSON.

    `asleep`: Alipay knows a QR code or page only once somebody has opened it.
    """

    provider: str
    out_trade_no: str
    trade_no: str
    prepay_id: str
    amount_fen: int
    subject: str
    scene: str
    app_id: str
    notify_url: str = ""
    return_url: str = ""
    payer_id: str = ""
    state: State = State.NOTPAY
    created_at: str
    expires_at: str
    paid_at: str = ""
    polls_left: int = 0
    fails_after_polls: bool = False
    asleep: bool = False
    refunds: dict[str, Refund] = field(default_factory=dict)

    @property
    def refunded_fen(self) -> int:
        """Sum of all refunds, settled or on their way."""
        return sum(refund.amount_fen for refund in self.refunds.values())


class Book:
    """Trades by number. Every change happens under one lock and is saved if there is a file."""

    def __init__(self, clock: Callable[[], datetime], file: Path | None = None) -> None:
        self._clock = clock
        self._file = file
        self.lock = threading.RLock()
        self._trades: dict[tuple[str, str], Trade] = {}
        if file and file.exists():
            self._load(json.loads(file.read_text()))

    def open(self, trade: Trade) -> Trade:
        """Record a new trade; the same number with the same terms is the same trade."""
        with self.lock:
            known = self._trades.get((trade.provider, trade.out_trade_no))
            if known is None:
                self._trades[(trade.provider, trade.out_trade_no)] = trade
                self._save()
                return trade
            if known.state is State.SUCCESS:
                raise Refused(Reason.PAID)
            if known.state in (State.CLOSED, State.REVOKED):
                raise Refused(Reason.CLOSED)
            if (known.amount_fen, known.scene, known.app_id) != (trade.amount_fen, trade.scene, trade.app_id):
                raise Refused(Reason.DIFFERENT)
            return known

    def find(self, provider: str, out_trade_no: str, *, awake: bool = False) -> Trade:
        """The trade of this number; with `awake` only one that the provider would admit to know."""
        with self.lock:
            trade = self._trades.get((provider, out_trade_no))
            if trade is None or (awake and trade.asleep):
                raise Refused(Reason.ABSENT)
            return trade

    def find_by_prepay_id(self, provider: str, prepay_id: str) -> Trade:
        """The trade behind a cashier page."""
        with self.lock:
            for trade in self._trades.values():
                if trade.provider == provider and trade.prepay_id == prepay_id:
                    return trade
        raise Refused(Reason.ABSENT)

    def wake(self, trade: Trade) -> None:
        """Somebody opened the page: from now on the provider knows the trade."""
        with self.lock:
            trade.asleep = False
            self._save()

    def pay(self, trade: Trade, *, force: bool = False) -> None:
        """Take the money. `force` ignores the expiry: a payment in the last moment."""
        with self.lock:
            if trade.state is State.SUCCESS:
                raise Refused(Reason.PAID)
            if trade.state not in (State.NOTPAY, State.USERPAYING):
                raise Refused(Reason.CLOSED)
            now = self._clock()
            if not force and now > datetime.fromisoformat(trade.expires_at):
                raise Refused(Reason.EXPIRED)
            trade.state = State.SUCCESS
            trade.asleep = False
            trade.polls_left = 0
            trade.paid_at = now.isoformat(timespec="seconds")
            self._save()

    def poll(self, trade: Trade) -> None:
        """The merchant asks; a payer who types his password gets on with it."""
        with self.lock:
            if trade.state is not State.USERPAYING:
                return
            if trade.polls_left > 0:
                trade.polls_left -= 1
                self._save()
            elif trade.fails_after_polls:
                trade.state = State.PAYERROR
                self._save()
            else:
                self.pay(trade, force=True)

    def close(self, trade: Trade) -> None:
        """End an unpaid trade."""
        with self.lock:
            if trade.state is State.SUCCESS:
                raise Refused(Reason.PAID)
            trade.state = State.CLOSED
            self._save()

    def reverse(self, trade: Trade) -> bool:
        """Undo the trade; True if money went back."""
        with self.lock:
            went_back = trade.state is State.SUCCESS
            trade.state = State.REVOKED
            self._save()
            return went_back

    def change(self, trade: Trade, state: State, *, polls: int = 0, fails: bool = False) -> None:
        """Set a state that comes from the payer's side."""
        with self.lock:
            trade.state, trade.polls_left, trade.fails_after_polls = state, polls, fails
            self._save()

    def refund(self, trade: Trade, refund: Refund) -> tuple[Refund, bool]:
        """Record a refund; the second value is False for a repetition of a known one."""
        with self.lock:
            known = trade.refunds.get(refund.out_refund_no)
            if known is not None:
                if known.amount_fen != refund.amount_fen:
                    raise Refused(Reason.DIFFERENT)
                return known, False
            if trade.state is not State.SUCCESS:
                raise Refused(Reason.NOT_PAID)
            if trade.refunded_fen + refund.amount_fen > trade.amount_fen:
                raise Refused(Reason.TOO_MUCH)
            trade.refunds[refund.out_refund_no] = refund
            self._save()
            return refund, True

    def settle(self, refund: Refund) -> None:
        """The money has arrived."""
        with self.lock:
            refund.settled_at = refund.settled_at or self._clock().isoformat(timespec="seconds")
            self._save()

    def find_refund(self, provider: str, out_refund_no: str) -> tuple[Trade, Refund]:
        """A refund by its number alone, as WeChat asks for it."""
        with self.lock:
            for trade in self._trades.values():
                if trade.provider == provider and out_refund_no in trade.refunds:
                    return trade, trade.refunds[out_refund_no]
        raise Refused(Reason.ABSENT)

    def trades(self) -> list[Trade]:
        """All trades, oldest first."""
        with self.lock:
            return list(self._trades.values())

    def listed(self) -> list[dict[str, Any]]:
        """All trades, for people."""
        with self.lock:
            return [asdict(trade) for trade in self._trades.values()]

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            self._trades.clear()
            self._save()

    def _save(self) -> None:
        if self._file is None:
            return
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps(self.listed(), ensure_ascii=False))
        temporary.replace(self._file)

    def _load(self, documents: list[dict[str, Any]]) -> None:
        for document in documents:
            refunds = {number: Refund(**entry) for number, entry in document.pop("refunds").items()}
            trade = Trade(**{**document, "state": State(document["state"]), "refunds": refunds})
            self._trades[(trade.provider, trade.out_trade_no)] = trade


def new_trade_no(provider: str, now: datetime) -> str:
    """A transaction number in the provider's style: 28 digits."""
    lead = "4200" if provider == "wechatpay" else f"{now:%Y%m%d}"
    return lead + "".join(secrets.choice("0123456789") for _ in range(28 - len(lead)))


def far_future(now: datetime) -> str:
    """Expiry of a trade that names none: both providers give up after days."""
    return (now + timedelta(days=7)).isoformat(timespec="seconds")
