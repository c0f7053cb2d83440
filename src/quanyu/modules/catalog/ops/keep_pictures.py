"""Put pictures on products: checked, stripped of everything but pixels, stored at three sizes by content."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Max
from PIL import Image as Pixels
from PIL import ImageOps, UnidentifiedImageError

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.catalog.contracts import PictureRefused, ProductUnknown, SkuUnknown
from quanyu.modules.catalog.models import Image, Product, Sku
from quanyu.modules.catalog.ops import authorise, publish
from quanyu.platform import audit, locks

BYTES_MAX = 8 * 1024 * 1024
PIXELS_MAX = 40_000_000
# Longest side in pixels: list rows, product cards, the whole screen.
SIZES = {"thumb": 160, "card": 480, "full": 1280}
_KINDS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """Where the three sizes lie, relative to the media root."""

    sha256: str
    thumb: str
    card: str
    full: str


def store_picture(content: bytes) -> StoredPicture:
    """Check and store a picture; the same content is stored once. Raises ``PictureRefused``.

    Called before the transaction. A file whose row is then refused stays behind, named by its
    content: it is used by the next attempt and holds nothing that was not sent.
    """
    if len(content) > BYTES_MAX:
        raise PictureRefused(field="content", reason=N_("it is larger than 8 MB"))
    sha256 = hashlib.sha256(content).hexdigest()
    folder = f"catalog/{sha256[:2]}/{sha256[2:4]}"
    paths = {size: f"{folder}/{sha256[:32]}-{size}.webp" for size in SIZES}
    root = Path(settings.MEDIA_ROOT)
    if not all((root / path).exists() for path in paths.values()):
        pixels = _decoded(content)
        for size, longest in SIZES.items():
            _write(root / paths[size], _encoded(pixels, longest))
    return StoredPicture(sha256=sha256, thumb=paths["thumb"], card=paths["card"], full=paths["full"])


def add_picture(
    *, product_id: int, sku_id: int | None, stored: StoredPicture, alt: str, actor: Actor, now: datetime
) -> int:
    """Put a stored picture last among those of the product; the same picture again changes nothing."""
    authorise.demand_edit(actor)
    if not locks.rows_for_update(Product.objects.filter(pk=product_id)):
        raise ProductUnknown(field="product_id")
    if sku_id is not None and not Sku.objects.filter(pk=sku_id, product_id=product_id).exists():
        raise SkuUnknown(field="sku_id")
    present = Image.objects.filter(product_id=product_id)
    known = present.filter(sha256=stored.sha256).first()
    if known is not None:
        return int(known.pk)
    last = present.aggregate(last=Max("position"))["last"]
    image = Image.objects.create(
        product_id=product_id,
        sku_id=sku_id,
        position=0 if last is None else last + 1,
        sha256=stored.sha256,
        thumb=stored.thumb,
        card=stored.card,
        full=stored.full,
        alt=alt[:120],
    )
    _changed("catalog.picture_add", image, actor=actor, now=now)
    return int(image.pk)


def remove_picture(*, product_id: int, image_id: int, actor: Actor, now: datetime) -> None:
    """Take a picture off the product. Its files stay: another product may show the same content."""
    authorise.demand_edit(actor)
    image = Image.objects.filter(pk=image_id, product_id=product_id).first()
    if image is None:
        raise ProductUnknown(field="image_id")
    _changed("catalog.picture_remove", image, actor=actor, now=now)
    Image.objects.filter(pk=image_id).delete()


def _decoded(content: bytes) -> Pixels.Image:
    """Return upright RGB(A) pixels and nothing else of the file: no EXIF, no profile, one frame."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pixels.DecompressionBombWarning)
            with Pixels.open(io.BytesIO(content), formats=_KINDS) as picture:
                # The header is read, the pixels are not yet: a flood is refused before it is decoded.
                if picture.width * picture.height > PIXELS_MAX:
                    raise PictureRefused(field="content", reason=N_("it has more than 40 megapixels"))
                picture.load()
                upright = ImageOps.exif_transpose(picture)
                return upright.convert("RGBA" if _has_transparency(upright) else "RGB")
    except (Pixels.DecompressionBombError, Pixels.DecompressionBombWarning) as failure:
        raise PictureRefused(field="content", reason=N_("it has more than 40 megapixels")) from failure
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, OverflowError) as failure:
        raise PictureRefused(field="content", reason=N_("it is not a readable JPEG, PNG or WebP")) from failure


def _has_transparency(picture: Pixels.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info


def _encoded(pixels: Pixels.Image, longest: int) -> bytes:
    smaller = pixels.copy()
    smaller.thumbnail((longest, longest), Pixels.Resampling.LANCZOS)
    # What was beside the pixels (comments, profiles) would be written along from here.
    smaller.info.clear()
    out = io.BytesIO()
    smaller.save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Write beside and rename, so that nobody is ever served half a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(draft).chmod(0o644)
    Path(draft).replace(path)


def _changed(action: str, image: Image, *, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="product",
        subject_id=image.product_id,
        detail={"sha256": image.sha256},
        now=now,
    )
    publish.products_changed([image.product_id], now=now)
