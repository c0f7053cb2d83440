"""Weeks of trade in the demo chain, sold through the real order path, in the order of time."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from quanyu.entrypoints.demo import members, rhythm
from quanyu.entrypoints.demo.chain import Chain
from quanyu.entrypoints.demo.members import Newcomer
from quanyu.entrypoints.demo.progress import Told
from quanyu.entrypoints.demo.shoppers import NAMESPACE, Planned, Shoppers
from quanyu.entrypoints.demo.supply import Supply
from quanyu.entrypoints.demo.tills import Tills
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PlaceOrder, TenderGiven, WantedLine
from quanyu.modules.coupons import api as coupons
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Delivery, Order
from quanyu.modules.points import api as points
from quanyu.platform import outbox

DAYS = 90
ORDINARY_DAY = 70.0
_TOGETHER = 64
# The last minutes are left out: whatever follows an order at once must not lie in the future either.
_LEFT_OUT = timedelta(minutes=2)
_CARD_SHARE = 0.8
_NOTE_FEN = 1000
_RETURNED_ONE_IN = 24
_CANCELLED_ONE_IN = 40
_REASONS = ("changed_mind", "买错规格", "包装破损", "不新鲜")
_SPOILED = frozenset(_REASONS[2:])
_RIGHTS_SHARE = 0.16
# So many of the first who have a coupon use it: a demo of three days shows coupons too, whatever the weekday.
_COUPONS_FIRST = 12
_POINTS_MALL_SHARE = 0.4
_POINTS_ROUND = 100
_CARRIERS = ("ZTO", "YTO", "YUNDA")


@dataclass(slots=True)
class Trade:
    """The chain at work: who shops, what is to be done later, and when all of it ends."""

    chain: Chain
    shoppers: Shoppers
    supply: Supply
    chance: random.Random
    now: datetime
    later: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    tills: Tills | None = None
    coupons_used: int = 0

    def plan(self, at: datetime, deed: Callable[[datetime], None]) -> None:
        """Do this at a moment; what lies in the future is never done."""
        if at < self.now:
            heapq.heappush(self.later, (at, next(self.numbers), deed))

    def catch_up(self, until: datetime) -> None:
        """Do what was planned for moments before."""
        while self.later and self.later[0][0] <= until:
            at, _, deed = heapq.heappop(self.later)
            deed(at)


def make(trade: Trade, newcomers: Sequence[Newcomer], told: Told, *, days: int) -> None:
    """Trade for so many days until now: goods arrive, people join and shop, collect and bring back."""
    last = trade.now.astimezone(rhythm.SHANGHAI).date()
    first = last - timedelta(days=days)
    promotion = rhythm.promotion(today=last, days=days)
    joining = iter(newcomers)
    coming = next(joining, None)
    told.part("orders", days + 1)
    for number in range(days + 1):
        day = first + timedelta(days=number)
        morning, evening = rhythm.at(day, 7), min(rhythm.at(day, 23), trade.now)
        trade.catch_up(min(morning, trade.now))
        trade.supply.deliver(day, until=trade.now)
        if trade.tills is not None:
            trade.tills.open(day, until=trade.now)
        while coming is not None and coming.at <= evening:
            trade.shoppers.welcome(members.join([coming], trade.chain))
            coming = next(joining, None)
        weight = rhythm.weight(day, first=first, last=last, promoted=promotion.holds(day))
        wanted = rhythm.orders_on(day, ordinary=ORDINARY_DAY, weight=weight, chance=trade.chance)
        planned = trade.shoppers.day(day, orders=wanted, until=trade.now - _LEFT_OUT)
        for start in range(0, len(planned), _TOGETHER):
            sell(trade, planned[start : start + _TOGETHER])
        trade.catch_up(evening)
        if trade.tills is not None:
            trade.tills.close(day, until=trade.now)
        _by_the_clock(evening)
        outbox.drain(limit=100_000)
        told.step(text=_day_text(day))


def _by_the_clock(now: datetime) -> None:
    """Do what the worker does at its times: orders lapse, points become usable, coupons end."""
    checkout.expire_due(now=now)
    while points.mature_due(now=now):
        pass
    coupons.expire_due(now=now)


def _day_text(day: date) -> str:
    return day.isoformat()


def sell(trade: Trade, batch: list[Planned]) -> None:
    """Place a batch with its money; then plan what follows: collecting, sending, bringing back."""
    at = _moment(batch[-1])
    trade.catch_up(_moment(batch[0]))
    batch = _with_rights(trade, batch, now=at)
    ready = _with_money(trade, batch, now=at)
    placed = _placed(trade, ready, now=at)
    trade.supply.sold(placed)
    waiting = [one.command.id for one in placed if one.pays and one.command.delivery is not Delivery.CARRY_OUT]
    for order in orders.orders(ids=waiting).values():
        _plan_leaving(trade, order)
    for one in placed:
        if one.command.delivery is Delivery.CARRY_OUT and trade.chance.randrange(_RETURNED_ONE_IN) == 0:
            _plan_return(trade, one.command, after=_moment(one))


def _placed(trade: Trade, ready: list[Planned], *, now: datetime) -> list[Planned]:
    """Place the orders and return those that stand: all together, in stores with a till one after the other."""
    together = [one for one in ready if not _has_till(trade, one)]
    outcomes = checkout.place_orders(commands=[one.command for one in together], actor=SYSTEM, now=now)
    placed = [one for one, outcome in zip(together, outcomes, strict=True) if not isinstance(outcome, Problem)]
    return placed + [one for one in ready if _has_till(trade, one) and _placed_alone(trade, one)]


def _has_till(trade: Trade, one: Planned) -> bool:
    return trade.tills is not None and trade.tills.is_open(one.store)


def _placed_alone(trade: Trade, one: Planned) -> bool:
    at = _moment(one)
    try:
        if trade.tills is not None and one.command.channel is Channel.POS:
            trade.tills.sell(one.store, one.command, now=at)
        else:
            checkout.place_order(command=one.command, actor=SYSTEM, now=at)
    except Problem:
        return False
    return True


def _moment(one: Planned) -> datetime:
    assert one.command.happened_at is not None
    return one.command.happened_at


def _with_rights(trade: Trade, batch: list[Planned], *, now: datetime) -> list[Planned]:
    """Let some members use what they have, as far as their orders allow; each member once per batch."""
    shopping: set[UUID] = set()
    chosen = []
    for one in batch:
        member_id = one.command.member_id
        wants = trade.chance.random() < _RIGHTS_SHARE or trade.coupons_used < _COUPONS_FIRST
        if wants and member_id is not None and member_id not in shopping:
            shopping.add(member_id)
            chosen.append(one._replace(command=_with_right(trade, one, now=now)))
        else:
            chosen.append(one)
    return chosen


def _with_right(trade: Trade, one: Planned, *, now: datetime) -> PlaceOrder:
    """Return the order with a coupon, with something from the points mall, or paid with points in part."""
    quote = checkout.quote(command=one.command, actor=SYSTEM, now=now)
    if quote.problems:
        return one.command
    coupon = next((coupon.id for coupon in quote.coupons if coupon.usable), None)
    if coupon is not None:
        trade.coupons_used += 1
        return replace(one.command, coupon_ids=(coupon,))
    if trade.coupons_used < _COUPONS_FIRST and trade.chance.random() >= _RIGHTS_SHARE:
        return one.command
    path = trade.chain.units[one.store].path
    offers = [offer for offer in points.offers(path=path, at=now) if offer.points <= quote.points_balance]
    if offers and trade.chance.random() < _POINTS_MALL_SHARE:
        offer = trade.chance.choice(offers)
        return replace(one.command, lines=(*one.command.lines, WantedLine(offer.sku_id, 1, points_offer_id=offer.id)))
    return replace(one.command, points=quote.points_max - quote.points_max % _POINTS_ROUND)


def _with_money(trade: Trade, batch: list[Planned], *, now: datetime) -> list[Planned]:
    """Bring the money with the order: what it costs is asked for all of them together; what cannot be had is left."""
    ready = []
    answers = checkout.payables(commands=[one.command for one in batch], now=now)
    for one, payable in zip(batch, answers, strict=True):
        if isinstance(payable, Problem):
            continue
        command = one.command
        if payable and one.pays:
            command = replace(command, tenders=(_tender(trade, payable, command.channel),))
        ready.append(one._replace(command=command))
    return ready


def _tender(trade: Trade, payable_fen: int, channel: Channel) -> TenderGiven:
    if channel is Channel.MALL or trade.chance.random() < _CARD_SHARE:
        return TenderGiven(tender="card", amount_fen=payable_fen)
    return TenderGiven(tender="cash", amount_fen=payable_fen, tendered_fen=-(-payable_fen // _NOTE_FEN) * _NOTE_FEN)


def _plan_leaving(trade: Trade, order: Order) -> None:
    """Plan how a paid order leaves: collected, sent, or cancelled before."""
    chance = trade.chance
    if chance.randrange(_CANCELLED_ONE_IN) == 0:
        at = order.placed_at + timedelta(minutes=20 + chance.randrange(60))
        trade.plan(at, lambda now: _cancel(order.id, now))
    elif order.delivery is Delivery.PICKUP:
        at = rhythm.later_in_shop_hours(order.placed_at, chance, days=(0, 1))
        trade.plan(at, lambda now: _hand_over(order, now))
    else:
        at = rhythm.later_in_shop_hours(order.placed_at, chance, days=(0, 1))
        # The number says when the parcel left: the simulated tracking service knows its way from it.
        carrier, tracking = chance.choice(_CARRIERS), f"QY{int(at.timestamp()):010d}{chance.randrange(1000):03d}"
        trade.plan(at, lambda now: _ship(order.id, carrier, tracking, now))


def _cancel(order_id: UUID, now: datetime) -> None:
    checkout.cancel_order(order_id=order_id, reason="changed_mind", actor=SYSTEM, now=now)


def _hand_over(order: Order, now: datetime) -> None:
    checkout.hand_over(
        order_id=order.id, code=order.pickup_code, store_id=order.selling_store_id, actor=SYSTEM, now=now
    )


def _ship(order_id: UUID, carrier: str, tracking: str, now: datetime) -> None:
    checkout.ship(order_id=order_id, carrier=carrier, tracking=tracking, actor=SYSTEM, now=now)


def _plan_return(trade: Trade, command: PlaceOrder, *, after: datetime) -> None:
    """Plan that a line comes back, some of it spoiled."""
    chance = trade.chance
    wanted = next((n for n, line in enumerate(command.lines, start=1) if line.points_offer_id is None), None)
    if wanted is None:
        return
    reason = chance.choice(_REASONS)
    restock = "damaged" if reason in _SPOILED else "sellable"
    line = ReturnedLine(wanted, 1 if command.lines[wanted - 1].quantity < 100 else command.lines[wanted - 1].quantity)
    at = rhythm.later_in_shop_hours(after, chance, days=(0, 6))
    trade.plan(at, lambda now: _return(command.id, replace(line, restock=restock), reason, now))


def _return(order_id: UUID, line: ReturnedLine, reason: str, now: datetime) -> None:
    aftersales.return_lines(
        command=ReturnCommand(
            id=uuid5(NAMESPACE, f"return:{order_id}"), order_id=order_id, lines=(line,), reason=reason, happened_at=now
        ),
        actor=SYSTEM,
        now=now,
    )
