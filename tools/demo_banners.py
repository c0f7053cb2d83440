"""Set the demo's banners from its product pictures: `python -m tools.demo_banners`. What comes out is in git."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFilter

PICTURES = Path("src/quanyu/entrypoints/demo/pictures")
WIDE, HIGH = 1280, 600
QUALITY = 84
Colour = tuple[int, int, int]


class Banner(NamedTuple):
    """A banner: its colours from left to right, and which goods stand on it, from the back to the front."""

    name: str
    left: Colour
    right: Colour
    goods: tuple[str, ...]


BANNERS = (
    Banner("banner-fresh", (255, 244, 225), (255, 196, 150), ("F01", "F28", "F19")),
    Banner("banner-wear", (240, 236, 252), (178, 186, 236), ("A10", "A20", "A01")),
    Banner("banner-home", (228, 246, 238), (140, 207, 184), ("B06", "H04", "H01")),
    Banner("banner-store", (225, 240, 255), (128, 180, 240), ("B20", "S03", "B06")),
)
# Middle (in shares of the width and height) and side (in shares of the height) of each picture.
_PLACES = ((0.93, 0.3, 0.5), (0.58, 0.7, 0.46), (0.76, 0.52, 0.72))


def draw(banner: Banner) -> Image.Image:
    """Return the banner; its left half is left free for words."""
    ground = Image.linear_gradient("L").rotate(90).resize((WIDE, HIGH))
    picture = Image.composite(
        Image.new("RGB", (WIDE, HIGH), banner.right), Image.new("RGB", (WIDE, HIGH), banner.left), ground
    )
    rings = Image.new("L", (WIDE, HIGH), 0)
    pen = ImageDraw.Draw(rings)
    for radius, light in ((560, 40), (420, 46), (280, 52)):
        pen.ellipse((970 - radius, 300 - radius, 970 + radius, 300 + radius), fill=light)
    picture.paste((255, 255, 255), (0, 0), rings)
    for code, (across, down, share) in zip(banner.goods, _PLACES, strict=True):
        _stand(picture, code, int(across * WIDE), int(down * HIGH), int(share * HIGH))
    return picture


def _stand(picture: Image.Image, code: str, across: int, down: int, side: int) -> None:
    with Image.open(PICTURES / f"{code}.webp") as opened:
        goods = opened.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    round_ = Image.new("L", (side * 2, side * 2), 0)
    ImageDraw.Draw(round_).rounded_rectangle((0, 0, side * 2 - 1, side * 2 - 1), radius=side // 2, fill=255)
    shape = round_.resize((side, side), Image.Resampling.LANCZOS)
    place = (across - side // 2, down - side // 2)
    shadow = Image.new("L", picture.size, 0)
    shadow.paste(shape.point(lambda value: value * 70 // 255), (place[0], place[1] + 18))
    picture.paste((60, 50, 70), (0, 0), shadow.filter(ImageFilter.GaussianBlur(22)))
    picture.paste(goods, place, shape)


def main() -> None:
    """Write all banners."""
    for banner in BANNERS:
        draw(banner).save(PICTURES / f"{banner.name}.webp", "WEBP", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
