"""How a label looks: shelf labels with the fields that Chinese rules ask for, stickers with bars, cards with a QR code.

Chinese stands in a font that every viewer brings along (a CID font: nothing is embedded); figures in Helvetica.
"""

# reportlab has no types of its own: what is called of it is read from its source.
# mypy: allow-untyped-calls
from __future__ import annotations

import re
from collections.abc import Sequence

import segno
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from quanyu.kernel.money import format_yuan
from quanyu.modules.catalog.contracts.overlay_and_labels import Label, LabelKind
from quanyu.modules.catalog.rules import bars

CHINESE, FIGURES, BOLD = "STSong-Light", "Helvetica", "Helvetica-Bold"
_MARGIN = 2.0
_LATIN = re.compile(r"^[ -~]*$")
_BLANK = "—"
_QR_BORDER = 2


def prepare() -> None:
    """Make the Chinese font known; safe to repeat."""
    if CHINESE not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def draw(
    canvas: Canvas, label: Label, *, kind: LabelKind, left: float, bottom: float, cell: tuple[float, float]
) -> None:
    """Draw a label into a cell (millimetres) whose corner is at ``left``, ``bottom`` (points)."""
    canvas.saveState()
    canvas.translate(left, bottom)
    {LabelKind.SHELF: _shelf, LabelKind.STICKER: _sticker, LabelKind.QR: _card}[kind](canvas, label, *cell)
    canvas.restoreState()


def qr_rows(address: str) -> tuple[tuple[int, ...], ...]:
    """Return the modules of the QR code of an address, 1 is dark."""
    return tuple(tuple(int(module) for module in row) for row in segno.make(address, error="m", micro=False).matrix)


