"""Sheets of labels as PDF: papers, the cells on them, and where each label goes."""

# reportlab has no types of its own: what is called of it is read from its source.
# mypy: allow-untyped-calls
from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from quanyu.kernel.problem import N_
from quanyu.modules.catalog.contracts.overlay_and_labels import Label, LabelKind, LabelsRefused
from quanyu.modules.catalog.rules import label_art

LABELS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Layout:
    """A paper with equal cells, in millimetres; a roll has one cell per page."""

    name: str
    page: tuple[float, float]
    columns: int
    rows: int
    cell: tuple[float, float]
    origin: tuple[float, float] = (0, 0)

    @property
    def cells(self) -> int:
        """Return how many labels a page holds."""
        return self.columns * self.rows


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("a4-3x8", (210, 297), 3, 8, (70, 37), (0, 0.5)),
        Layout("a4-2x7", (210, 297), 2, 7, (99.1, 38.1), (5.9, 15.1)),
        Layout("a4-4x10", (210, 297), 4, 10, (52.5, 29.7)),
        Layout("roll-60x40", (60, 40), 1, 1, (60, 40)),
        Layout("roll-40x30", (40, 30), 1, 1, (40, 30)),
    )
}


def sheet(*, labels: Sequence[Label], kind: LabelKind, layout: str, start: int, compress: bool) -> bytes:
    """Return the labels as PDF. Raises ``LabelsRefused``."""
    paper = LAYOUTS.get(layout)
    if paper is None:
        raise LabelsRefused(field="layout", reason=N_("there is no such paper"))
    if not 1 <= start <= paper.cells:
        raise LabelsRefused(field="start", reason=N_("the sheet has no such cell"))
    if not labels:
        raise LabelsRefused(field="labels", reason=N_("there is nothing to print"))
    if len(labels) > LABELS_MAX:
        raise LabelsRefused(field="labels", reason=N_("these are more than 5,000 labels"))
    out = io.BytesIO()
    width, height = paper.page[0] * mm, paper.page[1] * mm
    # "invariant": the same labels make the same bytes.
    canvas = Canvas(out, pagesize=(width, height), pageCompression=int(compress), invariant=1)
    canvas.setTitle("Labels")
    label_art.prepare()
    for place, label in enumerate(labels, start=start - 1):
        cell = place % paper.cells
        if place > start - 1 and cell == 0:
            canvas.showPage()
        column, row = cell % paper.columns, cell // paper.columns
        left = (paper.origin[0] + column * paper.cell[0]) * mm
        bottom = height - (paper.origin[1] + (row + 1) * paper.cell[1]) * mm
        label_art.draw(canvas, label, kind=kind, left=left, bottom=bottom, cell=paper.cell)
    canvas.save()
    return out.getvalue()
