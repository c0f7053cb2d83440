"""What happens once in the demo's weeks, so that every screen has something to tell and somebody something to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

import structlog

from quanyu.entrypoints.demo import after_sales, consignment, flash_sales, places, rhythm
from quanyu.entrypoints.demo.chain import Chain
from quanyu.entrypoints.demo.history import Trade
from quanyu.entrypoints.demo.provider import RefusingProvider
from quanyu.entrypoints.demo.shoppers import NAMESPACE, SOURCE
from quanyu.entrypoints.demo.tills import actor_of
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PlaceOrder, TenderGiven, WantedLine
from quanyu.modules.coupons import api as coupons
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import SecondPersonNeeded
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Arrival, Goods
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Tender
from quanyu.modules.points import api as points
from quanyu.platform import settings_tree

SHORT_STORE, NEIGHBOUR = "0002", "0003"
SHORT_SKU = "D01"
_LATE_PIECES, _LOST = 40, 2
# A stock-out needs its time before and after.
_STOCK_OUT_DAYS = 20
# Where a shelf stands empty since yesterday: each of these lacks something that it had little of.
_EMPTY_SHELVES = ("0002", "0005", "0011", "0020")
_DEAR_SKU, _DEAR_PIECES = "H10-2", 3


def plan(trade: Trade, *, first: date, last: date, opened: datetime) -> None:
    """Plan them all; what would lie before the history or in the future does not happen."""
    after_sales.plan(trade, first=first, last=last)
    flash_sales.plan(trade, evening=_on(last, min(10, (last - first).days), 20), opened=opened)
    skus = trade.supply.skus
    begin = rhythm.at(first, 0)

    def once(at: datetime, deed: Callable[[datetime], None]) -> None:
        if at >= begin:
            trade.plan(at, deed)

    if (last - first).days >= _STOCK_OUT_DAYS:
        _plan_stock_out(trade, skus[SHORT_SKU], last=last)
    once(_on(last, 5), partial(_refund_asked, trade, "approved"))
    once(_on(last, 6, 18), partial(_send, trade.chain, "TR-0012-LATE", "R-E", "0012", skus))
    once(_on(last, 1, 19), partial(_send, trade.chain, "TR-0015-NEXT", "R-N", "0015", skus))
    once(_on(last, 4, 18), partial(_send, trade.chain, "TR-0004-LATE", "R-S", "0004", skus))
    once(_on(last, 1, 18), partial(_send, trade.chain, "TR-0003-NEXT", "R-S", "0003", skus))
    once(_on(last, 1, 16), partial(_refund_asked, trade, "waiting"))
    once(_on(last, 1, 11), partial(_refund_fails, trade))
    once(_on(last, 1, 14), partial(_points_asked, trade))
    once(_on(last, 30, 9), partial(_thank, trade))
    for store in _EMPTY_SHELVES:
        once(_on(last, 1, 20), partial(_find_empty, trade, store))
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        store = places.STORES[number % len(places.STORES)].code
        once(rhythm.at(day, 21, 50), partial(_count, trade, store))
        once(rhythm.at(day, 8, 40), partial(_spoil, trade, store))


def _on(last: date, days_ago: int, hour: int = 15) -> datetime:
    return rhythm.at(last - timedelta(days=days_ago), hour)


def set_up(chain: Chain, skus: Mapping[str, SkuInfo], *, now: datetime) -> None:
    """What head office decided before: settings of some places, who shares stock, safety stock, other software."""
    for node, key, value in (
        ("brand", "pos.receipt_footer", "谢谢惠顾,7 天内凭小票退换"),
        # Who does not tell the mall where she is looks into the largest store first.
        ("brand", "mall.default_store_code", "0001"),
        # A tenth of the stock waits for tills that may be cut off.
        ("brand", "pos.set_aside_bp", 1_000),
        (f"unit:{chain.units['R-E'].id}", "mall.pickup_minutes", 20),
        (f"unit:{chain.units['0001'].id}", "mall.pickup_minutes", 15),
        # Two stores bring purchases home: one at its days, one when the customer likes.
        (f"unit:{chain.units['0001'].id}", "fulfilment.home_delivery", True),
        (f"unit:{chain.units['0001'].id}", "fulfilment.home_times", ["周二,周五 15:00-18:00", "周六,周日 10:00-12:00"]),
        (f"unit:{chain.units['0008'].id}", "fulfilment.home_delivery", True),
        (f"unit:{chain.units['0009'].id}", "pos.receipt_footer", "陆家嘴店欢迎您再来"),
        (f"unit:{chain.units['0008'].id}", "payments.second_person_above", 100_000),
    ):
        settings_tree.set_value(SYSTEM, node, key, value, now)
    fruit = next(category.id for category in catalog.categories() if category.code == "FRUIT")
    inventory.set_sharing(owner_id=chain.units["D-FS"].id, category_id=fruit, is_shared=False, actor=SYSTEM, now=now)
    consignment.agree(chain, now=now)
    for store in ("0001", "0008"):
        place = chain.locations[store]
        for code in ("D01", "D02", "D03"):
            inventory.set_safety(
                location_id=place.unit.id,
                owner_id=place.owner_id,
                sku_id=skus[code].id,
                quantity=4,
                actor=SYSTEM,
                now=now,
            )
    identity.create_client(
        name="财务系统对接", unit_id=chain.units["HQ"].id, permissions=("orders.view",), actor=SYSTEM, now=now
    )


def _plan_stock_out(trade: Trade, sku: SkuInfo, *, last: date) -> None:
    """Milk goes to the neighbour who sells more of it, and the lorry that should bring new milk comes days late."""
    trade.supply.hold_back(SHORT_STORE, sku, last - timedelta(days=16), last - timedelta(days=9))
    trade.plan(_on(last, 16, 9), lambda now: _give_away(trade.chain, sku, now))
    trade.plan(_on(last, 12, 18), lambda now: _send_late(trade.chain, sku, now))
    trade.plan(_on(last, 9, 10), lambda now: _arrive_late(trade.chain, sku, now))


def _give_away(chain: Chain, sku: SkuInfo, now: datetime) -> None:
    here, there = chain.locations[SHORT_STORE], chain.locations[NEIGHBOUR]
    levels = inventory.stock_levels(location_ids=[here.unit.id], sku_ids=[sku.id])
    free = sum(level.on_hand - level.reserved for level in levels)
    if not free:
        return
    inventory.transfer_out(
        transfer_id="TR-0003-MILK",
        from_location_id=here.unit.id,
        to_location_id=there.unit.id,
        owner_id=here.owner_id,
        lines=[Goods(sku.id, free, line=sku.code)],
        actor=SYSTEM,
        now=now,
    )
    arrived = now + timedelta(hours=5)
    inventory.transfer_in(transfer_id="TR-0003-MILK", to_location_id=there.unit.id, actor=SYSTEM, now=arrived)


def _send_late(chain: Chain, sku: SkuInfo, now: datetime) -> None:
    inventory.transfer_out(
        transfer_id="TR-0002-MILK",
        from_location_id=chain.locations["WH-R-S"].unit.id,
        to_location_id=chain.locations[SHORT_STORE].unit.id,
        owner_id=chain.locations[SHORT_STORE].owner_id,
        lines=[Goods(sku.id, _LATE_PIECES, line=sku.code)],
        actor=SYSTEM,
        now=now,
    )


def _arrive_late(chain: Chain, sku: SkuInfo, now: datetime) -> None:
    inventory.transfer_in(
        transfer_id="TR-0002-MILK",
        to_location_id=chain.locations[SHORT_STORE].unit.id,
        arrivals=[Arrival(sku.code, _LATE_PIECES - _LOST)],
        actor=SYSTEM,
        now=now,
    )


def _send(chain: Chain, transfer_id: str, region: str, store: str, skus: Mapping[str, SkuInfo], now: datetime) -> None:
    """Send goods that have not arrived yet: some days ago they are late, since yesterday they are on their way."""
    inventory.transfer_out(
        transfer_id=transfer_id,
        from_location_id=chain.locations[f"WH-{region}"].unit.id,
        to_location_id=chain.locations[store].unit.id,
        owner_id=chain.locations[store].owner_id,
        lines=[Goods(skus[code].id, 12, line=code) for code in ("B01", "B02", "D02", "S02", "K01", "P20-1")],
        actor=SYSTEM,
        now=now,
    )


def _count(trade: Trade, store: str, now: datetime) -> None:
    """Count some shelves in the evening: a little is missing, now and then something is found."""
    for kind, reason, lines in (
        ("count_loss", "周盘点:短少", _some(trade, store, pieces=1, of=4)),
        ("count_gain", "周盘点:多出", _some(trade, store, pieces=1, of=1)),
    ):
        _correct(trade.chain, store, kind, reason, lines, now)


def _find_empty(trade: Trade, store: str, now: datetime) -> None:
    """Find in the evening that the last pieces of something are gone."""
    skus = {sku.id: sku for sku in trade.supply.skus.values()}
    levels = inventory.stock_levels(location_ids=[trade.chain.locations[store].unit.id], sku_ids=list(skus))
    owner = trade.chain.locations[store].owner_id
    free = [one for one in levels if one.owner_id == owner and one.on_hand and not one.reserved]
    least = min(free, key=lambda one: (one.on_hand / skus[one.sku_id].quantity_scale, skus[one.sku_id].code))
    line = Goods(least.sku_id, least.on_hand, line=skus[least.sku_id].code)
    _correct(trade.chain, store, "count_loss", "货架已空:临时盘点", [line], now, suffix=":empty")


def _spoil(trade: Trade, store: str, now: datetime) -> None:
    """Take from the shelves in the morning what spoiled or broke."""
    _correct(
        trade.chain, store, "damage", trade.chance.choice(("过期", "包装破损", "磕碰")), _some(trade, store, 2, 2), now
    )


def _some(trade: Trade, store: str, pieces: int, of: int) -> list[Goods]:
    """Return some pieces of things that the store has plenty of."""
    place = trade.chain.locations[store].unit.id
    wanted = trade.chance.sample(sorted(trade.supply.skus.values(), key=lambda sku: sku.code), k=of * 4)
    levels = inventory.stock_levels(location_ids=[place], sku_ids=[sku.id for sku in wanted])
    scales = {sku.id: sku.quantity_scale for sku in wanted}
    owner = trade.chain.locations[store].owner_id
    own = [one for one in levels if one.owner_id == owner]
    plenty = [one.sku_id for one in own if one.on_hand - one.reserved > 6 * scales[one.sku_id]]
    return [Goods(sku_id, pieces * scales[sku_id], line=str(sku_id)) for sku_id in plenty[:of]]


def _correct(
    chain: Chain, store: str, kind: str, reason: str, lines: Sequence[Goods], now: datetime, *, suffix: str = ""
) -> None:
    if lines:
        inventory.adjust(
            location_id=chain.locations[store].unit.id,
            owner_id=chain.locations[store].owner_id,
            lines=lines,
            cause_kind="count" if kind.startswith("count") else "damage",
            cause_id=f"{kind}:{store}:{now:%Y%m%d}{suffix}",
            reason=reason,
            kind=kind,
            actor=SYSTEM,
            now=now,
        )


def _dear_order(trade: Trade, name: str, now: datetime, *, tender: str | None) -> UUID:
    """Sell something dear in the first store, which got it for this customer; return the order."""
    place, sku = trade.chain.locations["0001"], trade.supply.skus[_DEAR_SKU]
    inventory.receive(
        location_id=place.unit.id,
        owner_id=place.owner_id,
        lines=[Goods(sku.id, _DEAR_PIECES, line=sku.code)],
        cause_kind="purchase",
        cause_id=f"PO-0001-{name}",
        actor=SYSTEM,
        now=now - timedelta(minutes=30),
    )
    command = PlaceOrder(
        id=uuid5(NAMESPACE, f"dear:{name}"),
        channel=Channel.POS if tender else Channel.MALL,
        store_id=place.unit.id,
        delivery=Delivery.CARRY_OUT if tender else Delivery.PICKUP,
        lines=(WantedLine(sku.id, _DEAR_PIECES),),
        member_id=trade.shoppers.regular("0001"),
        happened_at=now,
        source=SOURCE,
    )
    (payable,) = checkout.payables(commands=[command], now=now)
    assert isinstance(payable, int), payable
    tenders = (TenderGiven(tender=tender, amount_fen=payable),) if tender else ()
    (placed,) = checkout.place_orders(commands=[replace(command, tenders=tenders)], actor=SYSTEM, now=now)
    assert placed == command.id, placed
    return command.id


def _refund_asked(trade: Trade, name: str, now: datetime) -> None:
    """A large refund needs a second person: one was approved, one still waits."""
    approve = name == "approved"
    order_id = _dear_order(trade, name, now - timedelta(hours=2), tender="card")
    command = ReturnCommand(
        id=uuid5(NAMESPACE, f"dear return:{name}"),
        order_id=order_id,
        lines=(ReturnedLine(line_number=1, quantity=1 if approve else 2),),
        reason="尺寸不合适",
        happened_at=now,
    )
    manager = actor_of("manager1")
    try:
        aftersales.return_lines(command=command, actor=manager, now=now)
    except SecondPersonNeeded:
        if approve:
            (asked,) = identity.approvals_of(subject_kind="order", subject_id=str(order_id))
            later = now + timedelta(minutes=20)
            identity.decide_approval(
                approval_id=asked.id, approve=True, note="已与顾客核实", actor=actor_of("hq"), now=later
            )
            identity.carry_out(approval_id=asked.id, now=later)


def _refund_fails(trade: Trade, now: datetime) -> None:
    """Somebody paid online and brought it back; the provider could not pay it out: a person must look."""
    before = now - timedelta(hours=1)
    payments.register_gateway(tender=Tender.ALIPAY, gateway=RefusingProvider(paid_at=before))
    order_id = _dear_order(trade, "online", before, tender=None)
    started = checkout.start_payment(
        order_id=order_id, tender=Tender.ALIPAY, way="native", actor=SYSTEM, now=before + timedelta(minutes=1)
    )
    checkout.poll_payment(payment_id=started.payment_id, now=before + timedelta(minutes=2))
    checkout.cancel_order(order_id=order_id, reason="changed_mind", actor=SYSTEM, now=now)
    # The warning is part of the story, and no news to whoever starts a demo.
    with structlog.testing.capture_logs():
        payments.send_due_refunds(now=now + timedelta(minutes=1))


def _points_asked(trade: Trade, now: datetime) -> None:
    """Two managers ask for points for their customers; head office has decided about one of them."""
    manager, hq = actor_of("manager1"), actor_of("hq")
    for number, (amount, reason) in enumerate(((200, "补登漏积分小票"), (500, "客诉补偿"))):
        asked = points.request_adjustment(
            member_id=trade.shoppers.regular("0001", number), points=amount, reason=reason, actor=manager, now=now
        )
        if number == 0:
            points.decide_adjustment(
                adjustment_id=asked.id, approve=True, note="小票已核", actor=hq, now=now + timedelta(hours=1)
            )


def _thank(trade: Trade, now: datetime) -> None:
    """Head office thanks the members of some stores with a coupon."""
    some = [trade.shoppers.regular(store.code, number) for store in places.STORES for number in range(8)]
    coupons.grant(
        template_code="THANKS8", member_ids=sorted(set(some)), trigger="thanks", cause_id="demo", actor=SYSTEM, now=now
    )
