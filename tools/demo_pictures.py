"""Render the demo's product pictures from an icon set: `python -m tools.demo_pictures FOLDER_OF_WEBP_ICONS`.

The icons are Fluent Emoji 3D (MIT, see the CREDITS beside the pictures), one file per code point. The rendered pictures
are in git, so this is only needed when a product joins the demo.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

TARGET = Path("src/quanyu/entrypoints/demo/pictures")
SIDE = 640
# Background from the middle to the rim, by category.
TONES = {
    "F": ((255, 252, 246), (255, 232, 205)),
    "D": ((252, 254, 255), (218, 234, 250)),
    "B": ((250, 255, 253), (208, 240, 230)),
    "S": ((255, 253, 247), (250, 226, 196)),
    "G": ((255, 254, 248), (240, 230, 200)),
    "H": ((254, 252, 255), (228, 220, 242)),
    "K": ((255, 252, 253), (252, 220, 228)),
    "P": ((253, 255, 252), (220, 240, 214)),
}
# Product code: its icon, and how many of it stand in the picture.
ICONS = {
    "F01": ("1f34e", 3), "F02": ("1f34c", 1), "F03": ("1f34a", 3), "F04": ("1f347", 1), "F05": ("1fad0", 1),
    "F06": ("1f353", 3), "F07": ("1f965", 1), "F08": ("1f348", 1), "D01": ("1f95b", 3), "D02": ("1f95b", 1),
    "D03": ("1f366", 1), "D04": ("1f351", 2), "D05": ("1f9c0", 1), "D06": ("1f9c8", 1), "B01": ("1f4a7", 1),
    "B02": ("1f375", 1), "B03": ("1f964", 1), "B04": ("1fae7", 1), "B05": ("1f9c3", 1), "B06": ("2615", 1),
    "B07": ("1f37a", 1), "S01": ("1f35f", 1), "S02": ("1f330", 3), "S03": ("1f36b", 1), "S04": ("1f96e", 2),
    "S05": ("1f969", 1), "S06": ("1f361", 1), "S07": ("1f36c", 3), "G01": ("1f35a", 1), "G02": ("1f33b", 1),
    "G03": ("1f35c", 1), "G04": ("1f95a", 3), "H01": ("1f6cf-fe0f", 1), "H02": ("1f9e3", 1), "H03": ("1f634", 1),
    "H04": ("1f6c1", 1), "K01": ("1f9fb", 1), "K02": ("1f476-1f3fc", 1), "K03": ("1f963", 1), "P01": ("1f9fc", 1),
    "P02": ("1f3ad", 1), "P03": ("1f9f4", 1), "P04": ("1f9f4", 2), "P05": ("1faa5", 1),
}  # fmt: skip
_PLACES = {
    1: ((0.5, 0.5, 0.62),),
    2: ((0.37, 0.46, 0.46), (0.62, 0.57, 0.46)),
    3: ((0.33, 0.42, 0.4), (0.67, 0.42, 0.4), (0.5, 0.62, 0.44)),
}


def background(tone: tuple[tuple[int, int, int], tuple[int, int, int]]) -> Image.Image:
    """Return a soft light in the middle of a clean wall."""
    light = Image.radial_gradient("L").resize((SIDE, SIDE))
    return Image.composite(Image.new("RGB", light.size, tone[1]), Image.new("RGB", light.size, tone[0]), light)


def render(icon: Image.Image, *, copies: int, tone: tuple[tuple[int, int, int], tuple[int, int, int]]) -> Image.Image:
    """Return the product's picture: the icon, once or as a group, with the shadow it stands in."""
    picture = background(tone)
    for across, down, size in _PLACES[copies]:
        side = int(SIDE * size)
        middle, foot = int(SIDE * across), int(SIDE * down) + side // 2
        shadow = Image.new("L", (SIDE, SIDE), 0)
        ImageDraw.Draw(shadow).ellipse((middle - side // 3, foot - 22, middle + side // 3, foot + 14), fill=90)
        picture.paste((96, 84, 72), mask=shadow.filter(ImageFilter.GaussianBlur(14)))
        shown = icon.resize((side, side), Image.Resampling.LANCZOS)
        picture.paste(shown, (middle - side // 2, foot - side), shown)
    return picture


def main(icons: Path) -> None:
    """Render every product's picture."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for code, (name, copies) in ICONS.items():
        icon = Image.open(icons / f"{name}.webp").convert("RGBA")
        picture = render(icon, copies=copies, tone=TONES[code[0]])
        picture.save(TARGET / f"{code}.webp", quality=82, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
