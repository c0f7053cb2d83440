"""The settings of tills; the nearest value on the way from the brand down to the till wins."""

from __future__ import annotations

from dataclasses import dataclass
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
ROUNDING_OFF = settings_tree.define(
    Setting(
        "pos.rounding_off_fen",
        Kind.INTEGER,
        99,
        ANYWHERE,
        N_("Most that a cashier may round off a sale (fen, 0: not offered)"),
        minimum=0,
        maximum=1_000,
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
MEMBERS_KEPT = settings_tree.define(
    Setting(
        "pos.members_kept",
        Kind.INTEGER,
        2_000,
        ANYWHERE,
        N_("Members a till knows without the network, masked and encrypted (0: none)"),
        minimum=0,
        maximum=10_000,
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
SET_ASIDE = settings_tree.define(
    Setting(
        "pos.set_aside_bp",
        Kind.INTEGER,
        0,
        ANYWHERE,
        N_("Share of the stock that the tills of a store set aside for selling without the network (basis points)"),
        minimum=0,
        maximum=10_000,
        is_sensitive=True,
    )
)
OFFLINE_STOCK = settings_tree.define(
    Setting(
        "pos.offline_stock",
        Kind.CHOICE,
        "in_hand",
        ANYWHERE,
        N_("What a till sells without the network"),
        choices=("in_hand", "set_aside"),
        choice_titles=(N_("All that lies before the customer"), N_("Only what is set aside for it")),
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
ADVICE = settings_tree.define(
    Setting("pos.advice", Kind.BOOLEAN, True, ANYWHERE, N_("Tills show what goes with a basket"))
)
ADVICE_MARGIN = settings_tree.define(
    Setting(
        "pos.advice_margin_bp",
        Kind.INTEGER,
        0,
        ANYWHERE,
        N_("Least margin of what tills advise (basis points of the price)"),
        minimum=-10_000,
        maximum=10_000,
    )
)
ADVICE_LATELY_DAYS = settings_tree.define(
    Setting(
        "pos.advice_lately_days",
        Kind.INTEGER,
        7,
        ANYWHERE,
        N_("Tills do not advise what a member has bought in the last days"),
        minimum=0,
        maximum=365,
    )
)
ADVICE_CONTROL = settings_tree.define(
    Setting(
        "pos.advice_control_bp",
        Kind.INTEGER,
        500,
        ANYWHERE,
        N_("Share of baskets without advice, to compare with (basis points)"),
        minimum=0,
        maximum=10_000,
    )
)


@dataclass(frozen=True, slots=True)
class AdviceSettings:
    """Whether a till advises, from which margin on, for how few baskets not, and what counts as bought lately."""

    is_on: bool
    margin_bp: int
    control_bp: int
    lately: timedelta


def advice(*, till: Till) -> AdviceSettings:
    """Return how this till advises. One query."""
    keys = [ADVICE.key, ADVICE_MARGIN.key, ADVICE_CONTROL.key, ADVICE_LATELY_DAYS.key]
    found = settings_tree.get_many(keys, _path(till))
    return AdviceSettings(
        is_on=bool(found[ADVICE.key]),
        margin_bp=int(found[ADVICE_MARGIN.key]),
        control_bp=int(found[ADVICE_CONTROL.key]),
        lately=timedelta(days=int(found[ADVICE_LATELY_DAYS.key])),
    )


def discount_limit_bp(*, till: Till) -> int:
    """Return the discount a cashier may give alone, in basis points of a line's list amount."""
    return int(settings_tree.get(DISCOUNT_LIMIT.key, _path(till)))


def rounding_off_fen(*, till: Till) -> int:
    """Return how much a cashier may round off a sale alone, in fen; 0: rounding off is not offered."""
    return int(settings_tree.get(ROUNDING_OFF.key, _path(till)))


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


def members_kept(*, till: Till) -> int:
    """Return how many members the till may know while it is cut off."""
    return int(settings_tree.get(MEMBERS_KEPT.key, _path(till)))


def set_aside_bp(*, till: Till) -> int:
    """Return how much of what can be sold of a SKU the tills of the store may set aside, in basis points."""
    return int(settings_tree.get(SET_ASIDE.key, _path(till)))


def sells_only_set_aside(*, till: Till) -> bool:
    """Tell whether the till, cut off, sells nothing but what is set aside for it."""
    return bool(settings_tree.get(OFFLINE_STOCK.key, _path(till)) == "set_aside")
