"""What a till keeps to sell alone: goods with prices by what has changed, campaigns, labels, the store's words."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.advice import AdviceTermsOut
from quanyu.modules.pos.http.catalogue import ItemOut
from quanyu.platform.http import Schema

router = Router(tags=["catalogue"])
_ITEMS_MAX = 5_000
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")]


class KnownIn(Schema):
    """The digests of the till's 256 buckets (a SKU lies in that of its id modulo 256), none at first.

    ``only``: the buckets to look at, as ``remaining`` named them; without it all are looked at.
    """

    digests: list[Digest] = Field(max_length=api.BUCKETS)
    only: list[Annotated[int, Field(ge=0, lt=api.BUCKETS)]] | None = Field(None, min_length=1, max_length=api.BUCKETS)
    limit: int = Field(1_000, ge=1, le=_ITEMS_MAX)


class TierPriceOut(Schema):
    """The member price of a tier; the empty tier is that of members without one."""

    tier: str
    member_fen: int


class PackOut(Schema):
    """A barcode that stands for several pieces."""

    code: str
    quantity: int


class KeptItemOut(ItemOut):
    """A SKU with all that finds and prices it. ``search``: names, pinyin and codes, as the server searches them."""

    category_path: list[int]
    search: str
    tier_prices: list[TierPriceOut]
    packs: list[PackOut]


class BucketOut(Schema):
    """All items of a bucket: the till replaces its own by them."""

    number: int
    digest: str
    items: list[KeptItemOut]


class DifferencesOut(Schema):
    """Buckets that differ, as many as fit; ask again with ``only`` the ``remaining`` until ``is_complete``.

    ``version`` is that of everything the store sells, null when only some buckets were looked at; ``items`` how many
    SKUs the store sells, in that case how many it lists, with a price or not.
    """

    version: str | None
    buckets: list[BucketOut]
    remaining: list[int]
    is_complete: bool
    items: int


class PlaceOut(Schema):
    """The store as it stands on paper."""

    id: int
    name: str
    name_en: str
    address: str
    phone: str
    time_zone: str


class CategoryOut(Schema):
    """A category by its names; ``parent_id`` null at the root."""

    id: int
    name: str
    name_en: str
    parent_id: int | None


class ColleagueOut(Schema):
    """Somebody of the store, who serves its customers."""

    id: int
    name: str


class RulesOut(Schema):
    """What holds besides goods. ``campaigns`` are the JSON of the price chain (``spec/vectors``); ``store_path`` the
    units above the store, root first; ``server_time`` sets the till's idea of the time right; ``discount_limit_bp`` is
    what a cashier may take off a line by hand without a manager, ``rounding_off_fen``
    off a sale to make it round (0: not). ``wraps_gifts``: a purchase is wrapped as a present, once for nothing.
    ``sells_only_set_aside``: without the network it sells only what is set aside for it.
    """

    server_time: datetime
    store: PlaceOut
    store_path: list[int]
    scale_layouts: list[str]
    campaigns: list[dict[str, Any]]
    categories: list[CategoryOut]
    receipt_footer: str
    lease_hours: int
    advice: AdviceTermsOut
    discount_limit_bp: int
    sells_only_set_aside: bool
    rounding_off_fen: int
    wraps_gifts: bool
    colleagues: list[ColleagueOut]


# So long a till sells without having heard of the server.
LEASE_HOURS = 24


@router.post("/catalogue/differences", response=DifferencesOut, auth=auth.till_token)
def differences(request: HttpRequest, body: KnownIn) -> DifferencesOut:
    """Return what the till must replace to have what the store sells."""
    digests = body.digests if len(body.digests) == api.BUCKETS else []
    found = api.differences(
        till=auth.till_of(request), known=digests, limit=body.limit, only=body.only, now=system_clock.now()
    )
    return DifferencesOut(
        version=found.version,
        buckets=[
            BucketOut(number=one.number, digest=one.digest, items=[item_out(item) for item in one.items])
            for one in found.buckets
        ],
        remaining=list(found.remaining),
        is_complete=not found.remaining,
        items=found.items,
    )


@router.get("/rules", response=RulesOut, auth=auth.till_token)
def rules(request: HttpRequest) -> RulesOut:
    """Return what holds at this till besides goods."""
    now = system_clock.now()
    found = api.till_rules(till=auth.till_of(request), now=now)
    store = found.store
    return RulesOut(
        server_time=now,
        store=PlaceOut(
            id=store.unit.id,
            name=store.unit.name,
            name_en=store.unit.name_en,
            address=store.address,
            phone=store.phone,
            time_zone=store.time_zone,
        ),
        store_path=list(found.store_path),
        scale_layouts=list(found.scale_layouts),
        campaigns=list(found.campaigns),
        categories=[CategoryOut.model_validate(_named(one, CategoryOut)) for one in found.categories],
        receipt_footer=found.footer,
        lease_hours=LEASE_HOURS,
        advice=AdviceTermsOut(version=found.advice.version, control_bp=found.advice.control_bp),
        discount_limit_bp=found.discount_limit_bp,
        sells_only_set_aside=found.sells_only_set_aside,
        rounding_off_fen=found.rounding_off_fen,
        wraps_gifts=found.wraps_gifts,
        colleagues=[ColleagueOut(id=staff_id, name=name) for staff_id, name in found.colleagues],
    )


def _named(one: object, schema: type[Schema]) -> dict[str, object]:
    return {name: getattr(one, name) for name in schema.model_fields}


def item_out(kept: api.KeptItem) -> KeptItemOut:
    """Return a SKU for the wire as a till keeps it."""
    return KeptItemOut.model_validate(
        {name: getattr(kept.item, name) for name in ItemOut.model_fields}
        | {
            "category_path": list(kept.category_path),
            "search": kept.search,
            "tier_prices": [TierPriceOut.model_validate(one) for one in kept.tier_prices],
            "packs": [PackOut.model_validate(one) for one in kept.packs],
        }
    )
