"""Finding: suggestions while one types, what a list can be narrowed by, what is bought together, cities with stores."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.utils.translation import get_language

from quanyu.modules.catalog import api as catalog
from quanyu.modules.insights import api as insights
from quanyu.modules.mall.contracts import SEARCH_HITS_MAX, Offer, Shop, StoreUnknown
from quanyu.modules.mall.contracts.window import Suggestion
from quanyu.modules.mall.queries import offers, settings
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Area, UnitKind
from quanyu.platform.db import lean

SUGGESTIONS_MAX, HOT_MAX, ALSO_MAX = 10, 10, 12
_GROUPS_MAX, _HITS = 3, 40
_FACETS = "SELECT fault, body FROM mall_facets(%s, %s, %s, %s, %s, %s)"
# Offers that facets are counted in; beyond it the figures say "of the first so many".
FACETS_MAX = 2000


def suggestions(*, store_id: int, text: str) -> list[Suggestion]:
    """Return what a typed text may mean: categories and brands by name, hot words, goods that the store lists."""
    if not text.strip():
        return []
    found = [
        Suggestion("category", _named(one.name, one.name_en), category_id=one.id)
        for one in catalog.categories()
        if _is_named(one.name, one.name_en, text)
    ][:_GROUPS_MAX]
    found += [
        Suggestion("brand", _named(one.name, one.name_en))
        for one in catalog.brands()
        if _is_named(one.name, one.name_en, text)
    ][:_GROUPS_MAX]
    found += [Suggestion("word", word) for word in hot_words(store_id) if _is_named(word, "", text)][:_GROUPS_MAX]
    hits = catalog.search(text=text, unit_id=store_id, limit=_HITS).sku_ids
    skus = catalog.skus(ids=hits)
    first = {skus[id_].product_id: skus[id_] for id_ in reversed(hits) if id_ in skus}
    products = catalog.products(ids=first)
    for product_id in dict.fromkeys(skus[id_].product_id for id_ in hits if id_ in skus):
        one = products[product_id]
        said = _named(one.name, one.name_en)
        found.append(Suggestion("product", said, product_id=product_id, image=first[product_id].image_thumb))
    return list({(one.kind, one.text): one for one in found}.values())[:SUGGESTIONS_MAX]


def hot(*, store_id: int) -> list[str]:
    """Return the words to offer before anything is typed: as set, else the names of what sells best."""
    words = hot_words(store_id)
    if words:
        return words[:HOT_MAX]
    best = insights.best_sellers(store_id=store_id, limit=HOT_MAX)
    skus = catalog.skus(ids=best)
    products = catalog.products(ids={sku.product_id for sku in skus.values()})
    named = (products[skus[id_].product_id] for id_ in best if id_ in skus)
    return list(dict.fromkeys(_named(one.name, one.name_en) for one in named))


def hot_words(store_id: int) -> list[str]:
    """Return the words that are set for a store."""
    return list(settings.of_store(settings.HOT_WORDS.key, store_id=store_id)[settings.HOT_WORDS.key])


def facets(
    *, store_id: int, token_hash: bytes | None, text: str, category_id: int | None, now: datetime
) -> lean.Read[bytes]:
    """Return the read of what a list can be narrowed by, as JSON. Asking it raises ``StoreUnknown``. One statement."""
    words = offers.told(catalog.search_words(text=text))
    most = min(FACETS_MAX, SEARCH_HITS_MAX) if words else FACETS_MAX
    return lean.Read(_FACETS, [store_id, token_hash, words, category_id, most, now], _body)


def also_bought(*, shop: Shop, product_id: int, now: datetime) -> list[Offer]:
    """Return what is bought with a product and is to be had here, the closest first."""
    companions = [one.product_id for one in insights.also_bought(product_id=product_id)]
    products = catalog.products(ids=companions)
    sku_ids = [sku_id for id_ in companions if id_ in products for sku_id in products[id_].sku_ids]
    offered = offers.offers(shop=shop, sku_ids=sku_ids, now=now)
    chosen: dict[int, Offer] = {}
    for sku_id in sku_ids:
        offer = offered.get(sku_id)
        if offer is not None and offer.available > 0:
            chosen.setdefault(offer.sku.product_id, offer)
    return list(chosen.values())[:ALSO_MAX]


def cities() -> list[tuple[Area, int]]:
    """Return the cities with open stores and how many each has, those with most first."""
    stores = [one for one in organization.locations().values() if one.unit.kind is UnitKind.STORE and one.unit.active]
    counts = Counter(f"{store.area_code[:4]}00" for store in stores)
    known = organization.areas_by_code(codes={*counts, *(f"{code[:2]}0000" for code in counts)})
    found: Counter[str] = Counter()
    for code, count in counts.items():
        # A municipality is a city by itself: the step between it and its districts has no name of its own.
        is_city = code in known and known[code].name not in ("市辖区", "县")
        found[code if is_city else f"{code[:2]}0000"] += count
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [(known[code], count) for code, count in ranked if code in known]


def _is_named(name: str, name_en: str, text: str) -> bool:
    return catalog.is_found(name=name, by=text) or bool(name_en and catalog.is_found(name=name_en, by=text))


def _named(name: str, name_en: str) -> str:
    return name_en if name_en and not (get_language() or "").startswith("zh") else name


def _body(row: lean.Row) -> bytes:
    _, body = row
    if body is None:
        raise StoreUnknown
    return body
