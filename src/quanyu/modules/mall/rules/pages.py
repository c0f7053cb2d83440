"""What a block of a page may be, and when shoppers see it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.problem import N_
from quanyu.modules.mall.contracts.window import Block, BlockItem, BlockRefused, LinkTo

BLOCKS_MAX, ITEMS_MAX, GOODS_MAX = 30, 12, 30
KINDS = ("banner", "shortcuts", "categories", "goods", "flash", "coupons", "notice")
RULES = ("newest", "best_sellers", "on_offer", "category", "picked")
LINKS = ("none", "product", "category", "search", "coupons", "points", "member_code", "stores", "flash")
ICONS = (
    "ticket", "zap", "coins", "qr-code", "store", "tag", "badge-percent", "sparkles", "flame", "gift", "crown", "star",
    "heart", "percent", "truck", "package", "shirt", "apple", "milk", "cookie", "coffee", "cup-soda", "bed-double",
    "droplets", "baby", "book-open", "wheat", "fish", "beef", "carrot", "croissant", "cake", "party-popper", "house",
)  # fmt: skip
_PICTURE = re.compile(r"^catalog/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}-(thumb|card|full)\.webp\Z")
_ID = re.compile(r"^[1-9][0-9]{0,17}\Z")
# At the ends of the calendar a time zone leads out of it.
_YEARS = range(2000, 2200)
_LENGTHS = {"title": 40, "title_en": 60, "text": 200, "text_en": 300}


def demand_sound(blocks: Sequence[Block]) -> None:
    """Raise ``BlockRefused`` for the first block that cannot be as it is."""
    if len(blocks) > BLOCKS_MAX:
        raise BlockRefused(field="blocks", number=len(blocks), reason=N_("a page holds at most 30 blocks"))
    for place, fault in faults(blocks).items():
        raise BlockRefused(field=f"blocks.{place}", number=place + 1, reason=fault)


def faults(blocks: Sequence[Block]) -> dict[int, str]:
    """Return by place what is wrong with blocks that cannot be as they are."""
    found = {place: _fault(block) for place, block in enumerate(blocks)}
    return {place: fault for place, fault in found.items() if fault is not None}


def is_shown(block: Block, *, at: datetime) -> bool:
    """Tell whether shoppers see the block at a moment: from its start to before its end."""
    return (
        block.is_on
        and (block.starts_at is None or block.starts_at <= at)
        and (block.ends_at is None or at < block.ends_at)
    )


def _fault(block: Block) -> str | None:
    if block.kind not in KINDS:
        return N_("there is no such kind of block")
    if any(len(getattr(block, name)) > most for name, most in _LENGTHS.items()):
        return N_("a text is too long")
    if not _is_link(block.more):
        return N_("the link leads nowhere")
    fault = _fault_of_times(block)
    if fault is not None:
        return fault
    if block.kind == "notice" and not block.text.strip():
        return N_("a notice needs a text")
    return _fault_of_goods(block) or _fault_of_items(block)


def _fault_of_times(block: Block) -> str | None:
    times = [at for at in (block.starts_at, block.ends_at) if at is not None]
    if any(at.tzinfo is None for at in times):
        return N_("a time needs its time zone")
    if any(at.year not in _YEARS for at in times):
        return N_("a time lies too far away")
    if block.starts_at is not None and block.ends_at is not None and block.ends_at <= block.starts_at:
        return N_("it ends before it starts")
    return None


def _fault_of_goods(block: Block) -> str | None:
    if block.kind != "goods":
        is_bare = not block.rule and block.category_id is None and not block.sku_ids
        return None if is_bare else N_("only a block of goods chooses goods")
    if block.rule not in RULES:
        return N_("choose which goods it shows")
    if (block.rule == "category") != (block.category_id is not None):
        return N_("choose a category")
    if (block.rule == "picked") != bool(block.sku_ids) or len(block.sku_ids) > GOODS_MAX:
        return N_("pick 1 to 30 goods")
    if len(set(block.sku_ids)) != len(block.sku_ids):
        return N_("the same goods stand there twice")
    return None if 1 <= block.most <= GOODS_MAX else N_("it shows 1 to 30 goods")


def _fault_of_items(block: Block) -> str | None:
    if block.kind not in ("banner", "shortcuts", "categories"):
        return N_("this kind of block has no entries") if block.items else None
    if len(block.items) > ITEMS_MAX:
        return N_("it holds at most 12 entries")
    if not block.items and block.kind != "categories":
        return N_("it is empty")
    return next((fault for item in block.items if (fault := _fault_of_item(block.kind, item))), None)


def _fault_of_item(kind: str, item: BlockItem) -> str | None:
    if len(item.title) > _LENGTHS["title"] or len(item.title_en) > _LENGTHS["title_en"]:
        return N_("a text is too long")
    if item.image and not _PICTURE.match(item.image):
        return N_("the picture was not uploaded here")
    if not _is_link(item.link):
        return N_("the link leads nowhere")
    if kind == "banner" and not item.image:
        return N_("a banner needs a picture")
    if kind == "shortcuts" and (item.icon not in ICONS or not item.title.strip()):
        return N_("a shortcut needs an icon and a title")
    if (kind == "categories") != (item.category_id is not None):
        return N_("choose a category")
    return None


def _is_link(link: LinkTo) -> bool:
    if link.kind in ("product", "category"):
        return _ID.match(link.value) is not None
    if link.kind == "search":
        return 0 < len(link.value.strip()) <= 60
    return link.kind in LINKS and not link.value
