"""The door of catalog. Reads take ids and return dicts; writes are one transaction each, audited and published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog.api.content import (
    is_found,
    media_address,
    product_content,
    qr_rows,
    share_product,
    shared_place,
    store_shot,
    write_content,
)
from quanyu.modules.catalog.api.overlay_and_labels import (
    LAYOUTS,
    arrange_pictures,
    code_place,
    codes_of,
    describe_picture,
    label_sheet,
    overlay_rows,
    write_overlay,
)
from quanyu.modules.catalog.contracts import (
    BarcodeInvalid,
    BarcodeReserved,
    BrandChanges,
    BrandInfo,
    CategoryChanges,
    CategoryInfo,
    ListingChange,
    NewProduct,
    NewSku,
    Picture,
    ProductChanges,
    ProductInfo,
    Reading,
    SearchPage,
    SearchWords,
    Sellable,
    SkuChanges,
    SkuInfo,
    SkuScan,
)
from quanyu.modules.catalog.ops import (
    arrange_categories,
    authorise,
    keep_barcodes,
    keep_brands,
    keep_pictures,
    update_products,
)
from quanyu.modules.catalog.ops import create_products as creation
from quanyu.modules.catalog.ops import (
    import_goods as goods_op,
)
from quanyu.modules.catalog.ops import set_listings as listings_op
from quanyu.modules.catalog.ops import set_scale_masks as masks_op
from quanyu.modules.catalog.queries import goods_on_file as file_queries
from quanyu.modules.catalog.queries import kept, scale_masks, tree
from quanyu.modules.catalog.queries import products as product_queries
from quanyu.modules.catalog.queries import scan as scan_queries
from quanyu.modules.catalog.queries import search as search_queries
from quanyu.modules.catalog.queries import skus as sku_queries
from quanyu.modules.catalog.rules import overlay
from quanyu.modules.catalog.rules import search_words as words_rules
from quanyu.modules.catalog.rules.scan_router import route
from quanyu.platform import db
from quanyu.platform.marks import Reading as BatchReading

__all__ = [
    "LAYOUTS", "add_barcode", "add_image", "add_sku", "arrange_pictures", "barcode_faults", "brands", "by_barcode",
    "categories", "clear_listings", "code_place", "codes_of", "create_brand", "create_category", "create_product",
    "create_products", "describe_picture", "goods_on_file", "import_goods", "is_found", "label_sheet", "media_address",
    "overlay_rows", "packs", "product_content", "product_ids_by_code", "products", "qr_rows", "read_code",
    "remove_barcode", "remove_image", "scale_layouts", "search", "search_texts", "search_words", "sellable",
    "set_listing", "set_listings", "set_scale_masks", "share_product", "shared_place", "sku_codes_of_barcodes",
    "sku_ids_by_code", "skus", "store_shot", "update_brand", "update_category", "update_product", "update_sku",
    "want_skus", "write_content", "write_overlay",
]  # fmt: skip


def skus(*, ids: Iterable[int]) -> dict[int, SkuInfo]:
    """Return the SKUs that exist, by id; one query."""
    return sku_queries.skus(ids)


def sku_ids_by_code(*, codes: Iterable[str]) -> dict[str, int]:
    """Return the ids of the SKU codes that exist."""
    return sku_queries.sku_ids_by_code(codes)


def products(*, ids: Iterable[int]) -> dict[int, ProductInfo]:
    """Return the products that exist, by id, with pictures and SKU ids; two queries."""
    return product_queries.products(ids)


def product_ids_by_code(*, codes: Iterable[str]) -> dict[str, int]:
    """Return the ids of the product codes that exist."""
    return product_queries.product_ids_by_code(codes)


def by_barcode(*, code: str, settings_path: Sequence[str] = ("brand",)) -> SkuScan:
    """Return what is sold under a scanned code: barcode, GTIN, scale label, GS1 string or PLU.

    ``settings_path`` (see ``organization.api.settings_path``) decides how scale labels are read.
    Raises ``BarcodeUnknown``.
    """
    return scan_queries.by_barcode(code=code, settings_path=settings_path)


def read_code(
    *, code: str, settings_path: Sequence[str] = ("brand",), payment_screen: bool = False
) -> tuple[Reading, ...]:
    """Return what a scanned text may mean (member, goods, payment code), in the order to try it."""
    return route(code, masks=scale_masks.in_force(settings_path), payment_screen=payment_screen)


def search(
    *,
    text: str = "",
    unit_id: int | None = None,
    category_id: int | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> SearchPage:
    """Return SKU ids on sale that match, best first, at most 100 a page; one query.

    Matches Chinese text, pinyin, initials, Latin words, codes and barcodes. ``unit_id`` keeps what
    that store lists, ``category_id`` that category and all below. An empty text matches everything.
    """
    return search_queries.search(text=text, unit_id=unit_id, category_id=category_id, cursor=cursor, limit=limit)


def packs(*, ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return the barcodes of these SKUs that stand for several pieces, with how many; most have none."""
    return sku_queries.packs(ids)


