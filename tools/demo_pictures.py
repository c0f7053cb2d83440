"""Render the demo's product pictures from an icon set: `python -m tools.demo_pictures FOLDER_OF_ICONS [SHEET.png]`.

The icons are Fluent Emoji 3D (MIT, see the CREDITS beside the pictures), one file per code point. The rendered pictures
are in git, so this is only needed when a product joins the demo. What a picture shows stands in the table of goods:
``1f366+1f353`` is a cup with a strawberry beside it, ``*3`` a group of three, ``~40`` another hue (in degrees).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFilter

from quanyu.entrypoints.demo import goods

TARGET = Path("src/quanyu/entrypoints/demo/pictures")
SIDE = 480
QUALITY = 82
Tone = tuple[tuple[int, int, int], tuple[int, int, int]]
# Background from the middle to the rim, by category.
TONES: dict[str, Tone] = {
    "FRUIT": ((255, 252, 246), (255, 232, 205)),
    "DAIRY": ((252, 254, 255), (218, 234, 250)),
    "DRINK": ((250, 255, 253), (208, 240, 230)),
    "SNACK": ((255, 253, 247), (250, 226, 196)),
    "STAPLE": ((255, 254, 248), (240, 230, 200)),
    "HOME": ((254, 252, 255), (228, 220, 242)),
    "BABY": ((255, 252, 253), (252, 220, 228)),
    "BEAUTY": ((253, 255, 252), (220, 240, 214)),
    "EYE": ((252, 253, 255), (214, 224, 236)),
    "APP": ((255, 253, 250), (236, 226, 214)),
}
# Middle and size of each icon, in shares of the picture, by how many there are.
_PLACES = {
    1: ((0.5, 0.5, 0.62),),
    2: ((0.37, 0.46, 0.46), (0.62, 0.57, 0.46)),
    3: ((0.33, 0.42, 0.4), (0.67, 0.42, 0.4), (0.5, 0.62, 0.44)),
}
_BESIDE = ((0.43, 0.46, 0.56), (0.7, 0.66, 0.32))
_PART = re.compile(r"(?P<icon>[0-9a-f-]+)(?:~(?P<hue>-?\d+))?(?:\*(?P<copies>\d))?")


class Shown(NamedTuple):
    """An icon in a picture: its file, how far its hue is turned, where it stands."""

    icon: str
    hue: int
    place: tuple[float, float, float]


def parts(told: str) -> list[Shown]:
    """Return what a picture shows, from the back to the front."""
    first, _, beside = told.partition("+")
    read = _PART.fullmatch(first)
    assert read is not None, told
    copies, hue = int(read["copies"] or 1), int(read["hue"] or 0)
    if not beside:
        return [Shown(read["icon"], hue, place) for place in _PLACES[copies]]
    second = _PART.fullmatch(beside)
    assert second is not None, told
    places = (_BESIDE[0],) if copies == 1 else ((0.32, 0.42, 0.44), (0.58, 0.48, 0.44))
    return [
        *(Shown(read["icon"], hue, place) for place in places),
        Shown(second["icon"], int(second["hue"] or 0), _BESIDE[1]),
    ]


def turned(icon: Image.Image, degrees: int) -> Image.Image:
    """Return the icon in another hue; its greys stay as they are."""
    if not degrees:
        return icon
    hue, saturation, value = icon.convert("RGB").convert("HSV").split()
    by = degrees * 256 // 360
    colours = Image.merge("HSV", (hue.point(lambda one: (one + by) % 256), saturation, value)).convert("RGB")
    colours.putalpha(icon.getchannel("A"))
    return colours


def background(tone: Tone) -> Image.Image:
    """Return a soft light in the middle of a clean wall."""
    light = Image.radial_gradient("L").resize((SIDE, SIDE))
    return Image.composite(Image.new("RGB", light.size, tone[1]), Image.new("RGB", light.size, tone[0]), light)


def render(shown: list[tuple[Image.Image, tuple[float, float, float]]], *, tone: Tone) -> Image.Image:
    """Return the product's picture: its icons, each with the shadow it stands in."""
    picture = background(tone)
    for icon, (across, down, size) in shown:
        side = int(SIDE * size)
        middle, foot = int(SIDE * across), int(SIDE * down) + side // 2
        shadow = Image.new("L", (SIDE, SIDE), 0)
        ImageDraw.Draw(shadow).ellipse((middle - side // 3, foot - 16, middle + side // 3, foot + 10), fill=90)
        picture.paste((96, 84, 72), mask=shadow.filter(ImageFilter.GaussianBlur(SIDE / 45)))
        fitted = icon.resize((side, side), Image.Resampling.LANCZOS)
        picture.paste(fitted, (middle - side // 2, foot - side), fitted)
    return picture


def contact_sheet(codes: list[str], *, across: int = 17, side: int = 110) -> Image.Image:
    """Return all pictures on one sheet, half of it dark, to be looked at."""
    rows = -(-len(codes) // across)
    sheet = Image.new("RGB", (across * side, rows * side), "white")
    ImageDraw.Draw(sheet).rectangle((0, rows // 2 * side, across * side, rows * side), fill=(24, 26, 32))
    for number, code in enumerate(codes):
        picture = Image.open(TARGET / f"{code}.webp").resize((side - 8, side - 8))
        sheet.paste(picture, (number % across * side + 4, number // across * side + 4))
    return sheet


def main(icons: Path, sheet: Path | None) -> None:
    """Render every product's picture, and the contact sheet when one is asked for."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for item in goods.ITEMS:
        shown = [
            (turned(Image.open(icons / f"{one.icon}.webp").convert("RGBA"), one.hue), one.place)
            for one in parts(item.icon)
        ]
        render(shown, tone=TONES[item.group]).save(TARGET / f"{item.code}.webp", quality=QUALITY, method=6)
    if sheet is not None:
        contact_sheet([item.code for item in goods.ITEMS]).save(sheet)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
