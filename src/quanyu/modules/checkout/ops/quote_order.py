"""What an order would cost now, with everything that speaks for and against it. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.checkout.contracts import NotApplied, PlaceOrder, Quote, QuotedDiscount, QuotedLine
from quanyu.modules.checkout.ops import permitted, price_order, quote_rights, wishes
from quanyu.modules.checkout.ops.price_order import PricedOrder
from quanyu.modules.checkout.ops.quote_rights import Wallet
from quanyu.modules.checkout.ops.read_shops import Shops
from quanyu.modules.checkout.rules import commands
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.promotions.contracts import REASON_TEXTS, BasketLine, QuoteLine

Availability = Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class _View:
    """A priced order with what is there of its goods, at the source that seems to have most of them."""

    one: PricedOrder
    wallet: Wallet
    available: Availability
    source: int


def quote(command: PlaceOrder, *, actor: Actor, now: datetime) -> Quote:
    """Quote a command. Raises what no shop could sell (empty, absurd quantities, unknown store), or ``Forbidden`` for
    a member who asks for somebody else's rights.
    """
    commands.check(command)
    permitted.require_own_rights(actor, member_id=command.member_id)
    shops = Shops([command], at=now, with_points=command.member_id is not None)
    store, rights = shops.store(command.store_id), shops.rights
    wallet = quote_rights.read(command, path=store.unit.path, rights=rights, at=now)
    shops.complete(coupons=wallet.candidates)
    shop = shops.shop(
        [command],
        channel=command.channel,
        delivery=command.delivery,
        tier=rights.tier_of(command.member_id),
        coupons=[*rights.coupons_of(command), *wallet.candidates],
    )
    sources = price_order.sources_of(command, shop)
    available = inventory.availability(
        sku_ids=sorted({line.sku_id for line in command.lines} | set(shop.gifts)),
        location_ids=list(sources),
        channel=command.channel.value,
        seller_owner_id=shop.store.owner_id,
        now=now,
    )
    source = _first_complete(command, sources, available)
    shop = replace(shop, gifts=_gifts_in_stock(shop.gifts, command, available, source))
    one = price_order.price(command, shop=shop, rights=rights, at=now, balance=wallet.balance)
    against = wishes.refusals(command, shop=shop, at=now)
    if not against and wishes.seems_full(command, shop=shop):
        against = [wishes.full()]
    one = replace(one, problems=(*one.problems, *against))
    return replace(_quote(_View(one, wallet, available, source)), way=wishes.quoted_way(one, at=now))


def _quote(view: _View) -> Quote:
    one, priced = view.one, view.one.price
    english = _english(one)
    lines = tuple(_line(view, quoted, english) for quoted in priced.lines)
    problems = [problem.code for problem in one.problems]
    if any(line.problem for line in lines):
        problems.append(StockShort.code)
    return Quote(
        lines=lines,
        goods_fen=priced.goods_fen,
        discount_fen=priced.discount_fen,
        freight_fen=priced.freight_fen,
        payable_fen=priced.payable_fen,
        not_applied=tuple(
            NotApplied(
                source=reason.source,
                label=reason.label,
                reason=reason.reason.value,
                text=REASON_TEXTS[reason.reason],
                params=reason.params,
                label_en=english.get(reason.source, ""),
            )
            for reason in priced.not_applied
        ),
        problems=tuple(dict.fromkeys(problems)),
        coupon_fen=priced.coupon_fen,
        points_fen=priced.points_fen,
        points_spent=priced.points_spent,
        points_max=priced.points_max,
        points_balance=view.wallet.balance,
        points_earned=quote_rights.earned(one, view.wallet),
        coupons=quote_rights.coupons_beside(one, view.wallet),
    )


def _first_complete(command: PlaceOrder, sources: tuple[int, ...], available: Availability) -> int:
    """Return the first source that seems to have everything, else the first."""
    wanted = _wanted(command)
    for location_id in sources:
        if all(available.get((location_id, sku_id), 0) >= quantity for sku_id, quantity in wanted.items()):
            return location_id
    return sources[0]


def _wanted(command: PlaceOrder) -> Counter[int]:
    wanted: Counter[int] = Counter()
    for line in command.lines:
        wanted[line.sku_id] += line.quantity
    return wanted


def _gifts_in_stock(
    gifts: Mapping[int, BasketLine], command: PlaceOrder, available: Availability, source: int
) -> dict[int, BasketLine]:
    """Return what is there to give away beside what is bought."""
    wanted = _wanted(command)
    left = {sku_id: available.get((source, sku_id), 0) - wanted[sku_id] for sku_id in gifts}
    return {sku_id: replace(gift, quantity=left[sku_id]) for sku_id, gift in gifts.items() if left[sku_id] > 0}


def _english(one: PricedOrder) -> dict[str, str]:
    """Return what campaigns and chosen coupons are called in English, by the source that a discount names."""
    return {campaign.code: campaign.name_en for campaign in one.shop.campaigns} | {
        f"coupon:{coupon.id}": coupon.name_en for coupon in one.basket.coupons
    }


def _line(view: _View, quoted: QuoteLine, english: dict[str, str]) -> QuotedLine:
    one = view.one
    wanted = None if quoted.gift_of else one.command.lines[quoted.number - 1]
    sku = one.shop.skus[quoted.sku_id]
    location_id = (wanted and wanted.location_id) or view.source
    left = view.available.get((location_id, quoted.sku_id), 0)
    return QuotedLine(
        number=quoted.number,
        sku_id=quoted.sku_id,
        sku_code=sku.code,
        name=sku.name,
        image=sku.image_card,
        quantity=quoted.quantity,
        quantity_scale=sku.quantity_scale,
        unit_price_fen=quoted.unit_price_fen,
        list_fen=quoted.list_fen,
        discounts=tuple(
            QuotedDiscount(
                kind=part.kind,
                source=part.source,
                label=part.label,
                amount_fen=part.amount_fen,
                label_en=english.get(part.source, ""),
            )
            for part in quoted.discounts
        ),
        net_fen=quoted.net_fen,
        freight_fen=quoted.freight_fen,
        location_id=location_id,
        available=left,
        problem=StockShort.code if left < quoted.quantity else None,
        coupon_fen=quoted.coupon_fen,
        points_fen=quoted.points_fen,
        points_spent=quoted.points_spent,
        gift_of=quoted.gift_of,
        points_offer_id=wanted.points_offer_id if wanted else None,
        name_en=sku.name_en,
    )
