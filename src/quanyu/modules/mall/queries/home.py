"""The home page of a store: its blocks with the goods, offers and coupons that they show now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from quanyu.modules.catalog import api as catalog
from quanyu.modules.coupons import api as coupons
from quanyu.modules.insights import api as insights
from quanyu.modules.mall.contracts import Offer, Shop
from quanyu.modules.mall.contracts.window import Block, HomeBlock
from quanyu.modules.mall.queries import flash_sales, offers, pages
from quanyu.modules.mall.rules.pages import is_shown
from quanyu.platform import db

# So many candidates for a place: some are variants of the same product, some not sold here or gone.
_SPARE, _LEAST, _MOST = 6, 40, 200
_FLASH_MAX, _COUPONS_MAX = 10, 6


def home(*, shop: Shop, member_id: UUID | None, now: datetime) -> list[HomeBlock]:
    """Return the blocks that a store's page shows at a moment; one that has nothing to show is left out."""
    shown = [block for block in pages.published(shop.path) if is_shown(block, at=now)]
    return filled(shown, shop=shop, member_id=member_id, now=now)


def filled(blocks: Sequence[Block], *, shop: Shop, member_id: UUID | None, now: datetime) -> list[HomeBlock]:
    """Return blocks with what they show in a store, the empty ones left out."""
    wanted = {place: _candidates(block, shop, now) for place, block in enumerate(blocks) if block.kind == "goods"}
    offered = offers.offers(shop=shop, sku_ids=sorted({sku for skus in wanted.values() for sku in skus}), now=now)
    kinds = {block.kind for block in blocks}
    sales = flash_sales.flash_sales(shop=shop, member_id=member_id, now=now)[:_FLASH_MAX] if "flash" in kinds else []
    given = coupons.centre(member_id=member_id, text="", path=shop.path, at=now) if "coupons" in kinds else []
    tree = _tree() if "categories" in kinds else {}
    made: list[HomeBlock] = []
    for place, block in enumerate(blocks):
        match block.kind:
            case "goods":
                made.append(HomeBlock(block, goods=_goods(block, wanted[place], offered)))
            case "flash":
                made.append(HomeBlock(block, flash=tuple(sales)))
            case "coupons":
                made.append(HomeBlock(block, coupons=tuple(given[:_COUPONS_MAX])))
            case "categories":
                made.append(HomeBlock(block, categories=tuple(_categories(block, tree))))
            case _:
                made.append(HomeBlock(block))
    return [one for one in made if _has_something(one)]


def _has_something(one: HomeBlock) -> bool:
    if one.block.kind in ("banner", "shortcuts", "notice"):
        return True
    return bool(one.goods or one.flash or one.coupons or one.categories)


def _candidates(block: Block, shop: Shop, now: datetime) -> list[int]:
    store_id, size = shop.store.unit.id, min(_MOST, max(_LEAST, block.most * _SPARE))
    match block.rule:
        case "picked":
            return list(block.sku_ids)
        case "best_sellers":
            found = insights.best_sellers(store_id=store_id, limit=size)
            return found or _newest(store_id, None, size)
        case "on_offer":
            return list(db.value("SELECT pricing_on_offer(%s, %s, %s)", [list(shop.path), now, size]))
        case "category":
            return _newest(store_id, block.category_id, size)
        case _:
            return _newest(store_id, None, size)


def _newest(store_id: int, category_id: int | None, size: int) -> list[int]:
    rows = db.rows("SELECT sku_id FROM catalog_newest(%s, %s, NULL, %s)", [store_id, category_id, size])
    return [row["sku_id"] for row in rows]


def _goods(block: Block, wanted: Sequence[int], offered: dict[int, Offer]) -> tuple[Offer, ...]:
    """Return one variant of each product, what is gone left out; picked goods stay where they were put."""
    chosen: dict[int, Offer] = {}
    for offer in (offered[sku_id] for sku_id in wanted if sku_id in offered):
        is_lowered = offer.price.timed_fen is not None and offer.price.timed_fen < offer.price.base_fen
        if block.rule == "on_offer" and not is_lowered:
            continue
        if block.rule != "picked" and max(offer.available, offer.express_available) <= 0:
            continue
        chosen.setdefault(offer.sku.product_id if block.rule != "picked" else offer.sku.id, offer)
    return tuple(chosen.values())[: len(wanted) if block.rule == "picked" else block.most]


def _tree() -> dict[int, tuple[int, str, str, str, int]]:
    """Return the categories by id: id, name, English name, picture, how deep."""
    rows = db.rows("SELECT category_id, image FROM catalog_category_pictures()")
    pictures = {row["category_id"]: catalog.media_address(path=row["image"]) for row in rows}
    return {
        one.id: (one.id, one.name, one.name_en, pictures.get(one.id, ""), len(one.path)) for one in catalog.categories()
    }


def _categories(block: Block, tree: dict[int, tuple[int, str, str, str, int]]) -> Iterable[tuple[int, str, str, str]]:
    if not block.items:
        return [one[:4] for one in tree.values() if one[4] == 1 and one[3]]
    chosen = []
    for item in block.items:
        found = tree.get(item.category_id or 0)
        if found is not None:
            own = catalog.media_address(path=item.image)
            chosen.append((found[0], item.title or found[1], item.title_en or found[2], own or found[3]))
    return chosen