def search_texts(*, ids: Iterable[int]) -> dict[int, str]:
    """Return what a search of these SKUs is checked against (names, pinyin, codes): for tills that search alone."""
    return sku_queries.search_texts(ids)


def scale_layouts(*, settings_path: Sequence[str]) -> list[str]:
    """Return the layouts of scale labels in force at the end of the path, as they are written."""
    return scale_masks.texts(settings_path)


def search_words(*, text: str) -> SearchWords:
    """Return what ``catalog_search`` wants to know of a typed text; no query."""
    return words_rules.query(text)


def sellable(*, unit_id: int, sku_ids: Iterable[int]) -> dict[int, Sellable]:
    """Return for every id whether the store lists it and which ways of delivery the listing allows."""
    return sku_queries.sellable(unit_id=unit_id, sku_ids=sku_ids)


def want_skus(*, reading: BatchReading, ids: Iterable[int]) -> None:
    """Ask a batch's reading for all that ``skus_read`` and ``sellable_read`` need, for any number of stores."""
    wanted = list(ids)
    reading.want(kept.SKUS, wanted)
    reading.want(kept.LISTINGS, wanted)


def skus_read(*, reading: BatchReading) -> dict[int, SkuInfo]:
    """Return the SKUs that the reading was asked for and that exist, by id. No query."""
    return {sku_id: goods.info for sku_id, goods in reading.of(kept.SKUS).items() if goods is not None}


def sellable_read(*, reading: BatchReading, unit_id: int, sku_ids: Iterable[int]) -> dict[int, Sellable]:
    """Return what ``sellable`` would, from a reading that was asked for these SKUs. No query."""
    skus, listings = reading.of(kept.SKUS), reading.of(kept.LISTINGS)
    answers = {}
    for sku_id in sku_ids:
        goods, here = skus.get(sku_id), listings.get(sku_id)
        answers[sku_id] = overlay.sellable(
            is_active=goods is not None and goods.info.is_active,
            is_listed_by_default=goods is not None and goods.is_listed_by_default,
            listing=here.get(unit_id) if here else None,
        )
    return answers


def categories() -> list[CategoryInfo]:
    """Return the whole tree, each category after its parent."""
    return tree.categories()


def brands() -> list[BrandInfo]:
    """Return all brands of goods by code."""
    return tree.brands()


def create_category(
    *,
    code: str,
    name: str,
    name_en: str = "",
    parent_id: int | None = None,
    position: int = 0,
    actor: Actor,
    now: datetime,
) -> CategoryInfo:
    """Make a category. Raises ``CodeTaken`` or, for the parent, ``CategoryUnknown``."""
    category_id = db.in_transaction(
        lambda: arrange_categories.create_category(
            code=code, name=name, name_en=name_en, parent_id=parent_id, position=position, actor=actor, now=now
        )
    )
    return tree.category(category_id)


def update_category(
    *, category_id: int, actor: Actor, now: datetime, **changes: Unpack[CategoryChanges]
) -> CategoryInfo:
    """Rename or move a category. Raises ``CategoryUnknown`` or ``CategoryMisplaced``."""
    db.in_transaction(
        lambda: arrange_categories.update_category(category_id=category_id, changes=changes, actor=actor, now=now)
    )
    return tree.category(category_id)


