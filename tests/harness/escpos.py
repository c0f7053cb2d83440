"""Reads what a thermal printer gets: an independent reader of the ESC/POS that the till writes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Paper:
    """What lies on the counter afterwards: lines of text, cuts, QR codes; and how often the drawer opened."""

    lines: list[str] = field(default_factory=list)
    large: list[str] = field(default_factory=list)
    cuts: int = 0
    drawers: int = 0
    codes: list[str] = field(default_factory=list)
    stored: str = ""


# Commands by their beginning, with how many bytes they are long.
_SKIPPED = {b"\x1b@": 2, b"\x1ba": 3, b"\x1bE": 3, b"\x1c&": 2}


def read(data: bytes) -> Paper:
    """Return the paper. A command that a printer would not know fails the test."""
    paper, text, at, size = Paper(), bytearray(), 0, 0
    while at < len(data):
        head = data[at : at + 2]
        if head in _SKIPPED:
            at += _SKIPPED[head]
        elif head == b"\x1bp":
            paper.drawers += 1
            at += 5
        elif head == b"\x1d!":
            size = data[at + 2]
            at += 3
        elif head == b"\x1dV":
            paper.cuts += 1
            at += 4
        elif head == b"\x1d(":
            at += _code(data[at:], paper)
        elif head[0] == 0x0A:
            _end_line(text, size, paper)
            at += 1
        else:
            assert head[0] >= 0x20, f"no printer knows {data[at : at + 4].hex(' ')}"
            text.append(head[0])
            at += 1
    assert not text, "a line that is not ended is not printed"
    return paper


def _end_line(text: bytearray, size: int, paper: Paper) -> None:
    paper.lines.append(text.decode("gb18030"))
    if size == 0x11:
        paper.large.append(paper.lines[-1])
    text.clear()


def _code(data: bytes, paper: Paper) -> int:
    """Take a step of a QR code: 0x50 stores what the next 0x51 prints. Returns how long the step is."""
    length, function = data[3] + 256 * data[4], data[6]
    if function == 0x50:
        paper.stored = data[8 : 5 + length].decode()
    elif function == 0x51:
        paper.codes.append(paper.stored)
    return 5 + length
