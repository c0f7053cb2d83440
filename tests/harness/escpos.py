"""Reads what a thermal printer gets: an independent reader of the ESC/POS that the till writes."""

from __future__ import annotations

from dataclasses import dataclass, field

ESC, FS, GS = 0x1B, 0x1C, 0x1D


@dataclass
class Paper:
    """What lies on the counter afterwards: lines of text, cuts, QR codes; and how often the drawer opened."""

    lines: list[str] = field(default_factory=list)
    large: list[str] = field(default_factory=list)
    cuts: int = 0
    drawers: int = 0
    codes: list[str] = field(default_factory=list)


def read(data: bytes) -> Paper:
    """Return the paper. A command that a printer would not know fails the test."""
    paper, text, at, size = Paper(), bytearray(), 0, 0
    stored = ""
    while at < len(data):
        byte, rest = data[at], data[at + 1 :]
        if byte == ESC and rest[:1] == b"@":
            at += 2
        elif byte == ESC and rest[:1] in (b"a", b"E"):
            at += 3
        elif byte == ESC and rest[:1] == b"p":
            paper.drawers += 1
            at += 5
        elif byte == FS and rest[:1] == b"&":
            at += 2
        elif byte == GS and rest[:1] == b"!":
            size = rest[1]
            at += 3
        elif byte == GS and rest[:1] == b"V":
            paper.cuts += 1
            at += 4
        elif byte == GS and rest[:2] == b"(k":
            length = rest[2] + 256 * rest[3]
            function, content = rest[5], rest[6 : 4 + length]
            if function == 0x50:
                stored = content[1:].decode()
            elif function == 0x51:
                paper.codes.append(stored)
            at += 5 + length
        elif byte == 0x0A:
            line = text.decode("gb18030")
            paper.lines.append(line)
            if size == 0x11:
                paper.large.append(line)
            text.clear()
            at += 1
        else:
            assert byte >= 0x20, f"no printer knows {data[at : at + 4].hex(' ')}"
            text.append(byte)
            at += 1
    assert not text, "a line that is not ended is not printed"
    return paper
