"""What crosses the mall's door: the store to enter, offers, products, the cart, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout.contracts import Quote
from quanyu.modules.flash.contracts import SaleAtStore
from quanyu.modules.fulfilment.contracts import Parcel, SlotDay
from quanyu.modules.organization.contracts import Location
from quanyu.modules.points.contracts import Offer as PointsPrice

SEARCH_HITS_MAX = 500
# A place in a list: the sort value and the id of the last SKU seen.
After = tuple[int, int]


class StoreUnknown(NotFound):
    """There is no open store with this id."""

    code = "mall.store_unknown"
    title = N_("There is no such store.")
    remedy = N_("Choose a store from the list.")


class OfferUnknown(NotFound):
    """The store does not offer this product."""

    code = "mall.offer_unknown"
    title = N_("This store does not offer this product.")
    remedy = N_("Look for something similar, or choose another store.")


class CartFull(Conflict):
    """The cart holds as many different lines as it may."""

    code = "mall.cart_full"
    title = N_("The cart holds at most %(most)s different products.")
    remedy = N_("Order or remove something first.")


class CartQuantityTooLarge(Invalid):
    """More of one product than a cart line may hold."""

    code = "mall.cart_quantity_too_large"
    title = N_("At most %(most)s of one product fit into the cart.")
    remedy = N_("Lower the quantity.")


class CartLineUnknown(NotFound):
    """The product is not in the cart of this store."""

    code = "mall.cart_line_unknown"
    title = N_("This product is not in the cart.")
    remedy = N_("Reload the cart.")


class NothingSelected(Invalid):
    """Checkout needs at least one selected line of the store."""

    code = "mall.nothing_selected"
    title = N_("Nothing is selected.")
    remedy = N_("Select at least one product in the cart.")


class ConfirmationRefused(Invalid):
    """The code that should confirm who asks is wrong, too old, or was sent to somebody else's phone."""

    code = "mall.confirmation_refused"
    title = N_("The code does not confirm this.")
    remedy = N_("Ask for a new code to your own phone and type it within five minutes.")


class EntryReason(StrEnum):
    """Why a shopper enters this store."""

    NEAREST = "nearest"
    LAST_VISITED = "last_visited"
    DEFAULT = "default"
    NONE = "none"


class LineFault(StrEnum):
    """Why a cart line is greyed and cannot be ordered as it is."""

    OTHER_STORE = "other_store"
    NOT_FOR_SALE = "not_for_sale"
    SOLD_OUT = "sold_out"
    SHORT = "short"


class Sort(StrEnum):
    """The orders of a product list. ``RELEVANCE`` is for a search text; without one it is ``NEWEST``."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    PRICE_UP = "price_up"
    PRICE_DOWN = "price_down"


@dataclass(frozen=True, slots=True)
class Entry:
    """The store a shopper enters, and by which rule. No store: let the shopper choose from the list."""

    store: Location | None
    reason: EntryReason


@dataclass(frozen=True, slots=True)
class ShopperPlace:
    """Where the shopper is: GCJ-02 degrees."""

    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Shop:
    """The store a page is about, with all that prices and stock depend on, read once per request.

    ``tier`` is the asker's, ``None`` when not signed in. ``source_ids``: the store, then the
    warehouses an express parcel may come from.
    """

    store: Location
    path: tuple[int, ...]
    tier: str | None
    source_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Price:
    """The prices of a SKU here and now, in fen per piece or kg. ``price_fen`` is what the asker pays."""

    price_fen: int
    base_fen: int
    member_fen: int | None
    timed_fen: int | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A SKU as a store offers it: how much is left in the store, and for an express parcel, in base units."""

    sku: SkuInfo
    price: Price
    available: int
    express_available: int


@dataclass(frozen=True, slots=True)
class OfferPage:
    """A page of offers as the JSON array that SQL made. ``next_after``: to continue after; ``None`` on the last one."""

    items: bytes
    next_after: After | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list; prices are what the reader pays. ``in_stock``: here, or in a parcel's reach."""

    brand_id: int | None = None
    price_from_fen: int | None = None
    price_to_fen: int | None = None
    in_stock: bool = False
    on_offer: bool = False


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class CartEntry:
    """A stored cart line."""

    store_id: int
    sku_id: int
    quantity: int
    is_selected: bool


@dataclass(frozen=True, slots=True)
class CartLine:
    """A cart line with what is true now. ``fault`` says why it is greyed; ``offer`` is ``None`` without a price."""

    entry: CartEntry
    sku: SkuInfo
    offer: Offer | None
    fault: LineFault | None
    amount_fen: int | None


@dataclass(frozen=True, slots=True)
class Cart:
    """A member's cart seen from one store. The totals count selected lines without a fault, before promotions."""

    store_id: int
    lines: tuple[CartLine, ...]
    selected_count: int
    selected_fen: int


@dataclass(frozen=True, slots=True)
class BestQuote:
    """The coupons that save most together, in the order in which they apply, and the quote with them."""

    coupon_ids: tuple[UUID, ...]
    saved_fen: int
    quote: Quote


@dataclass(frozen=True, slots=True)
class FlashOffer:
    """A flash sale at a store, its goods as the store has them, and how many pieces the reader has of it."""

    at_store: SaleAtStore
    goods: Offer
    had: int


@dataclass(frozen=True, slots=True)
class PointsOffer:
    """An offer of the points mall and its goods as the store has them."""

    offer: PointsPrice
    goods: Offer


@dataclass(frozen=True, slots=True)
class PickupTimes:
    """When goods can be fetched at a store. ``ready_at``: from when they lie ready if ordered now."""

    ready_at: datetime | None
    days: tuple[SlotDay, ...]


@dataclass(frozen=True, slots=True)
class AgainLine:
    """A line of a former order that went into the cart."""

    sku_id: int
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class AgainRefused:
    """A line of a former order that did not, and why: a stable code, and a message id that ``params`` fill."""

    sku_id: int
    name: str
    reason: str
    text: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Again:
    """What became of the lines of a former order."""

    added: tuple[AgainLine, ...]
    refused: tuple[AgainRefused, ...]


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What other books say of an order: its parcels, its invoice, requests after the sale.

    ``ready_at``: since when it lies ready in the store; ``delivered_at``: when the last of its parcels came.
    ``returns_open``: the time in which goods may be brought back is not over.
    """

    parcels: tuple[Parcel, ...] = ()
    ready_at: datetime | None = None
    delivered_at: datetime | None = None
    returns_open: bool = False
    invoice: Any = None
    requests: tuple[Any, ...] = ()


NO_FACTS = OrderFacts()


@dataclass(frozen=True, slots=True)
class Way:
    """What of an order decides how far it is. ``returnable``: something of it could come back."""

    delivery: str
    state: str
    placed_at: datetime
    paid_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    returnable: bool
    open_fen: int


Step = tuple[str, datetime | None]
