"""What crosses the mall's door of shop windows: pages of blocks, and what is suggested while one types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quanyu.kernel.problem import N_, Conflict, Invalid
from quanyu.modules.mall.contracts import FlashOffer, Offer


class PageEdited(Conflict):
    """Somebody else has changed this page since the editor opened it."""

    code = "mall.page_edited"
    title = N_("Somebody else has changed this page meanwhile.")
    remedy = N_("Nothing was saved. Load the page again and enter your changes once more.")


class BlockRefused(Invalid):
    """A block of a page cannot be as it is."""

    code = "mall.block_refused"
    title = N_("Block %(number)s: %(reason)s.")
    remedy = N_("Correct this block and save again.")


@dataclass(frozen=True, slots=True)
class LinkTo:
    """Where a tap leads. ``value``: the id of the product or category, the words to search for."""

    kind: str = "none"
    value: str = ""


@dataclass(frozen=True, slots=True)
class BlockItem:
    """A banner (picture, link), a shortcut (icon, title, link) or a category. ``image``: path below the media root."""

    image: str = ""
    icon: str = ""
    title: str = ""
    title_en: str = ""
    link: LinkTo = LinkTo()
    category_id: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page. ``rule`` says which goods a block of goods shows, ``most`` how many."""

    kind: str
    title: str = ""
    title_en: str = ""
    text: str = ""
    text_en: str = ""
    more: LinkTo = LinkTo()
    rule: str = ""
    category_id: int | None = None
    sku_ids: tuple[int, ...] = ()
    most: int = 6
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    items: tuple[BlockItem, ...] = ()
    is_on: bool = True
    id: int = 0


@dataclass(frozen=True, slots=True)
class UnitPage:
    """The page of a unit as it is arranged. ``version`` 0: it has none; then ``blocks`` are those it inherits.

    ``inherited_from``: whose page shoppers see while there is no published one here; ``None``: the default page.
    """

    unit_id: int
    version: int
    blocks: tuple[Block, ...]
    published_at: datetime | None
    is_changed: bool
    inherited_from: int | None


@dataclass(frozen=True, slots=True)
class HomeBlock:
    """A block with what it shows in a store now. ``categories``: (id, name, English name, picture)."""

    block: Block
    goods: tuple[Offer, ...] = ()
    flash: tuple[FlashOffer, ...] = ()
    coupons: tuple[Any, ...] = ()
    categories: tuple[tuple[int, str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a typed text may mean, in the reader's language."""

    kind: str
    text: str
    product_id: int | None = None
    category_id: int | None = None
    image: str = ""
