"""The settings of tills; the nearest value on the way from the brand down to the till wins."""

from __future__ import annotations

from datetime import timedelta

from quanyu.kernel.problem import N_
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.contracts import Till
from quanyu.platform import settings_tree
from quanyu.platform.settings_tree import ANYWHERE, Kind, Setting

DISCOUNT_LIMIT = settings_tree.define(
    Setting(
        "pos.discount_limit_bp",
        Kind.INTEGER,
        1_000,
        ANYWHERE,
        N_("Discount a cashier may give on a line (basis points)"),
        minimum=0,
        maximum=10_000,
        is_sensitive=True,
    )
)
RETURNS_ACROSS_STORES = settings_tree.define(
    Setting(
        "pos.returns_across_stores", Kind.BOOLEAN, True, ANYWHERE, N_("Take back what another store of the chain sold")
    )
)
BLIND_COUNT = settings_tree.define(
    Setting(
        "pos.blind_count",
        Kind.BOOLEAN,
        True,
        ANYWHERE,
        N_("Cashiers count the drawer without seeing the sum"),
        is_sensitive=True,
    )
)
RECEIPT_FOOTER = settings_tree.define(
    Setting("pos.receipt_footer", Kind.TEXT, "", ANYWHERE, N_("Text at the foot of receipts"))
)
POINTS_WITHOUT_CODE = settings_tree.define(
    Setting(
        "pos.points_without_code",
        Kind.INTEGER,
        1_000,
        ANYWHERE,
        N_("Points spent at a till without the member's code"),
        minimum=0,
        maximum=1_000_000_000,
        is_sensitive=True,
    )
)
BEYOND_STOCK = settings_tree.define(
    Setting(
        "pos.beyond_stock",
        Kind.INTEGER,
        20,
        ANYWHERE,
        N_("Pieces or kilograms of a SKU that a till sold by itself beyond the books and that are booked"),
        minimum=0,
        maximum=100_000,
        is_sensitive=True,
    )
)
MEMBER_CODE_MINUTES = settings_tree.define(
    Setting(
        "pos.member_code_minutes",
        Kind.INTEGER,
        10,
        ANYWHERE,
        N_("A scanned member code counts for (minutes)"),
        minimum=1,
        maximum=120,
    )
)


def discount_limit_bp(*, till: Till) -> int:
    """Return the discount a cashier may give alone, in basis points of a line's list amount."""
    return int(settings_tree.get(DISCOUNT_LIMIT.key, _path(till)))


def returns_across_stores(*, till: Till) -> bool:
    """Tell whether this till takes back what another store sold."""
    return bool(settings_tree.get(RETURNS_ACROSS_STORES.key, _path(till)))


def blind_count(*, till: Till) -> bool:
    """Tell whether cashiers must count without seeing the expected sum."""
    return bool(settings_tree.get(BLIND_COUNT.key, _path(till)))


def receipt_footer(*, till: Till) -> str:
    """Return the text at the foot of this till's receipts."""
    return str(settings_tree.get(RECEIPT_FOOTER.key, _path(till)))


def points_without_code(*, till: Till) -> int:
    """Return how many points a sale may spend without a scan of the member's code."""
    return int(settings_tree.get(POINTS_WITHOUT_CODE.key, _path(till)))


def member_code_counts_for(*, till: Till) -> timedelta:
    """Return how long a scanned member code counts."""
    return timedelta(minutes=int(settings_tree.get(MEMBER_CODE_MINUTES.key, _path(till))))


def beyond_stock(*, till: Till) -> int:
    """Return how many pieces or kilograms of a SKU beyond the books are booked when this till sold them by itself."""
    return int(settings_tree.get(BEYOND_STOCK.key, _path(till)))


def _path(till: Till) -> tuple[str, ...]:
    return organization.settings_path(unit_id=till.store_id, terminal_id=str(till.device_id))
