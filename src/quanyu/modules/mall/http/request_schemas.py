"""What the mall's API says of requests after the sale and of invoices, also inside of an order."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from quanyu.platform.http import BigId, Schema


class InvoiceOut(Schema):
    """The invoice of an order. ``number`` and ``link`` once it is issued, ``answer`` when it was refused."""

    state: Literal["requested", "issued", "refused"]
    kind: Literal["person", "company"]
    title: str
    tax_number: str
    email_masked: str
    number: str
    link: str
    answer: str
    requested_at: datetime
    answered_at: datetime | None


class RequestLineOut(Schema):
    """So much of a line of the order, by the line's number."""

    number: int
    quantity: int
    name: str
    image: str


class RequestStepOut(Schema):
    """One step in the life of a request."""

    at: datetime
    what: str
    text: str


class RequestStoreOut(Schema):
    """The store to bring the goods to."""

    id: BigId
    name: str
    address: str
    phone: str


class RequestOut(Schema):
    """What a member asks for after the sale, and how far it is."""

    id: UUID
    number: str
    order_id: UUID
    kind: Literal["return", "refund_only", "exchange"]
    state: Literal["asked", "approved", "refused", "received", "done", "withdrawn"]
    lines: list[RequestLineOut]
    amount_fen: int
    reason: str
    text: str
    answer: str
    store: RequestStoreOut | None
    code: str
    created_at: datetime
    history: list[RequestStepOut]
