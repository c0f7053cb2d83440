"""Facts this module publishes: frozen, versioned, named in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class IssuedCoupon:
    """One coupon and the member it was given to."""

    coupon_id: UUID
    member_id: UUID


@dataclass(frozen=True, slots=True)
class UsedCoupon:
    """One coupon of an order, whose it is and what it took off."""

    coupon_id: UUID
    template_id: int
    member_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True)
class CouponsIssued:
    """Members were given coupons of one template; ``trigger`` is empty unless something gave them."""

    topic: ClassVar[str] = "coupons.issued.1"

    template_id: int
    via: str
    trigger: str
    coupons: tuple[IssuedCoupon, ...]

    @property
    def aggregate(self) -> str:
        """The first coupon: facts of different coupons wait for nobody."""
        return f"coupon:{self.coupons[0].coupon_id}"


@dataclass(frozen=True, slots=True)
class CouponsRedeemed:
    """An order was paid: its coupons are used."""

    topic: ClassVar[str] = "coupons.redeemed.1"

    order_id: UUID
    coupons: tuple[UsedCoupon, ...]

    @property
    def aggregate(self) -> str:
        """The order."""
        return str(self.order_id)


@dataclass(frozen=True, slots=True)
class CouponsReturned:
    """A paid order was cancelled or wholly refunded: its coupons came back to their holders."""

    topic: ClassVar[str] = "coupons.returned.1"

    order_id: UUID
    coupons: tuple[UsedCoupon, ...]

    @property
    def aggregate(self) -> str:
        """The order."""
        return str(self.order_id)


@dataclass(frozen=True, slots=True)
class ServiceHandedOut:
    """A store gave the service of a coupon, without an order; what it is worth is borne by the offer's shares."""

    topic: ClassVar[str] = "coupons.handed_out.1"

    id: UUID
    coupon_id: UUID
    template_id: int
    member_id: UUID
    store_id: int
    staff_id: int
    worth_fen: int

    @property
    def aggregate(self) -> str:
        """The coupon."""
        return f"coupon:{self.coupon_id}"


@dataclass(frozen=True, slots=True)
class ServicePutBack:
    """A hand-out was a mistake: the coupon is its holder's again."""

    topic: ClassVar[str] = "coupons.put_back.1"

    id: UUID
    coupon_id: UUID
    template_id: int
    member_id: UUID
    worth_fen: int

    @property
    def aggregate(self) -> str:
        """The coupon."""
        return f"coupon:{self.coupon_id}"


@dataclass(frozen=True, slots=True)
class TemplateMoved:
    """A template came into another state: ``live``, ``stopped``, ``forced_off``, ``waiting``, ``refused``."""

    topic: ClassVar[str] = "coupons.template_moved.1"

    template_id: int
    code: str
    state: str

    @property
    def aggregate(self) -> str:
        """The template."""
        return f"coupon-template:{self.template_id}"
