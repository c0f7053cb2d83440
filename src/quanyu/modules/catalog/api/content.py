"""Catalog's door, further: what a product's page tells beside the description, pictures for it, shared codes."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog.contracts import CodeUnknown
from quanyu.modules.catalog.contracts.content import ProductContent, SharedPlace, Shot
from quanyu.modules.catalog.ops import keep_pictures
from quanyu.modules.catalog.ops import write_content as write_op
from quanyu.modules.catalog.queries import content as queries
from quanyu.modules.catalog.queries import skus as sku_queries
from quanyu.modules.catalog.rules import label_art, search_words
from quanyu.platform import db


def product_content(*, product_id: int) -> ProductContent:
    """Return the content of a product; empty when there is none."""
    return queries.content(product_id)


def write_content(*, product_id: int, content: ProductContent, actor: Actor, now: datetime) -> None:
    """Replace a product's content; ``content.version`` is the one seen. Locks the product.

    Raises ``ProductUnknown``, ``EditedMeanwhile``, ``SkuUnknown``, ``Invalid``.
    """
    db.in_transaction(lambda: write_op.write_content(product_id=product_id, content=content, actor=actor, now=now))


def store_shot(*, content: bytes, alt: str = "") -> Shot:
    """Store a picture at three sizes, without its EXIF, for content and pages; who may is the caller's to ask.

    Raises ``PictureRefused`` (kind, damage, 8 MB, 40 megapixels).
    """
    stored = keep_pictures.store_picture(content)
    return Shot(thumb=stored.thumb, card=stored.card, full=stored.full, alt=alt)


def media_address(*, path: str) -> str:
    """Return the address of a picture by its path below the media root; empty for none."""
    return sku_queries.media_address(path)


def share_product(*, product_id: int, unit_id: int, now: datetime) -> str:
    """Return the token under which a product is passed on in a store; the same for everybody, for ever."""
    return db.in_transaction(lambda: write_op.share(product_id=product_id, unit_id=unit_id, now=now))


def shared_place(*, token: str) -> SharedPlace:
    """Return where a shared code leads. Raises ``CodeUnknown``."""
    found = queries.share(token)
    if found is None:
        raise CodeUnknown(field="token")
    return found


def qr_rows(*, text: str) -> list[str]:
    """Return a QR code of a text, a row of modules as a text of 0 and 1."""
    return ["".join(map(str, row)) for row in label_art.qr_rows(text)]


def is_found(*, name: str, by: str) -> bool:
    """Tell whether a name is found by a typed text: its characters, pinyin, initials or the beginning of a word."""
    wanted = search_words.query(by)
    indexed = search_words.index(names=[name], codes=[])
    return (
        wanted.possible
        and bool(wanted.tokens)
        and set(wanted.tokens) <= set(indexed.tokens)
        and all(pattern.strip("%") in indexed.text for pattern in wanted.patterns)
    )
