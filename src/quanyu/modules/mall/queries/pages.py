"""Pages of units: as they are being arranged, as shoppers see them, and what stands where nobody arranged any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.utils import translation
from django.utils.translation import gettext

from quanyu.kernel.problem import N_
from quanyu.modules.mall.contracts.window import Block, BlockItem, LinkTo, UnitPage
from quanyu.platform import db

_BLOCKS = (
    "SELECT id, kind, is_on, title, title_en, text, text_en, more::text AS more, rule, category_id, sku_ids, most, "
    "starts_at, ends_at, items::text AS items FROM mall_block WHERE page_id = %s AND is_draft = %s ORDER BY position"
)


def published(path: Sequence[int]) -> tuple[Block, ...]:
    """Return the blocks that shoppers see at the end of a path: the nearest page's, else the default ones."""
    page_id = db.value("SELECT mall_page_of(%s)", [list(path)])
    return default() if page_id is None else _blocks(page_id, is_draft=False)


def unit_page(*, unit_id: int, path: Sequence[int]) -> UnitPage:
    """Return the page of a unit for arranging it."""
    row = db.row("SELECT id, version, published_at FROM mall_page WHERE unit_id = %s", [unit_id])
    above_id = db.value("SELECT mall_page_of(%s)", [[id_ for id_ in path if id_ != unit_id]])
    above = db.value("SELECT unit_id FROM mall_page WHERE id = %s", [above_id]) if above_id is not None else None
    if row is None:
        inherited = default() if above_id is None else _blocks(above_id, is_draft=False)
        return UnitPage(unit_id, 0, inherited, None, is_changed=False, inherited_from=above)
    draft, shown = _blocks(row["id"], is_draft=True), _blocks(row["id"], is_draft=False)
    return UnitPage(
        unit_id,
        row["version"],
        draft,
        row["published_at"],
        is_changed=_bare(draft) != _bare(shown),
        inherited_from=above,
    )


def arranged() -> dict[int, bool]:
    """Return the units with a page of their own, and whether shoppers see it."""
    rows = db.rows("SELECT unit_id, published_at IS NOT NULL AS is_seen FROM mall_page")
    return {row["unit_id"]: row["is_seen"] for row in rows}


def default() -> tuple[Block, ...]:
    """Return the page of a chain that has arranged none."""
    shortcuts = (
        _shortcut("ticket", N_("Coupons"), "coupons"),
        _shortcut("zap", N_("Flash sales"), "flash"),
        _shortcut("coins", N_("Points mall"), "points"),
        _shortcut("qr-code", N_("Member code"), "member_code"),
        _shortcut("store", N_("Stores"), "stores"),
    )
    return (
        Block(kind="shortcuts", items=shortcuts, id=1),
        _titled("categories", N_("Categories"), id_=2),
        _titled("flash", N_("Flash sales"), more="flash", id_=3),
        _titled("goods", N_("On offer"), rule="on_offer", id_=4),
        _titled("coupons", N_("Coupons"), more="coupons", id_=5),
        _titled("goods", N_("Best sellers"), rule="best_sellers", id_=6),
        _titled("goods", N_("New arrivals"), rule="newest", id_=7),
    )


def _titled(kind: str, title: str, *, rule: str = "", more: str = "none", id_: int) -> Block:
    chinese, english = _both(title)
    return Block(kind=kind, title=chinese, title_en=english, rule=rule, more=LinkTo(more), id=id_)


def _shortcut(icon: str, title: str, leads: str) -> BlockItem:
    chinese, english = _both(title)
    return BlockItem(icon=icon, title=chinese, title_en=english, link=LinkTo(leads))


def _both(text: str) -> tuple[str, str]:
    with translation.override("zh-hans"):
        chinese = gettext(text)
    with translation.override("en"):
        return chinese, gettext(text)


def _blocks(page_id: int, *, is_draft: bool) -> tuple[Block, ...]:
    return tuple(_block(row) for row in db.rows(_BLOCKS, [page_id, is_draft]))


def _block(row: dict[str, Any]) -> Block:
    return Block(
        **{
            **row,
            "more": msgspec.json.decode(row["more"], type=LinkTo),
            "items": msgspec.json.decode(row["items"], type=tuple[BlockItem, ...]),
            "sku_ids": tuple(row["sku_ids"]),
        }
    )


def _bare(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Return the blocks without the ids of their rows, to be compared."""
    told = [msgspec.to_builtins(block) for block in blocks]
    for one in told:
        one.pop("id")
    return told
