"""Catalog's door, further: stores' overlay as a grid, order and words of pictures, labels and the codes on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog.contracts.overlay_and_labels import CellOutcome, CodePlace, Label, LabelKind, OverlayCell
from quanyu.modules.catalog.ops import arrange_pictures as arrange_pictures_op
from quanyu.modules.catalog.ops import print_codes
from quanyu.modules.catalog.ops import write_overlay as write_overlay_op
from quanyu.modules.catalog.queries import codes as code_queries
from quanyu.modules.catalog.queries import overlay as overlay_queries
from quanyu.modules.catalog.rules import label_sheets
from quanyu.platform import db

LAYOUTS = label_sheets.LAYOUTS


def arrange_pictures(*, product_id: int, image_ids: Sequence[int], actor: Actor, now: datetime) -> None:
    """Order a product's pictures, the main one first. Raises ``ProductUnknown``, ``EditedMeanwhile``."""
    db.in_transaction(
        lambda: arrange_pictures_op.arrange_pictures(product_id=product_id, image_ids=image_ids, actor=actor, now=now)
    )


def describe_picture(
    *, product_id: int, image_id: int, alt: str, alt_en: str = "", actor: Actor, now: datetime
) -> None:
    """Say what a picture shows, in Chinese and English. Raises ``ProductUnknown``."""
    db.in_transaction(
        lambda: arrange_pictures_op.describe_picture(
            product_id=product_id, image_id=image_id, alt=alt, alt_en=alt_en, actor=actor, now=now
        )
    )


def overlay_rows(
    *, unit_ids: Collection[int], sku_ids: Collection[int]
) -> dict[tuple[int, int], overlay_queries.OverlayRow]:
    """Return what each of the stores makes of each of the SKUs, by (store, SKU); one query."""
    return overlay_queries.overlay({(unit_id, sku_id) for unit_id in unit_ids for sku_id in sku_ids})


def write_overlay(*, cells: Sequence[OverlayCell], actor: Actor, now: datetime) -> list[CellOutcome]:
    """Write cells of the grid of stores and SKUs, those that are still as the editor saw them; one outcome each.

    Cells of stores without ``catalog.list`` are refused. Raises ``Forbidden``. Locks listings; appends
    ``ListingChanged``.
    """
    return db.in_transaction(lambda: write_overlay_op.write_overlay(cells=cells, actor=actor, now=now))


def codes_of(*, sku_ids: Collection[int], unit_id: int | None, actor: Actor, now: datetime) -> dict[int, str]:
    """Return the tokens for labels of SKUs in a store, made where there are none yet. Raises ``Forbidden``."""
    db.in_transaction(lambda: print_codes.print_codes(sku_ids=sku_ids, unit_id=unit_id, actor=actor, now=now))
    return code_queries.tokens(sku_ids=sku_ids, unit_id=unit_id)


def code_place(*, token: str) -> CodePlace:
    """Return where a printed code leads. Raises ``CodeUnknown``."""
    return code_queries.place(token)


def label_sheet(
    *, labels: Sequence[Label], kind: LabelKind, layout: str, start: int = 1, compress: bool = True
) -> bytes:
    """Return labels as PDF on the paper of a layout, from cell ``start`` of the first sheet on. No query.

    Raises ``LabelsRefused`` for an unknown layout, a cell that the sheet does not have, none or too many labels.
    """
    return label_sheets.sheet(labels=labels, kind=kind, layout=layout, start=start, compress=compress)
