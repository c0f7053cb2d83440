"""Pictures: three sizes, nothing but pixels; floods, wrong kinds and damage are refused (S11)."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import NewSku, PictureRefused, ProductUnknown, SkuUnknown
from quanyu.platform import db
from tests.harness import catalog as build

BY: dict = {"actor": SYSTEM, "now": datetime(2026, 3, 2, 4, 0, tzinfo=UTC)}


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (2000, 1000), mode: str = "RGB", **options) -> bytes:
    out = io.BytesIO()
    noise = Image.effect_noise((64, 64), 80).resize(size).convert(mode)
    noise.save(out, kind, **options)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes whose header announces a flood of pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def stored(address: str) -> Path:
    return Path(settings.MEDIA_ROOT) / address.removeprefix(settings.MEDIA_URL)


def images() -> int:
    return db.value("SELECT count(*) FROM catalog_image")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_mall_03_a_picture_is_kept_at_three_sizes_as_webp(kind):
    product = build.make_product()
    shown = catalog.add_image(product_id=product.id, content=picture(kind), alt="正面", **BY)
    sizes = {}
    for name in ("thumb", "card", "full"):
        with Image.open(stored(getattr(shown, name))) as kept:
            sizes[name] = (kept.format, kept.size)
    assert sizes == {"thumb": ("WEBP", (160, 80)), "card": ("WEBP", (480, 240)), "full": ("WEBP", (1280, 640))}
    sku = catalog.skus(ids=product.sku_ids)[product.sku_ids[0]]
    assert (sku.image_thumb, sku.image_card) == (shown.thumb, shown.card)


def test_where_and_when_it_was_taken_is_not_kept():
    exif = Image.Exif()
    exif[0x010E] = "CANARY-DESCRIPTION"
    exif[0x0112] = 6  # turned by 90 degrees
    exif.get_ifd(0x8825)[1] = "N"
    content = picture(exif=exif, comment=b"CANARY-COMMENT")
    shown = catalog.add_image(product_id=build.make_product().id, content=content, **BY)
    for address in (shown.thumb, shown.card, shown.full):
        raw = stored(address).read_bytes()
        assert b"CANARY" not in raw
        with Image.open(io.BytesIO(raw)) as kept:
            assert not kept.getexif()
            assert kept.height > kept.width


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture("GIF", size=(10, 10), mode="L"),
        picture("BMP", size=(10, 10)),
        picture()[:2000],
        png_that_claims(60_000, 60_000),
        png_that_claims(8_000, 8_000),
        png_that_claims(0, 5),
        png_that_claims(500, 500),
        b"\0" * (8 * 1024 * 1024 + 1),
    ],
    ids=["empty", "text", "svg", "gif", "bmp", "cut", "flood", "large", "zero", "hollow", "heavy"],
)
def test_what_is_no_picture_is_refused_and_nothing_is_kept(content):
    product = build.make_product()
    before, files = images(), sorted(Path(settings.MEDIA_ROOT).rglob("*"))
    with pytest.raises(PictureRefused):
        catalog.add_image(product_id=product.id, content=content, **BY)
    assert images() == before
    assert sorted(Path(settings.MEDIA_ROOT).rglob("*")) == files


def test_the_same_picture_again_is_the_same_picture():
    product, content = build.make_product(), picture(size=(300, 300))
    first = catalog.add_image(product_id=product.id, content=content, **BY)
    assert catalog.add_image(product_id=product.id, content=content, **BY) == first
    other = catalog.add_image(product_id=build.make_product().id, content=content, **BY)
    assert other.full == first.full
    catalog.remove_image(product_id=product.id, image_id=first.id, **BY)
    assert catalog.products(ids=[product.id])[product.id].pictures == ()
    assert stored(other.full).exists()


def test_a_variants_own_picture_comes_before_the_products():
    product = build.make_product(
        skus=(NewSku(code=build.code("A"), name="红"), NewSku(code=build.code("B"), name="蓝"))
    )
    red, blue = product.sku_ids
    common = catalog.add_image(product_id=product.id, content=picture(size=(200, 200)), **BY)
    own = catalog.add_image(product_id=product.id, content=picture(size=(200, 201)), sku_id=blue, **BY)
    skus = catalog.skus(ids=[red, blue])
    assert (skus[red].image_card, skus[blue].image_card) == (common.card, own.card)


def test_pictures_of_nothing_are_refused():
    product, other = build.make_product(), build.make_sku()
    content = picture(size=(50, 50))
    with pytest.raises(ProductUnknown):
        catalog.add_image(product_id=10**15, content=content, **BY)
    with pytest.raises(SkuUnknown):
        catalog.add_image(product_id=product.id, content=content, sku_id=other.id, **BY)
    with pytest.raises(ProductUnknown):
        catalog.remove_image(product_id=product.id, image_id=10**15, **BY)
    assert catalog.products(ids=[product.id])[product.id].pictures == ()


def test_transparency_is_kept():
    shown = catalog.add_image(
        product_id=build.make_product().id, content=picture("PNG", size=(100, 100), mode="RGBA"), **BY
    )
    with Image.open(stored(shown.card)) as kept:
        assert kept.mode in ("RGBA", "RGB")
        assert kept.size == (100, 100)
