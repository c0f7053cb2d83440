"""What the demo's members ask for after the sale: requests in every state, and invoices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from quanyu.entrypoints.demo import rhythm
from quanyu.entrypoints.demo.history import Trade
from quanyu.entrypoints.demo.shoppers import NAMESPACE
from quanyu.entrypoints.demo.tills import actor_of
from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import AskCommand, AskedLine, RequestKind
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import InvoiceKind, InvoiceWish, Order, State

_RETURN, _MONEY, _EXCHANGE = RequestKind.RETURN, RequestKind.REFUND_ONLY, RequestKind.EXCHANGE
# Days before the last one, kind, reason, what the member writes, and how far it came.
_REQUESTS: tuple[tuple[int, RequestKind, str, str, str], ...] = (
    (3, _RETURN, "size", "尺码偏小，想退掉", "received"),
    (3, _MONEY, "missing", "少发了一件", "approved"),
    (3, _EXCHANGE, "quality", "用了一次就坏了，想换个新的", "swapped"),
    (3, _RETURN, "changed_mind", "买多了", "withdrawn"),
    (2, _RETURN, "not_as_described", "颜色和图片差别有点大", "received"),
    (2, _RETURN, "changed_mind", "", "refused"),
    (2, _MONEY, "damaged", "瓶身破了，里面漏了", "approved"),
    (2, _RETURN, "quality", "拉链拉不上", "approved"),
    (1, _EXCHANGE, "damaged", "外盒压坏了，里面有裂纹", "approved"),
    (1, _RETURN, "wrong_item", "收到的不是我买的那款", "approved"),
    (1, _RETURN, "size", "想换大一码，没有就退", "asked"),
    (1, _MONEY, "missing", "赠品没有收到", "asked"),
    (0, _RETURN, "quality", "口味不对，怀疑变质", "asked"),
    (0, _EXCHANGE, "quality", "按键不灵", "asked"),
    (0, _RETURN, "changed_mind", "", "asked"),
)
_COMPANIES = (
    ("深圳市南山科技有限公司", "91440300MA5EXAMP0"),
    ("广州市天河餐饮管理有限公司", "91440101MA59SAMP1"),
    ("成都锦江文化传播有限公司", "91510100MA61DEMO2"),
)
_INVOICES = 20
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def plan(trade: Trade, *, first: date, last: date) -> None:
    """Plan requests and invoices of the last days; what would lie before the history does not happen."""
    for number, (days_ago, *_) in enumerate(_REQUESTS):
        day = last - timedelta(days=days_ago)
        if day > first:
            trade.plan(rhythm.at(day, 10, 3 * number), partial(_ask, number))
    for number in range(_INVOICES):
        day = last - timedelta(days=number % 4)
        if day > first:
            trade.plan(rhythm.at(day, 11, 2 * number), partial(_ask_invoice, number))


def _ask(number: int, now: datetime) -> None:
    _days, kind, reason, text, end = _REQUESTS[number]
    order = _order(now, lambda one: not aftersales.requests_of_orders(order_ids=[one.id]), skip=number)
    if order is None or order.member_id is None:
        return
    line = next(line for line in order.lines if line.returned_quantity < line.quantity and not line.gift_of)
    piece = 1 if line.quantity_scale == 1 else line.quantity - line.returned_quantity
    command = AskCommand(
        id=uuid5(NAMESPACE, f"request:{number}"),
        order_id=order.id,
        kind=kind,
        lines=(AskedLine(line.number, piece),),
        reason=reason,
        text=text,
    )
    member = Actor(kind=ActorKind.MEMBER, id=str(order.member_id))
    asked = aftersales.ask(command=command, member_id=order.member_id, actor=member, now=now)
    if end != "asked":
        _go_on(asked.id, kind, order, end, member, line.number, now + timedelta(minutes=40))


def _go_on(
    request_id: UUID, kind: RequestKind, order: Order, end: str, member: Actor, line: int, now: datetime
) -> None:
    staff, later = actor_of("hq"), now + timedelta(hours=3)
    if end == "withdrawn":
        assert order.member_id is not None
        aftersales.withdraw(request_id=request_id, member_id=order.member_id, actor=member, now=now)
        return
    if end == "refused":
        aftersales.refuse(request_id=request_id, answer="商品已拆封使用，不支持七天无理由退货", actor=staff, now=now)
        return
    answer = "已核实，货款将原路退回" if kind is _MONEY else "已核实，请带上商品和凭证码到店"
    aftersales.approve(request_id=request_id, answer=answer, actor=staff, now=now)
    place = order.selling_store_id
    if end == "received":
        aftersales.receive(
            request_id=request_id, restocks={line: "sellable"}, location_id=place, actor=staff, now=later
        )
    elif end == "swapped":
        try:
            aftersales.swap(
                request_id=request_id, restocks={line: "damaged"}, location_id=place, actor=staff, now=later
            )
        except Problem:
            # The shelf is empty today: it stays approved, as it would in a store.
            return


def _ask_invoice(number: int, now: datetime) -> None:
    order = _order(now, lambda one: not orders.invoices_of(order_ids=[one.id]), skip=2 * number + 1)
    if order is None or order.member_id is None or order.paid_fen <= order.refunded_fen:
        return
    if number % 3 == 0:
        title, begin = _COMPANIES[number // 3 % len(_COMPANIES)]
        wish = InvoiceWish(InvoiceKind.COMPANY, title, _credit_code(begin), f"finance{number}@example.com")
    else:
        wish = InvoiceWish(InvoiceKind.PERSON, "个人" if number % 2 else "张小三", email=f"member{number}@example.com")
    invoice = orders.ask_invoice(order_id=order.id, member_id=order.member_id, wish=wish, now=now)
    later = now + timedelta(hours=2)
    if number % 5 in (1, 2):
        orders.issue_invoice(
            invoice_id=invoice.id, number=f"2644200000{number:010d}", link="", actor=actor_of("hq"), now=later
        )
    elif number == _INVOICES - 1:
        orders.refuse_invoice(
            invoice_id=invoice.id, answer="抬头与税号不符，请核对后重新申请", actor=actor_of("hq"), now=later
        )


def _order(now: datetime, fits: Callable[[Order], bool], *, skip: int) -> Order | None:
    """Return a member's completed order of the days before, another one for each number."""
    found = [
        order
        for order in orders.of_units(unit_ids=None, state=State.COMPLETED, limit=150)
        if order.member_id is not None
        and order.completed_at is not None
        and order.completed_at < now
        and order.refunded_fen == 0
        and order.paid_fen > 0
        and any(not line.gift_of for line in order.lines)
    ]
    wanted = [order for order in found[skip:] + found[:skip] if fits(order)]
    return wanted[0] if wanted else None


def _credit_code(begin: str) -> str:
    """Return a well-formed unified social credit code that nobody has."""
    body = "".join(one for one in begin if one in _ALPHABET).ljust(17, "0")
    return body + _ALPHABET[-sum(_ALPHABET.index(one) * pow(3, place, 31) for place, one in enumerate(body)) % 31]
