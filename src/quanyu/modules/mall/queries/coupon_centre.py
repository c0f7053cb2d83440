"""The coupon centre of a store: what can be claimed for it, by words and by category of goods."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.catalog import api as catalog
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import Offer, TemplateState, Terms
from quanyu.modules.mall.contracts import Shop


def offers(*, shop: Shop, member_id: UUID | None, text: str, category_id: int | None, now: datetime) -> list[Offer]:
    """Return the offers that hold at a store. With a category: those of its goods, and those of all goods."""
    found = coupons.centre(member_id=member_id, text=text.strip(), path=shop.path, at=now)
    if category_id is None or not found:
        return found
    related = _related(category_id)
    terms = {one.code: one.terms for one in coupons.templates(states={TemplateState.LIVE})}
    return [offer for offer in found if _concerns(terms.get(offer.template_code), related)]


def _related(category_id: int) -> frozenset[int]:
    """Return the category with all above and below it: a coupon of any of these takes some of its goods."""
    tree = catalog.categories()
    above = next((one.path for one in tree if one.id == category_id), ())
    return frozenset(above) | {one.id for one in tree if category_id in one.path}


def _concerns(terms: Terms | None, related: frozenset[int]) -> bool:
    if terms is None:
        return False
    if terms.category_ids:
        return not related.isdisjoint(terms.category_ids)
    # Named products are not looked up: a coupon for a few of them is found by its words.
    return not terms.sku_ids
