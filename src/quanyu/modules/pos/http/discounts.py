"""A manager's word for discounts above a cashier's limit: by PIN, at the till, for one sale."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout.contracts import LINES_MAX
from quanyu.modules.identity import api as identity
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import Approval
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.sales import ApprovalIn
from quanyu.platform import http
from quanyu.platform.http import BigId, Fen, Quantity, Schema

router = Router(tags=["sales"])


class DiscountedIn(Schema):
    """A line with what is taken off by hand; ``list_fen`` is its amount before any discount."""

    sku_id: BigId
    quantity: Quantity
    list_fen: Fen
    discount_fen: Fen
    reason: api.DiscountReason


class ApprovalAskedIn(ApprovalIn):
    """Who approves, and all lines of the sale that have a discount by hand."""

    lines: list[DiscountedIn] = Field(min_length=1, max_length=LINES_MAX)


class ApprovalOut(Schema):
    """Send ``id`` with the sale. No line by more than ``most_bp``, ``most_fen`` in all above the limit."""

    id: UUID
    approved_by: str
    most_bp: int
    most_fen: int
    given_at: datetime


@router.post("/discount-approvals", response={201: ApprovalOut})
def approve(request: HttpRequest, body: ApprovalAskedIn) -> Status[ApprovalOut]:
    """Let a manager allow discounts above the limit for the sale at this till. Wrong PINs are counted."""
    given = api.approve_discounts(
        approval=Approval(body.username, body.pin),
        lines=[
            api.Discounted(line.sku_id, line.quantity, line.list_fen, line.discount_fen, line.reason.value)
            for line in body.lines
        ],
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(
        201,
        ApprovalOut(
            id=given.id,
            approved_by=identity.staff(ids=[given.approved_by_id])[given.approved_by_id].name,
            most_bp=given.most_bp,
            most_fen=given.most_fen,
            given_at=given.given_at,
        ),
    )
