"""The receipt of an order: everything that stands on the paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnResult
from quanyu.modules.catalog import api as catalog
from quanyu.modules.identity import api as identity
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, OrderUnknown
from quanyu.modules.organization import api as organization
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import PaymentState
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import LotState
from quanyu.modules.pos.contracts import Receipt, ReceiptPoints, ReceiptUnknown, Till
from quanyu.modules.pos.queries import settings, tills
from quanyu.modules.pos.rules import drawer

# The cause under which points are earned by an order.
_ORDER = "order"
_SALE_ID = re.compile(r"[0-9a-fA-F]{32}")


def order_of(*, number: str, till: Till) -> Order:
    """Return the order of a receipt that may be shown here. Raises ``ReceiptUnknown``.

    A paper says the till's number, which every store counts for itself, and in its QR code the id of the sale.
    """
    sale_id = tills.sale_of(store_id=till.store_id, code_and_seq=number) or _sale_id(number)
    try:
        order = orders.by_number(number=number) if sale_id is None else orders.order(id=sale_id)
    except OrderUnknown:
        raise ReceiptUnknown(field="number") from None
    is_ours = till.store_id in (order.selling_store_id, order.lines[0].credited_store_id)
    if not is_ours and not settings.returns_across_stores(till=till):
        raise ReceiptUnknown(field="number")
    return order


def _sale_id(text: str) -> UUID | None:
    return UUID(text) if _SALE_ID.fullmatch(text) else None


def receipt(*, order: Order, footer: str, now: datetime) -> Receipt:
    """Return the receipt data of one order, whatever channel sold it. A fixed number of queries."""
    store = organization.locations(ids=[order.selling_store_id], at=now)[order.selling_store_id]
    paid = [one for one in payments.of_orders(order_ids=[order.id]).get(order.id, []) if one.state is PaymentState.PAID]
    refunds = payments.refunds_of(payment_ids=[one.id for one in paid])
    entry = tills.entry(entry_id=order.id)
    cashier_id = entry.staff_id if entry else None
    credited = {line.credited_staff_id for line in order.lines if line.credited_staff_id is not None}
    credited |= {share.staff_id for line in order.lines for share in line.shares}
    names = identity.staff(ids=credited | ({cashier_id} if cashier_id else set()))
    skus = catalog.skus(ids={line.sku_id for line in order.lines})
    returns = tuple(aftersales.returns_of(order_id=order.id))
    return Receipt(
        order=order,
        payments=tuple(paid),
        refunds=tuple(refund for one in paid for refund in refunds.get(one.id, [])),
        returns=returns,
        store=store,
        till_code=entry.till_code if entry else "",
        seq=entry.seq if entry else None,
        cashier=names[cashier_id].name if cashier_id in names else "",
        associates={staff_id: names[staff_id].name for staff_id in credited if staff_id in names},
        member=members.members(ids=[order.member_id]).get(order.member_id) if order.member_id else None,
        points=_points(order, member_id=order.member_id, returns=returns, now=now) if order.member_id else None,
        skus=skus,
        prints=tills.prints(order_id=order.id),
        change_fen=drawer.change_due((one.amount_fen, one.tendered_fen) for one in paid),
        footer=footer,
        rounding_fen=entry.rounding_fen if entry else 0,
        is_return_late=order.completed_at is not None
        and order.id not in aftersales.returns_open(orders=[order], now=now),
    )


def _points(order: Order, *, member_id: UUID, returns: Sequence[ReturnResult], now: datetime) -> ReceiptPoints:
    """Return what the order earned, as far as it is booked, and what the member can use now."""
    cause = str(order.id)
    earned = [lot for lot in points.lots(member_id=member_id) if (lot.cause_kind, lot.cause_id) == (_ORDER, cause)]
    return ReceiptPoints(
        earned=sum(lot.points for lot in earned),
        taken_back=sum(one.points_taken_back for one in returns),
        is_pending=any(lot.state is LotState.PENDING for lot in earned),
        balance=points.balance(member_id=member_id, now=now).available,
    )
