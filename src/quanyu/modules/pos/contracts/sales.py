"""Sales as a till says them: what is sold, for whom, by which money, and how it reaches the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.checkout.contracts import JournalPrice, TenderGiven
from quanyu.modules.orders.contracts import Delivery, Gift, StaffShare


class SharesInvalid(Invalid):
    """The shares of those who served for a line are not the whole of it, or somebody is named twice."""

    code = "pos.shares_invalid"
    title = N_("The shares of a line are not a whole.")
    remedy = N_("Name each associate once, with shares of 100 % together.")


@dataclass(frozen=True, slots=True)
class Approval:
    """A manager's name and PIN, typed at the till for one action."""

    username: str
    pin: str


@dataclass(frozen=True, slots=True)
class SaleLine:
    """So much of one SKU (pieces or grams), a discount given by hand with its reason, and whom it is credited to.

    ``rounding_fen`` is taken off beside it: the line's part of what makes the whole amount round.
    ``shares``: of those who served for it, when they were several; the first is ``credited_staff_id``.
    ``points_offer_id``: a line of the points mall. ``journal``: what was paid for it already.
    """

    sku_id: int
    quantity: int
    discount_fen: int = 0
    credited_staff_id: int | None = None
    points_offer_id: int | None = None
    journal: JournalPrice | None = None
    discount_reason: str = "other"
    rounding_fen: int = 0
    shares: tuple[StaffShare, ...] = ()


@dataclass(frozen=True, slots=True)
class SaleWay:
    """How goods reach a customer who does not carry them out: by parcel, brought home, or fetched in another store.

    A parcel and what is brought home go to one of the member's addresses; what is brought comes at a time of the store.
    ``store_id``: the store in which the goods are fetched; the sale is credited to the till's own.
    """

    delivery: Delivery
    address_id: UUID | None = None
    window_from: datetime | None = None
    window_until: datetime | None = None
    store_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as the till says it. ``id`` and ``seq`` are made by the till and kept before sending.

    ``tenders``: cash or recorded cards, together the whole amount. Without them the sale
    waits for a customer's payment code. ``coupon_ids`` and ``points`` are the member's. A discount above the limit
    needs ``approval_id``, or an ``approval`` with it. No ``way``: the customer carries the goods out. ``gift``: it is
    wrapped as a present, perhaps with a card.
    """

    id: UUID
    seq: int
    lines: tuple[SaleLine, ...]
    member_id: UUID | None = None
    tenders: tuple[TenderGiven, ...] = ()
    note: str = ""
    expected_payable_fen: int | None = None
    approval: Approval | None = None
    coupon_ids: tuple[UUID, ...] = ()
    points: int = 0
    happened_at: datetime | None = None
    approval_id: UUID | None = None
    way: SaleWay | None = None
    gift: Gift | None = None

    @property
    def spends_points(self) -> bool:
        """Tell whether points pay, or buy at least one line."""
        return self.points > 0 or any(line.points_offer_id is not None for line in self.lines)
