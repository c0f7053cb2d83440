"""What an order would cost now, with everything that speaks for and against it. Reads only."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.checkout.contracts import NotApplied, PlaceOrder, Quote, QuotedDiscount, QuotedLine
from quanyu.modules.checkout.ops import price_order
from quanyu.modules.checkout.ops.submit_orders import tiers_of
from quanyu.modules.checkout.rules import commands
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.promotions.contracts import REASON_TEXTS


def quote(command: PlaceOrder, *, now: datetime) -> Quote:
    """Quote a command. Raises only what no shop could sell (empty, absurd quantities, unknown store)."""
    commands.check(command)
    tier = tiers_of([command]).get(command.member_id) if command.member_id else None
    sku_ids = [line.sku_id for line in command.lines]
    shop = price_order.read_shop(
        store_id=command.store_id,
        channel=command.channel,
        delivery=command.delivery,
        tier=tier,
        sku_ids=sku_ids,
        at=now,
    )
    priced = price_order.price(command, shop=shop, tier=tier, at=now)
    available = inventory.availability(
        sku_ids=sku_ids,
        location_ids=list(priced.sources),
        channel=command.channel.value,
        seller_owner_id=shop.store.owner_id,
        now=now,
    )
    source = _first_complete(command, priced.sources, available)
    lines = tuple(_line(priced, number, available, source) for number in range(len(priced.price.lines)))
    problems = [problem.code for problem in priced.problems]
    if any(line.problem for line in lines):
        problems.append(StockShort.code)
    return Quote(
        lines=lines,
        goods_fen=priced.price.goods_fen,
        discount_fen=priced.price.discount_fen,
        freight_fen=priced.price.freight_fen,
        payable_fen=priced.price.payable_fen,
        not_applied=tuple(
            NotApplied(
                source=one.source,
                label=one.label,
                reason=one.reason.value,
                text=REASON_TEXTS[one.reason],
                params=one.params,
            )
            for one in priced.price.not_applied
        ),
        problems=tuple(dict.fromkeys(problems)),
    )


def _first_complete(command: PlaceOrder, sources: tuple[int, ...], available: dict[tuple[int, int], int]) -> int:
    """Return the first source that seems to have everything, else the first."""
    wanted: dict[int, int] = {}
    for line in command.lines:
        wanted[line.sku_id] = wanted.get(line.sku_id, 0) + line.quantity
    for location_id in sources:
        if all(available.get((location_id, sku_id), 0) >= quantity for sku_id, quantity in wanted.items()):
            return location_id
    return sources[0]


def _line(
    priced: price_order.PricedOrder, index: int, available: dict[tuple[int, int], int], source: int
) -> QuotedLine:
    quoted = priced.price.lines[index]
    wanted = priced.command.lines[quoted.number - 1]
    sku = priced.shop.skus[wanted.sku_id]
    left = available.get((wanted.location_id or source, wanted.sku_id), 0)
    return QuotedLine(
        number=quoted.number,
        sku_id=wanted.sku_id,
        sku_code=sku.code,
        name=sku.name,
        image=sku.image_card,
        quantity=wanted.quantity,
        quantity_scale=sku.quantity_scale,
        unit_price_fen=quoted.unit_price_fen,
        list_fen=quoted.list_fen,
        discounts=tuple(
            QuotedDiscount(kind=one.kind, source=one.source, label=one.label, amount_fen=one.amount_fen)
            for one in quoted.discounts
        ),
        net_fen=quoted.net_fen,
        freight_fen=quoted.freight_fen,
        location_id=wanted.location_id or source,
        available=left,
        problem=StockShort.code if left < wanted.quantity else None,
    )
