"""What the till can sell, and what a scanned code is."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.members.contracts import Member
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import CatalogueItem
from quanyu.modules.pos.http import auth
from quanyu.platform import http
from quanyu.platform.http import BigId, CursorInvalid, PageQuery, Schema, cursors

router = Router(tags=["catalogue"])
_PAGE_MAX = 500


class CatalogueQuery(PageQuery):
    """A page of the snapshot."""

    limit: int = Field(200, ge=1, le=_PAGE_MAX)


class ItemOut(Schema):
    """A SKU as a till keeps it. Prices per piece or kilogram; quantities in pieces or grams."""

    sku_id: BigId
    sku_code: str
    name: str
    name_en: str
    specification: dict[str, str]
    unit_name: str
    quantity_scale: int
    category_id: BigId
    tax_rate_bp: int
    image: str
    barcodes: list[str]
    plu: str | None
    price_fen: int
    member_price_fen: int | None
    timed_price_fen: int | None
    available: int


class CataloguePageOut(Schema):
    """``version`` changes with any product, code or price: when it differs between two pages, start again."""

    version: str
    items: list[ItemOut]
    next_cursor: str | None


class GoodsScanIn(Schema):
    """What the scanner read, or what was typed."""

    code: Annotated[str, Field(min_length=1, max_length=90)]


class LineProposalOut(Schema):
    """A line to add. ``quantity`` is null when the goods must be weighed; ``label_fen`` is a scale label's amount."""

    item: ItemOut
    quantity: int | None
    label_fen: int | None


class MemberOut(Schema):
    """A member as the till shows one: masked."""

    id: UUID
    number: str
    card_number: str
    tier: str
    level: str
    name_masked: str
    phone_masked: str


class ScanOut(Schema):
    """A line to propose, or a member."""

    line: LineProposalOut | None
    member: MemberOut | None


@router.get("/catalogue", response=CataloguePageOut, auth=auth.till_token)
@http.etag
def catalogue(request: HttpRequest, query: Query[CatalogueQuery]) -> CataloguePageOut:
    """Return a page of what this till's store sells."""
    till = auth.till_of(request)
    scope = f"pos.catalogue:{till.store_id}"
    after = http.after(query, scope=scope)
    if after is not None and (len(after) != 1 or not isinstance(after[0], int)):
        raise CursorInvalid(field="cursor")
    page = api.catalogue_page(
        till=till, after=None if after is None else after[0], limit=query.limit, now=system_clock.now()
    )
    return CataloguePageOut(
        version=page.version,
        items=[item_out(item) for item in page.items],
        next_cursor=None if page.next_after is None else cursors.encode(scope, [page.next_after]),
    )


@router.post("/scans", response=ScanOut)
def scan(request: HttpRequest, body: GoodsScanIn) -> ScanOut:
    """Return what a code is: a barcode, a scale's label, a PLU, a member's card."""
    found = api.scan(code=body.code, till=auth.till_of(request), actor=http.actor_of(request), now=system_clock.now())
    line = found.line
    return ScanOut(
        line=LineProposalOut(item=item_out(line.item), quantity=line.quantity, label_fen=line.label_fen)
        if line
        else None,
        member=member_out(found.member) if found.member else None,
    )


def item_out(item: CatalogueItem) -> ItemOut:
    """Return a catalogue item for the wire."""
    return ItemOut.model_validate(item)


def member_out(member: Member) -> MemberOut:
    """Return a member for the wire."""
    return MemberOut.model_validate({name: getattr(member, name) for name in MemberOut.model_fields})
