"""What crosses the door of points: balances, lots, rules, offers, history, and refusals.

Points are whole numbers; money is integer fen; multipliers are basis points (10 000 is once). A moment at which
something ends does not belong to it: a lot with ``expires_at`` midnight was good until the end of the day before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from quanyu.kernel.period import Period
from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound
from quanyu.modules.members.contracts import Level

ONCE_BP = 10_000


class LotState(StrEnum):
    """Where a lot stands: earned but not usable yet, usable, used up, or ended by time."""

    PENDING = "pending"
    LIVE = "live"
    EMPTY = "empty"
    EXPIRED = "expired"


class MovementKind(StrEnum):
    """Why points moved. ``move``: a file was merged with another one, or a merge was undone."""

    EARN = "earn"
    MATURE = "mature"
    GIVE = "give"
    SPEND = "spend"
    RESTORE = "restore"
    CLAW_BACK = "claw_back"
    EXPIRE = "expire"
    ADJUST = "adjust"
    DEBT = "debt"
    REPAY = "repay"
    MOVE = "move"


class RequestState(StrEnum):
    """Where a request for an adjustment stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"


class PointsShort(Conflict):
    """The member has fewer points that can be used; nothing was taken."""

    code = "points.short"
    title = N_("Not enough points: %(wanted)s wanted, %(available)s available.")
    remedy = N_("Use fewer points.")


class PointsInvalid(Invalid):
    """A number of points, an end or a line that makes no sense."""

    code = "points.invalid"


class RuleInvalid(Invalid):
    """An earning rule, or the range for the stores' rules, that makes no sense."""

    code = "points.rule_invalid"


class RuleOutOfRange(Invalid):
    """The rule gives more or fewer points per money than head office allows."""

    code = "points.rule_out_of_range"
    title = N_("Head office allows %(least)s to %(most)s points for 100 yuan.")
    remedy = N_("Choose a rule within the range, or have the range changed.")


class RangeTooNarrow(Conflict):
    """Rules that are in use would lie outside of the new range; ``units`` are the codes of their places."""

    code = "points.range_too_narrow"
    title = N_("These places have rules outside of the range: %(units)s")
    remedy = N_("Change those rules first, or choose a wider range.")


class OfferInvalid(Invalid):
    """A figure of an offer of the points mall does not go with the others."""

    code = "points.offer_invalid"


class OfferTooDear(Invalid):
    """The points mall is for low-priced goods: the product costs more than the setting allows (PTS-07)."""

    code = "points.offer_too_dear"
    title = N_("The product costs %(price_fen)s fen; the points mall allows %(ceiling_fen)s at most.")
    remedy = N_("Choose a product of a lower price, or have the setting changed.")


class OfferUnknown(NotFound):
    """No such offer of the points mall."""

    code = "points.offer_unknown"
    title = N_("There is no such offer in the points mall.")
    remedy = N_("Choose one from the list.")


class AdjustmentUnknown(NotFound):
    """No such request for an adjustment."""

    code = "points.adjustment_unknown"
    title = N_("There is no such request.")
    remedy = N_("Reload the list.")


class AdjustmentDecided(Conflict):
    """Somebody else was quicker."""

    code = "points.adjustment_decided"
    title = N_("The request has been decided already.")
    remedy = N_("Reload the list and look at the decision.")


class FourEyes(Conflict):
    """Whoever asks for an adjustment cannot decide about it."""

    code = "points.four_eyes"
    title = N_("Somebody else must decide about your request.")
    remedy = N_("Ask a colleague with the permission points.approve.")


@dataclass(frozen=True, slots=True)
class Expiry:
    """So many points end on this day (the last day on which they can be used, in the store's time zone)."""

    last_day: date
    points: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member has. ``debt`` was taken back after it had been used; the next points earned pay it first."""

    available: int = 0
    pending: int = 0
    debt: int = 0
    next_expiries: tuple[Expiry, ...] = ()


@dataclass(frozen=True, slots=True)
class SpendingRule:
    """Points as payment: ``points_per_yuan`` make one yuan; at most ``cap_bp`` of the goods; uniform (A7)."""

    points_per_yuan: int
    cap_bp: int
    least: int = 0
    step: int = 1


@dataclass(frozen=True, slots=True)
class EarningRule:
    """``points`` for every ``per_fen`` paid. ``id`` and ``version`` 0: the rule of a chain that has made none."""

    id: int
    version: int
    points: int
    per_fen: int


@dataclass(frozen=True, slots=True)
class EarningRange:
    """What stores may choose: points for 100 yuan, from ``least`` to ``most``."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A version of a unit's rule; ``rule`` is ``None`` where the unit went back to the rule above it."""

    unit_id: int
    version: int
    rule: EarningRule | None
    starts_at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class EarnLine:
    """A line of an order with the money that earns: what was paid for the goods."""

    number: int
    base_fen: int


@dataclass(frozen=True, slots=True)
class Earned:
    """The points of an order, and each line's part, in the order of the lines; the parts add up to the total."""

    total: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lot:
    """Points that came together and end together. ``remaining`` of ``points`` are left."""

    id: int
    member_id: UUID
    state: LotState
    points: int
    remaining: int
    cause_kind: str
    cause_id: str
    store_id: int | None
    rule_id: int | None
    rule_version: int
    multiplier_bp: int
    earned_at: datetime
    matures_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One deed in the ledger of a member, over all lots it touched; ``id`` is the cursor of the page before it.

    The three figures say how each counter changed.
    """

    id: int
    at: datetime
    kind: MovementKind
    available: int
    pending: int
    debt: int
    cause_kind: str
    cause_id: str
    store_id: int | None
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer of the points mall: one piece for ``points`` and ``cash_fen``.

    ``unit_ids`` empty: everywhere; units include those below them. Limits ``None``: none; ``taken`` counts
    towards ``total_limit``. ``level``: how well the member must be identified.
    """

    id: int
    sku_id: int
    points: int
    cash_fen: int
    list_fen: int
    period: Period
    unit_ids: frozenset[int]
    level: Level
    per_member_limit: int | None
    total_limit: int | None
    taken: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A request to give (positive) or take (negative) points, and what was decided."""

    id: UUID
    member_id: UUID
    unit_id: int
    points: int
    reason: str
    state: RequestState
    requested_by: str
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class LiabilityRow:
    """Points of one store that end in one month (``month`` is its first day), and what they buy, in fen."""

    store_id: int | None
    month: date
    live: int
    pending: int
    value_fen: int


@dataclass(frozen=True, slots=True)
class Liability:
    """All points that members could still use at a moment; what they owe is not set off."""

    at: datetime
    points_per_yuan: int
    live: int
    pending: int
    debt: int
    value_fen: int
    rows: tuple[LiabilityRow, ...]
    by_brand: Mapping[int | None, int]
