"""What crosses catalog's door: products, SKUs, barcodes, listings, pages of a search, and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypedDict

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound


class CategoryUnknown(NotFound):
    """No such category."""

    code = "catalog.category_unknown"
    title = N_("There is no such category.")
    remedy = N_("Choose one from the list.")


class BrandUnknown(NotFound):
    """No such brand of goods."""

    code = "catalog.brand_unknown"
    title = N_("There is no such product brand.")
    remedy = N_("Choose one from the list.")


class ProductUnknown(NotFound):
    """No such product."""

    code = "catalog.product_unknown"
    title = N_("There is no such product.")
    remedy = N_("Search for it by name, code or barcode.")


class SkuUnknown(NotFound):
    """No such SKU."""

    code = "catalog.sku_unknown"
    title = N_("There is no such article.")
    remedy = N_("Search for it by name, code or barcode.")


class BarcodeUnknown(NotFound):
    """Nothing is sold under the scanned code."""

    code = "catalog.barcode_unknown"
    title = N_("Nothing is known under the code %(code)s.")
    remedy = N_("Scan again, type the digits below the bars, or search by name.")


class CodeTaken(Conflict):
    """Another category, brand, product or SKU has this code, or another SKU this barcode or PLU."""

    code = "catalog.code_taken"
    title = N_("The code %(code)s is taken.")
    remedy = N_("Choose another code, or look at what has it now.")


class BarcodeInvalid(Invalid):
    """The text cannot be a barcode: wrong check digit, or characters that no scanner sends."""

    code = "catalog.barcode_invalid"
    title = N_("%(code)s is not a valid barcode: %(reason)s")
    remedy = N_("Compare it digit by digit with the print below the bars.")


class BarcodeReserved(Invalid):
    """The till would read the code as something else before it looks for goods."""

    code = "catalog.barcode_reserved"
    title = N_("The till reads %(code)s as another kind of code.")
    remedy = N_("Codes of scales, members and payments cannot stand on goods; choose another code.")


class CategoryMisplaced(Conflict):
    """A category cannot be moved below itself."""

    code = "catalog.category_misplaced"
    title = N_("A category cannot stand below itself.")
    remedy = N_("Choose another parent.")


class PictureRefused(Invalid):
    """The file is not a picture we take: wrong kind, damaged, or too large."""

    code = "catalog.picture_refused"
    title = N_("The picture was not taken: %(reason)s")
    remedy = N_("Send a JPEG, PNG or WebP of at most 8 MB and 40 megapixels.")


class EditedMeanwhile(Conflict):
    """Somebody else has changed what this form was filled in for."""

    code = "catalog.edited_meanwhile"
    title = N_("Somebody else has changed this meanwhile: %(changed)s.")
    remedy = N_("Nothing was saved. Look at what holds now, and enter your changes again.")


class CodeUnknown(NotFound):
    """No label was printed with this code."""

    code = "catalog.code_unknown"
    title = N_("There is no such code.")
    remedy = N_("Scan the code again.")


@dataclass(frozen=True, slots=True)
class CategoryInfo:
    """A node of the category tree. ``path`` holds the ids from the root to the node itself."""

    id: int
    code: str
    name: str
    name_en: str
    parent_id: int | None
    path: tuple[int, ...]
    position: int


@dataclass(frozen=True, slots=True)
class BrandInfo:
    """A brand of goods."""

    id: int
    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class NewSku:
    """A SKU to create. ``cost_fen`` is per priced unit (piece or kg); codes are as printed."""

    code: str
    name: str
    name_en: str = ""
    specification: Mapping[str, str] = field(default_factory=dict)
    cost_fen: int = 0
    plu: str | None = None
    barcodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to create, with at least one SKU. ``tax_rate_bp``: 1300 is 13 %."""

    code: str
    name: str
    category_id: int
    unit_name: str
    skus: tuple[NewSku, ...]
    name_en: str = ""
    brand_id: int | None = None
    supplier_id: int | None = None
    is_weighed: bool = False
    tax_rate_bp: int = 1300
    description_html: str = ""
    specification_names: tuple[str, ...] = ()
    is_listed_by_default: bool = True


class ProductChanges(TypedDict, total=False):
    """What may change of a product; a name left out stays as it is."""

    name: str
    name_en: str
    category_id: int
    brand_id: int | None
    supplier_id: int | None
    unit_name: str
    tax_rate_bp: int
    description_html: str
    specification_names: tuple[str, ...]
    is_active: bool
    is_listed_by_default: bool


