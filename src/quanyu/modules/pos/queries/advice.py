"""What goes with what in a store: the habits of all stores, as far as this one sells the goods at a good margin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from quanyu.modules.catalog import api as catalog
from quanyu.modules.insights import api as insights
from quanyu.modules.inventory import api as inventory
from quanyu.modules.orders.contracts import Channel
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.queries import catalogue, settings
from quanyu.modules.pos.rules import advice as rules
from quanyu.modules.pos.rules.advice import AdviceDifferences, AdviceTerms, Advised
from quanyu.modules.pricing import api as pricing
from quanyu.platform import db

# So much a till keeps: what is bought most often, and what goes with it.
_PRODUCTS_MAX, _COMPANIONS_MAX, _OFFERS_MAX = 5_000, 8, 4


def terms(*, till: Till, now: datetime) -> AdviceTerms:
    """Return how the till advises. Two queries.

    The version is another one after each night, and every day: prices move, and margins with them.
    """
    wished = settings.advice(till=till)
    learnt_at = insights.learnt_at() if wished.is_on else None
    if learnt_at is None:
        return AdviceTerms(version="", control_bp=wished.control_bp)
    return AdviceTerms(rules.version(learnt_at, timezone.localdate(now), wished.margin_bp), wished.control_bp)


def differences(*, till: Till, known: Sequence[str], now: datetime) -> AdviceDifferences:
    """Return the buckets whose digest is not the known one. A fixed number of queries."""
    version = terms(till=till, now=now).version
    buckets = rules.in_buckets(_advised(till, now=now) if version else ())
    digests = known or [""] * rules.BUCKETS
    return AdviceDifferences(version, tuple(one for one in buckets if one.digest != digests[one.number]))


def out_of_stock(*, till: Till, sku_ids: Sequence[int], now: datetime) -> list[int]:
    """Return those of the SKUs of which the till's store can sell nothing now. Two queries."""
    store = organization.locations(ids=[till.store_id])[till.store_id]
    stock = inventory.availability(
        sku_ids=sku_ids, location_ids=[till.store_id], channel=Channel.POS, seller_owner_id=store.owner_id, now=now
    )
    return sorted(sku_id for sku_id in set(sku_ids) if stock.get((till.store_id, sku_id), 0) <= 0)


def bought_lately(*, member_id: UUID, till: Till, now: datetime) -> tuple[int, ...]:
    """Return the SKUs that a member has bought so lately that they are not advised again."""
    since = now - settings.advice(till=till).lately
    rows = db.rows("SELECT sku_id FROM orders_goods_of_member(%s, %s) ORDER BY sku_id", [member_id, since])
    return tuple(row["sku_id"] for row in rows)


def _advised(till: Till, *, now: datetime) -> list[Advised]:
    company = {one.product_id: one.goes_with for one in insights.company(products=_PRODUCTS_MAX, most=_COMPANIONS_MAX)}
    named = set(company) | {other for goes_with in company.values() for other, _ in goes_with}
    products = catalog.products(ids=named)
    listed = set(catalogue.listed(till.store_id))
    sold_here = {id_: [sku_id for sku_id in one.sku_ids if sku_id in listed] for id_, one in products.items()}
    offers = _offers(till, [sku_id for sku_ids in sold_here.values() for sku_id in sku_ids], now=now)
    found = []
    for product_id, sku_ids in sold_here.items():
        if not sku_ids:
            continue
        goes_with = tuple((id_, strength) for id_, strength in company.get(product_id, ()) if sold_here.get(id_))
        mine = sorted((sku_id for sku_id in sku_ids if sku_id in offers), key=lambda one: (-offers[one], one))
        found.append(Advised(product_id, tuple(sorted(sku_ids)), tuple(mine[:_OFFERS_MAX]), goes_with))
    return found


def _offers(till: Till, sku_ids: Sequence[int], *, now: datetime) -> dict[int, int]:
    """Return the SKUs whose margin is above the store's floor, with the orders that held them of late."""
    floor_bp = settings.advice(till=till).margin_bp
    skus = catalog.skus(ids=sku_ids)
    prices = pricing.prices(unit_id=till.store_id, sku_ids=sku_ids, at=now)
    sold = insights.variant_orders(sku_ids=sku_ids)
    return {
        sku_id: sold.get(sku_id, 0)
        for sku_id, price in prices.items()
        if rules.is_above_floor(
            price_fen=min(price.base_fen, price.timed_fen or price.base_fen),
            cost_fen=skus[sku_id].cost_fen,
            floor_bp=floor_bp,
        )
    }
