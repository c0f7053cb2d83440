"""The price that will hold when a flash sale starts: it comes from price books and campaigns, as for any product."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.catalog import api as catalog
from quanyu.modules.flash.models import Sale
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.pricing import api as pricing
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import Basket, BasketLine, FreightFacts, MemberFacts

_PLACES_SHOWN = 5


def at_start(row: Sale, *, now: datetime) -> list[tuple[str, int | None, int | None]]:
    """Return for the sale's places their name, the usual price and the price of one piece, in fen, for a member.

    At the start of the sale, or now while it runs; ``None``: no price there. At most five places: stores below the
    units of the sale, or of the whole enterprise.
    """
    at = min(max(now, row.starts_at), row.ends_at)
    ids = [unit.pk for unit in row.units.all()] or [organization.enterprise().id]
    store_ids = [store for unit_id in ids for store in organization.subtree_ids(unit_id=unit_id, kind=UnitKind.STORE)]
    shown = sorted(set(store_ids))[:_PLACES_SHOWN]
    names = organization.units(ids=shown)
    return [(names[store_id].name, *_price(row.sku_id, store_id, at)) for store_id in shown]


def _price(sku_id: int, store_id: int, at: datetime) -> tuple[int | None, int | None]:
    path = organization.paths(unit_ids=[store_id])[store_id]
    prices = pricing.prices(unit_id=store_id, sku_ids=[sku_id], at=at, path=path).get(sku_id)
    if prices is None:
        return None, None
    sku = catalog.skus(ids=[sku_id])[sku_id]
    basket = Basket(
        channel="mall",
        store_id=store_id,
        member=MemberFacts(is_new=False),
        lines=(
            BasketLine(
                number=1,
                sku_id=sku_id,
                category_path=sku.category_path,
                supplier_id=sku.supplier_id,
                quantity=1,
                quantity_scale=sku.quantity_scale,
                prices=prices,
            ),
        ),
        freight=FreightFacts(delivery="pickup", base_fen=0, free_from_fen=None),
        campaigns=tuple(promotions.campaigns_in_force(unit_id=store_id, path=path, channel="mall", at=at)),
        at=at,
        store_path=path,
    )
    return prices.base_fen, promotions.price(basket=basket).payable_fen