class SkuChanges(TypedDict, total=False):
    """What may change of a SKU; a name left out stays as it is."""

    name: str
    name_en: str
    specification: Mapping[str, str]
    cost_fen: int
    plu: str | None
    is_active: bool


class CategoryChanges(TypedDict, total=False):
    """What may change of a category; a name left out stays as it is."""

    name: str
    name_en: str
    position: int
    parent_id: int | None


class BrandChanges(TypedDict, total=False):
    """What may change of a brand; a name left out stays as it is."""

    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a product. The three addresses are relative to the host."""

    id: int
    product_id: int
    sku_id: int | None
    thumb: str
    card: str
    full: str
    alt: str
    alt_en: str = ""


@dataclass(frozen=True, slots=True)
class SkuInfo:
    """All that selling a SKU needs to know of it.

    Weighed goods have ``quantity_scale`` 1000: quantities are grams, prices and cost per kg.
    ``is_active`` is true when both the SKU and its product are on sale. Picture addresses are
    empty when there is none.
    """

    id: int
    code: str
    product_id: int
    name: str
    name_en: str
    category_id: int
    category_path: tuple[int, ...]
    brand_id: int | None
    supplier_id: int | None
    unit_name: str
    is_weighed: bool
    quantity_scale: int
    tax_rate_bp: int
    cost_fen: int
    is_active: bool
    specification: Mapping[str, str]
    image_card: str
    image_thumb: str
    barcodes: tuple[str, ...]
    plu: str | None


@dataclass(frozen=True, slots=True)
class ProductInfo:
    """A product with its SKUs' ids (in the order of their codes) and its pictures."""

    id: int
    code: str
    name: str
    name_en: str
    category_id: int
    category_path: tuple[int, ...]
    brand_id: int | None
    brand_name: str
    supplier_id: int | None
    unit_name: str
    is_weighed: bool
    tax_rate_bp: int
    description_html: str
    specification_names: tuple[str, ...]
    is_active: bool
    is_listed_by_default: bool
    sku_ids: tuple[int, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class SkuScan:
    """What a scanned code says.

    ``quantity`` is in base units: pieces of the pack, or grams from a scale's label; ``None`` when
    weighed goods come without a weight. ``price_fen`` is the amount a scale printed for the whole
    label; ``None`` when the price is to be looked up.
    """

    sku_id: int
    quantity: int | None
    price_fen: int | None


class ReadingKind(StrEnum):
    """The ways to read a scanned code, in the order in which they are tried."""

    PAY_CODE = "pay_code"
    MEMBER_CODE = "member_code"
    MEMBER_NUMBER = "member_number"
    SCALE = "scale"
    BARCODE = "barcode"
    GTIN = "gtin"
    PLU = "plu"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a code. ``text`` is what to look up: a PLU, a GTIN-14, a number, or a wallet's name."""

    kind: ReadingKind
    text: str
    amount_fen: int | None = None
    grams: int | None = None


@dataclass(frozen=True, slots=True)
class Sellable:
    """Whether a store lists a SKU, and how it lets it be handed over.

    The ways are the listing's own; the caller also asks what the store itself offers.
    """

    listed: bool
    pickup: bool
    express: bool
    instant: bool


NOT_SELLABLE = Sellable(listed=False, pickup=False, express=False, instant=False)


@dataclass(frozen=True, slots=True)
class ListingChange:
    """A store's deviation from the master record for one SKU."""

    sku_id: int
    is_listed: bool = True
    allows_pickup: bool = True
    allows_express: bool = True
    allows_instant: bool = True


@dataclass(frozen=True, slots=True)
class SearchPage:
    """SKU ids, best match first. ``next_cursor`` is ``None`` on the last page."""

    sku_ids: tuple[int, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class SearchWords:
    """A search made ready: all ``tokens`` in the index, all ``patterns`` (LIKE) in the text.

    ``exact`` is the typed text in normal form, by which whole codes and beginnings of names rank first; empty: no
    search. ``possible`` is false when nothing can match (only punctuation was typed): then there are no tokens.
    """

    tokens: tuple[str, ...]
    patterns: tuple[str, ...]
    exact: str
    possible: bool