def _shelf(canvas: Canvas, label: Label, width: float, height: float) -> None:
    small = height <= 30
    head, text, price = (2.9, 1.9, 5.6) if small else (3.6, 2.3, 8.2)
    qr = min(height * 0.42, 17.0) if label.address else 0.0
    top = height - _MARGIN - head
    _text(canvas, label.name, _MARGIN, top, head, width - 2 * _MARGIN)
    column = (width - 2 * _MARGIN) / 3
    facts = (
        ("规格", label.specification), ("单位", label.unit), ("货号", label.code),
        ("产地", label.origin), ("等级", label.grade), ("日期", label.dated),
    )  # fmt: skip
    for place, (title, value) in enumerate(facts):
        x = _MARGIN + (place % 3) * column
        y = top - (text + 1.1) * (1 + place // 3)
        _text(canvas, f"{title} {value or _BLANK}", x, y, text, column - 1)
    below = top - (text + 1.1) * 2
    left_width = width - 2 * _MARGIN - qr
    y = below - price
    _text(canvas, "零售价", _MARGIN, y + price * 0.45, text, 12)
    _text(canvas, f"¥{_yuan(label.price_fen)}", _MARGIN + 3.2 * text + 0.6, y, price, left_width - 3.2 * text - 1, BOLD)
    if label.member_fen is not None:
        _text(canvas, f"会员价 ¥{_yuan(label.member_fen)}", _MARGIN, y - text - 1.0, text * 1.25, left_width)
        y -= text + 1.0
    _bars(
        canvas, label.barcode or label.code, _MARGIN, _MARGIN, left_width - 1, max(y - _MARGIN - 1.4, 2.5), text * 0.85
    )
    if label.address:
        _qr(canvas, label.address, width - _MARGIN - qr, _MARGIN, qr)


def _sticker(canvas: Canvas, label: Label, width: float, height: float) -> None:
    head, text = (2.6, 2.1) if height <= 30 else (3.2, 2.5)
    top = height - _MARGIN - head
    _text(canvas, label.name, _MARGIN, top, head, width - 2 * _MARGIN)
    _text(
        canvas,
        f"{label.specification} {label.code}".strip(),
        _MARGIN,
        top - text - 1,
        text,
        (width - 2 * _MARGIN) * 0.62,
    )
    if label.price_fen is not None:
        room = (width - 2 * _MARGIN) * 0.36
        _text(canvas, f"¥{_yuan(label.price_fen)}", width - _MARGIN - room, top - text - 1.4, head * 1.15, room, BOLD)
    space = top - text - 2.6 - _MARGIN
    _bars(canvas, label.barcode or label.code, _MARGIN, _MARGIN, width - 2 * _MARGIN, space, text)


def _card(canvas: Canvas, label: Label, width: float, height: float) -> None:
    side = min(height - 2 * _MARGIN, width * 0.5)
    if label.address:
        _qr(canvas, label.address, _MARGIN, (height - side) / 2, side)
    x, room = _MARGIN * 1.5 + side, width - side - 2.5 * _MARGIN
    size = 3.4 if height > 30 else 2.6
    y = height / 2 + size
    _text(canvas, label.name, x, y, size, room)
    _text(canvas, label.specification, x, y - size - 1, size * 0.75, room)
    if label.price_fen is not None:
        _text(canvas, f"¥{_yuan(label.price_fen)}", x, y - 2.9 * size, size * 1.4, room, BOLD)
    _text(canvas, "扫码看商品", x, y - 4.2 * size, size * 0.7, room)


def _text(canvas: Canvas, text: str, x: float, y: float, size: float, room: float, font: str = CHINESE) -> None:
    """Write a line ``size`` mm high; what does not fit into ``room`` shrinks by a third at most and is then cut."""
    if font == CHINESE and _LATIN.match(text):
        font = FIGURES
    points, shown = size * mm, text
    wide = pdfmetrics.stringWidth(text, font, points)
    if wide > room * mm:
        points *= max(room * mm / wide, 0.66)
        while shown and pdfmetrics.stringWidth(shown, font, points) > room * mm:
            shown = shown[:-1]
    canvas.setFont(font, points)
    canvas.drawString(x * mm, y * mm, shown)


def _bars(canvas: Canvas, code: str, x: float, y: float, width: float, height: float, text: float) -> None:
    """Draw the bars of an EAN or UPC with whole modules and quiet zones; other codes as Code 128."""
    dark = bars.modules(code)
    high = max(height - text - 0.4, 1.5)
    if dark is not None:
        # Nominal is 0.33 mm a module; 80 % is the least that scanners are built for.
        module = min(width / (len(dark) + 2 * bars.QUIET), 0.33)
        start = x + (width - module * len(dark)) / 2
        path = canvas.beginPath()
        for first, count in bars.runs(dark):
            path.rect((start + first * module) * mm, (y + text + 0.4) * mm, count * module * mm, high * mm)
        canvas.drawPath(path, stroke=0, fill=1)
    else:
        drawn = Code128(code, barHeight=high * mm, barWidth=0.25 * mm, quiet=True)
        scale = min(1.0, width * mm / drawn.width)
        canvas.saveState()
        canvas.translate(x * mm, (y + text + 0.4) * mm)
        canvas.scale(scale, 1)
        drawn.drawOn(canvas, 0, 0)
        canvas.restoreState()
    size = text * mm
    canvas.setFont(FIGURES, size)
    canvas.drawCentredString((x + width / 2) * mm, y * mm, code)


def _qr(canvas: Canvas, address: str, x: float, y: float, side: float) -> None:
    rows: Sequence[Sequence[int]] = qr_rows(address)
    module = side / (len(rows) + 2 * _QR_BORDER)
    path = canvas.beginPath()
    for line, row in enumerate(rows):
        bottom = y + side - (line + 1 + _QR_BORDER) * module
        for first, count in bars.runs("".join(map(str, row))):
            path.rect((x + (first + _QR_BORDER) * module) * mm, bottom * mm, count * module * mm, module * mm)
    canvas.drawPath(path, stroke=0, fill=1)


def _yuan(fen: int | None) -> str:
    return "" if fen is None else format_yuan(fen)