def create_brand(*, code: str, name: str, name_en: str = "", actor: Actor, now: datetime) -> BrandInfo:
    """Make a brand of goods. Raises ``CodeTaken``."""
    brand_id = db.in_transaction(
        lambda: keep_brands.create_brand(code=code, name=name, name_en=name_en, actor=actor, now=now)
    )
    return BrandInfo(brand_id, code, name, name_en)


def update_brand(*, brand_id: int, actor: Actor, now: datetime, **changes: Unpack[BrandChanges]) -> None:
    """Rename a brand; its SKUs are found by the new name at once. Raises ``BrandUnknown``."""
    db.in_transaction(lambda: keep_brands.update_brand(brand_id=brand_id, changes=changes, actor=actor, now=now))


def create_product(*, product: NewProduct, actor: Actor, now: datetime) -> ProductInfo:
    """Make a product with its SKUs and barcodes. Raises as :func:`create_products`."""
    return create_products(products=[product], actor=actor, now=now)[0]


def create_products(*, products: Sequence[NewProduct], actor: Actor, now: datetime) -> list[ProductInfo]:
    """Make many products in one transaction and a fixed number of statements (import: 1,000 at a time).

    Raises ``CodeTaken``, ``BarcodeInvalid``, ``BarcodeReserved``, ``CategoryUnknown``,
    ``BrandUnknown`` or ``Invalid``; nothing is made then. Appends ``ProductChanged`` for each.
    """
    masks = scale_masks.in_force(["brand"])
    ids = db.in_transaction(lambda: creation.create_products(products=products, masks=masks, actor=actor, now=now))
    made = product_queries.products(ids)
    return [made[product_id] for product_id in ids]


def add_sku(*, product_id: int, sku: NewSku, actor: Actor, now: datetime) -> SkuInfo:
    """Add a variant to a product. Raises ``ProductUnknown`` and as :func:`create_products`."""
    masks = scale_masks.in_force(["brand"])
    sku_id = db.in_transaction(
        lambda: creation.add_sku(product_id=product_id, sku=sku, masks=masks, actor=actor, now=now)
    )
    return sku_queries.skus([sku_id])[sku_id]


def update_product(
    *,
    product_id: int,
    seen: Mapping[str, Any] | None = None,
    actor: Actor,
    now: datetime,
    **changes: Unpack[ProductChanges],
) -> ProductInfo:
    """Change a product; ``description_html`` is sanitised. Raises ``ProductUnknown`` or ``Invalid``.

    With ``seen`` (fields as the editor's form showed them) ``EditedMeanwhile`` when one of them is another by now.
    """
    db.in_transaction(
        lambda: update_products.update_product(product_id=product_id, changes=changes, seen=seen, actor=actor, now=now)
    )
    return product_queries.products([product_id])[product_id]


def update_sku(*, sku_id: int, actor: Actor, now: datetime, **changes: Unpack[SkuChanges]) -> SkuInfo:
    """Change a SKU. Raises ``SkuUnknown``, ``CodeTaken`` (scale code) or ``Invalid``."""
    db.in_transaction(lambda: update_products.update_sku(sku_id=sku_id, changes=changes, actor=actor, now=now))
    return sku_queries.skus([sku_id])[sku_id]


def add_barcode(*, sku_id: int, code: str, pack_quantity: int = 1, actor: Actor, now: datetime) -> None:
    """Put one more barcode on a SKU; scanning it sells ``pack_quantity`` pieces.

    Raises ``SkuUnknown``, ``BarcodeInvalid``, ``BarcodeReserved`` or ``CodeTaken``.
    """
    masks = scale_masks.in_force(["brand"])
    db.in_transaction(
        lambda: keep_barcodes.add_barcode(
            sku_id=sku_id, code=code, pack_quantity=pack_quantity, masks=masks, actor=actor, now=now
        )
    )


def remove_barcode(*, code: str, actor: Actor, now: datetime) -> None:
    """Take a barcode off its SKU. Raises ``BarcodeUnknown``."""
    db.in_transaction(lambda: keep_barcodes.remove_barcode(code=code, actor=actor, now=now))


