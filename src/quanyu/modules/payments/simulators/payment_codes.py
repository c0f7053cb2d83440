"""How a simulated payer behaves is told by the last four digits of the payment code."""

from enum import StrEnum

from quanyu.modules.payments.simulators.book import State, Trade
from quanyu.modules.payments.simulators.faults import FaultKind
from quanyu.modules.payments.simulators.protocol import World


class Temper(StrEnum):
    """What the payer does when the till charges the code."""

    WILLING = "willing"  # any other code: pays at once
    SLOW = "slow"  # …9001: types a password, pays after two polls
    POOR = "poor"  # …9002: not enough money
    EXPIRED = "expired"  # …9003: the code is too old
    GIVES_UP = "gives_up"  # …9004: asked for a password, gives up after two polls


_ENDINGS = {"9001": Temper.SLOW, "9002": Temper.POOR, "9003": Temper.EXPIRED, "9004": Temper.GIVES_UP}


def temper_of(auth_code: str) -> Temper:
    """The behaviour that this code stands for."""
    return _ENDINGS.get(auth_code[-4:], Temper.WILLING)


def start_paying(world: World, trade: Trade, temper: Temper) -> None:
    """The payer reacts to a fresh charge: pays, or is asked for a password first."""
    if trade.state is not State.NOTPAY:
        return
    fault = world.faults.take(
        (FaultKind.USERPAYING,), provider=trade.provider, out_trade_no=trade.out_trade_no, operation="charge_code"
    )
    if fault or temper is not Temper.WILLING:
        polls = fault.count if fault else 2
        world.book.change(trade, State.USERPAYING, polls=polls, fails=temper is Temper.GIVES_UP)
    else:
        world.book.pay(trade)
