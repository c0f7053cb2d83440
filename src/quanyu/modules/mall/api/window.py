"""Shop windows: the home page and how it is arranged, finding, a product's content and companions, codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Forbidden
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts.content import ProductContent, Shot
from quanyu.modules.mall.contracts import Offer, OfferUnknown
from quanyu.modules.mall.contracts.window import Block, HomeBlock, Suggestion, UnitPage
from quanyu.modules.mall.ops import arrange_page
from quanyu.modules.mall.queries import finding, offers, pages, shops
from quanyu.modules.mall.queries import home as home_query
from quanyu.modules.mall.rules import pages as page_rules
from quanyu.modules.members import api as members
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Area
from quanyu.platform import db
from quanyu.platform.db import lean

EDIT = arrange_page.EDIT
PAGE_KINDS = arrange_page.KINDS


def home(*, store_id: int, tier: str | None, member_id: UUID | None, now: datetime) -> list[HomeBlock]:
    """Return the blocks of a store's home page with what they show now. Raises ``StoreUnknown``."""
    shop = shops.shop(store_id=store_id, tier=tier, now=now)
    return home_query.home(shop=shop, member_id=member_id, now=now)


def previewed(*, store_id: int, blocks: Sequence[Block], now: datetime) -> list[HomeBlock]:
    """Return blocks with what they would show in a store now, to who is not signed in.

    Those switched off and those that cannot be as they are are left out. Raises ``StoreUnknown``.
    """
    shop = shops.shop(store_id=store_id, tier=None, now=now)
    faulty = page_rules.faults(blocks)
    shown = [block for place, block in enumerate(blocks) if block.is_on and place not in faulty]
    return home_query.filled(shown, shop=shop, member_id=None, now=now)


def page_faults(*, blocks: Sequence[Block]) -> dict[int, str]:
    """Return by place what is wrong with blocks that cannot be saved as they are."""
    return page_rules.faults(blocks)


def unit_page(*, unit_id: int) -> UnitPage:
    """Return the page of a unit for arranging it."""
    path = organization.paths(unit_ids=[unit_id])[unit_id]
    return pages.unit_page(unit_id=unit_id, path=path)


def arranged_pages() -> dict[int, bool]:
    """Return the units with a page of their own, and whether shoppers see it."""
    return pages.arranged()


def save_page(*, unit_id: int, version: int, blocks: Sequence[Block], actor: Actor, now: datetime) -> None:
    """Write the draft of a unit's page; needs ``mall.edit`` there. Raises ``PageEdited``, ``BlockRefused``."""
    db.in_transaction(
        lambda: arrange_page.save_draft(unit_id=unit_id, version=version, blocks=blocks, actor=actor, now=now)
    )


def publish_page(
    *, unit_id: int, version: int, actor: Actor, now: datetime, blocks: Sequence[Block] | None = None
) -> None:
    """Let shoppers see the draft, or these blocks: saved as the draft and published, or neither.

    The version grows by one, with ``blocks`` by two. Raises ``PageEdited``, ``BlockRefused``.
    """

    def done() -> None:
        seen = version
        if blocks is not None:
            arrange_page.save_draft(unit_id=unit_id, version=seen, blocks=blocks, actor=actor, now=now)
            seen += 1
        arrange_page.publish(unit_id=unit_id, version=seen, actor=actor, now=now)

    db.in_transaction(done)


def take_page_back(*, unit_id: int, version: int, actor: Actor, now: datetime) -> None:
    """Let shoppers see the inherited page again; the draft stays. Raises ``PageEdited``."""
    db.in_transaction(lambda: arrange_page.take_back(unit_id=unit_id, version=version, actor=actor, now=now))


def store_banner(*, content: bytes, actor: Actor) -> Shot:
    """Store a picture for pages. Raises ``PictureRefused``, and ``Forbidden`` without ``mall.edit`` anywhere."""
    if not actor.reaches(EDIT):
        raise Forbidden(permission=EDIT)
    return catalog.store_shot(content=content)


def suggestions(*, store_id: int, text: str, now: datetime) -> tuple[list[Suggestion], list[str]]:
    """Return what a typed text may mean in a store, and the hot words. Raises ``StoreUnknown``."""
    shops.shop(store_id=store_id, tier=None, now=now)
    return finding.suggestions(store_id=store_id, text=text), finding.hot(store_id=store_id)


def facets(*, store_id: int, token: str | None, text: str, category_id: int | None, now: datetime) -> lean.Read[bytes]:
    """Return the read of what a list can be narrowed by. Asking it raises ``StoreUnknown``. One statement."""
    token_hash = members.hash_of_token(token=token) if token else None
    return finding.facets(store_id=store_id, token_hash=token_hash, text=text, category_id=category_id, now=now)


def also_bought(*, store_id: int, product_id: int, tier: str | None, now: datetime) -> list[Offer]:
    """Return what is bought with a product and is to be had in the store. Raises ``StoreUnknown``."""
    shop = shops.shop(store_id=store_id, tier=tier, now=now)
    return finding.also_bought(shop=shop, product_id=product_id, now=now)


def content(
    *, store_id: int, product_id: int, tier: str | None, now: datetime
) -> tuple[ProductContent, dict[int, Offer]]:
    """Return a product's content and the goods of its sections as the store has them.

    Raises ``StoreUnknown``, and ``OfferUnknown`` for a product that is none.
    """
    shop = shops.shop(store_id=store_id, tier=tier, now=now)
    _demand_product(product_id)
    found = catalog.product_content(product_id=product_id)
    wanted = {sku_id for section in found.sections for sku_id in section.sku_ids}
    return found, offers.offers(shop=shop, sku_ids=sorted(wanted), now=now) if wanted else {}


def share(*, store_id: int, product_id: int, now: datetime) -> str:
    """Return the token under which a product of a store is passed on. Raises ``StoreUnknown``, ``OfferUnknown``."""
    shops.shop(store_id=store_id, tier=None, now=now)
    _demand_product(product_id)
    return catalog.share_product(product_id=product_id, unit_id=store_id, now=now)


def cities() -> list[tuple[Area, int]]:
    """Return the cities with open stores and how many each has."""
    return finding.cities()


def _demand_product(product_id: int) -> None:
    found = catalog.products(ids=[product_id]).get(product_id)
    if found is None or not found.is_active:
        raise OfferUnknown(field="product_id")