def add_image(
    *, product_id: int, content: bytes, sku_id: int | None = None, alt: str = "", actor: Actor, now: datetime
) -> Picture:
    """Put a picture on a product (or on one of its SKUs), at three sizes, without its EXIF.

    Raises ``PictureRefused`` (kind, damage, 8 MB, 40 megapixels), ``ProductUnknown``, ``SkuUnknown``.
    """
    authorise.demand_edit(actor)
    stored = keep_pictures.store_picture(content)
    image_id = db.in_transaction(
        lambda: keep_pictures.add_picture(
            product_id=product_id, sku_id=sku_id, stored=stored, alt=alt, actor=actor, now=now
        )
    )
    return next(shown for shown in products(ids=[product_id])[product_id].pictures if shown.id == image_id)


def remove_image(*, product_id: int, image_id: int, actor: Actor, now: datetime) -> None:
    """Take a picture off a product. Raises ``ProductUnknown`` when it is not on it."""
    db.in_transaction(
        lambda: keep_pictures.remove_picture(product_id=product_id, image_id=image_id, actor=actor, now=now)
    )


def set_listing(
    *,
    unit_id: int,
    sku_id: int,
    is_listed: bool = True,
    allows_pickup: bool = True,
    allows_express: bool = True,
    allows_instant: bool = True,
    actor: Actor,
    now: datetime,
) -> None:
    """Write a store's deviation for one SKU. Raises as :func:`set_listings`."""
    change = ListingChange(sku_id, is_listed, allows_pickup, allows_express, allows_instant)
    set_listings(unit_id=unit_id, listings=[change], actor=actor, now=now)


def set_listings(*, unit_id: int, listings: Sequence[ListingChange], actor: Actor, now: datetime) -> None:
    """Write a store's deviations; needs ``catalog.list`` there. Appends ``ListingChanged``.

    Raises ``SkuUnknown``; ``NotFound`` for a unit that does not exist or is not the actor's.
    """
    db.in_transaction(lambda: listings_op.set_listings(unit_id=unit_id, listings=listings, actor=actor, now=now))


def clear_listings(*, unit_id: int, sku_ids: Sequence[int], actor: Actor, now: datetime) -> None:
    """Let the master record hold again at a store. Appends ``ListingChanged``."""
    db.in_transaction(lambda: listings_op.clear_listings(unit_id=unit_id, sku_ids=sku_ids, actor=actor, now=now))


def set_scale_masks(*, node: str, masks: Sequence[str] | None, actor: Actor, now: datetime) -> None:
    """Say how scale labels are laid out at a node of the settings tree (``None``: as above it).

    Raises ``Invalid`` for a layout that cannot be read; see ``rules/scale_codes.py`` for the language.
    """
    db.in_transaction(lambda: masks_op.set_scale_masks(node=node, masks=masks, actor=actor, now=now))


def goods_on_file(
    *, codes: Sequence[str], product_codes: Sequence[str], hold: bool = False
) -> tuple[dict[str, file_queries.SkuOnFile], dict[str, file_queries.ProductOnFile]]:
    """Return what stands about SKUs and products by their codes; ``hold`` locks them within an open transaction."""
    if hold:
        goods_op.hold(codes, product_codes)
    return file_queries.skus(codes), file_queries.products(product_codes)


def sku_codes_of_barcodes(*, codes: Sequence[str]) -> dict[str, str]:
    """Return which SKU has a barcode already, by the code as asked for; one query."""
    return file_queries.sku_codes_of_barcodes(codes)


def barcode_faults(*, codes: Sequence[str]) -> dict[str, BarcodeInvalid | BarcodeReserved]:
    """Return why texts cannot stand on goods as barcodes; those that can are left out."""
    return keep_barcodes.faults(codes, masks=scale_masks.in_force(["brand"])) if codes else {}


def import_goods(*, goods: goods_op.GoodsImport, actor: Actor, now: datetime) -> None:
    """Write a part of a file of goods, all of it or none. Raises as creating and changing single goods does."""
    masks = scale_masks.in_force(["brand"])
    db.in_transaction(lambda: goods_op.import_goods(goods, masks=masks, actor=actor, now=now))
