"""What a sale means to checkout, and what a till refuses before it asks."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from quanyu.modules.checkout.contracts import DeliveryNotOffered, PlaceOrder, TillFacts, WantedLine
from quanyu.modules.identity import api as identity
from quanyu.modules.members import api as members
from quanyu.modules.orders.contracts import Channel, Delivery, Wishes
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.contracts import (
    AssociateUnknown,
    MemberMissing,
    Sale,
    SaleLine,
    SaleWay,
    SharesInvalid,
    Till,
)
from quanyu.modules.pos.rules import served

_CARRIED_OUT = SaleWay(Delivery.CARRY_OUT)


def command(*, sale: Sale, till: Till, shift_id: UUID | None, staff_id: int) -> PlaceOrder:
    """Return the sale in checkout's words."""
    way = sale.way or _CARRIED_OUT
    is_elsewhere = way.store_id is not None and way.store_id != till.store_id
    return PlaceOrder(
        id=sale.id,
        channel=Channel.POS,
        store_id=way.store_id or till.store_id,
        delivery=way.delivery,
        address_id=way.address_id,
        wishes=Wishes(way.window_from, way.window_until, sale.gift) if way.window_from or sale.gift else None,
        credited_store_id=till.store_id if is_elsewhere else None,
        lines=tuple(
            WantedLine(
                sku_id=line.sku_id,
                quantity=line.quantity,
                # A line that was sold already says what was paid for it.
                manual_discount_fen=0 if line.journal else line.discount_fen + line.rounding_fen,
                # A sale that nobody is named for is the cashier's own.
                credited_staff_id=line.credited_staff_id or staff_id,
                points_offer_id=line.points_offer_id,
                journal=line.journal,
                shares=line.shares,
            )
            for line in sale.lines
        ),
        member_id=sale.member_id,
        staff_id=staff_id,
        note=sale.note,
        expected_payable_fen=sale.expected_payable_fen,
        tenders=sale.tenders,
        till=TillFacts(terminal_id=till.device_id, shift_id=shift_id, seq=sale.seq),
        coupon_ids=sale.coupon_ids,
        points=sale.points,
        happened_at=sale.happened_at,
    )


def check_people(*, sale: Sale) -> None:
    """Refuse a sale for people who do not exist, and a guest's use of what only members have.

    Raises ``MemberUnknown``, ``MemberMissing``, ``AssociateUnknown``, ``SharesInvalid``.
    """
    if sale.member_id is not None:
        members.member(id=sale.member_id)
    elif sale.coupon_ids or sale.spends_points or sale.way is not None:
        raise MemberMissing(field="member_id")
    named = {staff_id for line in sale.lines for staff_id in _named(line)}
    known = identity.staff(ids=named) if named else {}
    for index, line in enumerate(sale.lines):
        if any(staff_id not in known for staff_id in _named(line)):
            raise AssociateUnknown(field=f"lines.{index}.{'credits' if line.shares else 'credited_staff_id'}")
        if line.shares and not served.are_whole(line.shares):
            raise SharesInvalid(field=f"lines.{index}.credits")


def _named(line: SaleLine) -> list[int]:
    """Return who served for a line; nobody is named: the cashier."""
    shared = [share.staff_id for share in line.shares]
    return shared or ([] if line.credited_staff_id is None else [line.credited_staff_id])


def check_way(*, sale: Sale, till: Till) -> None:
    """Refuse a sale that is fetched in a store of another owner, whose money would be in this drawer.

    Raises ``DeliveryNotOffered``.
    """
    way = sale.way
    if way is None or way.store_id is None:
        return
    places = organization.locations(ids={way.store_id, till.store_id})
    there = places.get(way.store_id)
    if way.delivery is not Delivery.PICKUP or there is None or there.owner_id != places[till.store_id].owner_id:
        raise DeliveryNotOffered(field="way.store_id")


def with_known_people(sales: Sequence[Sale]) -> list[bool]:
    """Tell for each sale whether its member and its associates exist; at most two queries for all."""
    member_ids = {sale.member_id for sale in sales if sale.member_id is not None}
    staff_ids = {line.credited_staff_id for sale in sales for line in sale.lines} - {None}
    known_members = members.members(ids=member_ids).keys() if member_ids else set()
    known_staff = identity.staff(ids=[one for one in staff_ids if one is not None]).keys() if staff_ids else set()
    return [
        (sale.member_id is None or sale.member_id in known_members)
        and all(line.credited_staff_id is None or line.credited_staff_id in known_staff for line in sale.lines)
        for sale in sales
    ]


def hand_discount_fen(sale: Sale) -> int:
    """Return what was taken off by hand, in fen, without what made the amount round."""
    return sum(line.discount_fen for line in sale.lines)


def rounding_fen(sale: Sale) -> int:
    """Return what was rounded off, in fen."""
    return sum(line.rounding_fen for line in sale.lines)
