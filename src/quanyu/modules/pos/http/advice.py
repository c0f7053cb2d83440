"""What goes with a basket, for tills to keep; and what came of it, told by the till when the sale is booked."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.platform import http
from quanyu.platform.http import BigId, Schema

router = Router(tags=["advice"])
_SALES_MAX, _GIVEN_MAX, _OFFERS_MAX = 100, 60, 100_000
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")]


class AdviceTermsOut(Schema):
    """``version`` of the advice, empty: none is to be shown; of ten thousand baskets ``control_bp`` see none."""

    version: str
    control_bp: int


class AdviceKnownIn(Schema):
    """The digests of the till's 64 buckets (a product lies in that of its id modulo 64), none at first."""

    digests: list[Digest] = Field(max_length=api.ADVICE_BUCKETS)


class CompanionOut(Schema):
    """A product that goes with another, and how strongly (ten-thousandths)."""

    product_id: int
    strength_bp: int


class AdvisedProductOut(Schema):
    """A product: all its ``skus`` here, those of them to advise (the best first), and what goes with it."""

    product_id: int
    skus: list[int]
    offers: list[int]
    goes_with: list[CompanionOut]


class AdviceBucketOut(Schema):
    """All products of a bucket: the till replaces its own by them."""

    number: int
    digest: str
    products: list[AdvisedProductOut]


class AdviceDifferencesOut(Schema):
    """The buckets that differ, all of them at once."""

    version: str
    buckets: list[AdviceBucketOut]


class AdviceStockIn(Schema):
    """The SKUs that the till would advise."""

    sku_ids: list[BigId] = Field(max_length=_OFFERS_MAX)


class AdviceStockOut(Schema):
    """Those of them of which the store can sell nothing now."""

    short: list[int]


class AdviceGivenIn(Schema):
    """What was advised because of which goods; ``added``: by its key or a touch."""

    sku_id: BigId
    because_sku_id: BigId
    added: bool


class AdviceOutcomeIn(Schema):
    """What was advised during a sale; ``is_control``: it would have been, and was not shown."""

    sale_id: UUID
    is_control: bool
    given: list[AdviceGivenIn] = Field(min_length=1, max_length=_GIVEN_MAX)


class AdviceOutcomesIn(Schema):
    """Sales that the till has sent, and what was advised in them."""

    sales: list[AdviceOutcomeIn] = Field(min_length=1, max_length=_SALES_MAX)


class AdviceSettledOut(Schema):
    """The sales of which nothing more is to be told. Others are no orders yet: tell them again."""

    settled: list[UUID]


@router.post("/advice/differences", response=AdviceDifferencesOut, auth=auth.till_token)
def advice_differences(request: HttpRequest, body: AdviceKnownIn) -> AdviceDifferencesOut:
    """Return what the till must replace to know what goes with what."""
    known = body.digests if len(body.digests) == api.ADVICE_BUCKETS else []
    found = api.advice_differences(till=auth.till_of(request), known=known, now=system_clock.now())
    return AdviceDifferencesOut(
        version=found.version,
        buckets=[
            AdviceBucketOut(
                number=bucket.number,
                digest=bucket.digest,
                products=[
                    AdvisedProductOut(
                        product_id=one.product_id,
                        skus=list(one.skus),
                        offers=list(one.offers),
                        goes_with=[CompanionOut(product_id=id_, strength_bp=bp) for id_, bp in one.goes_with],
                    )
                    for one in bucket.products
                ],
            )
            for bucket in found.buckets
        ],
    )


@router.post("/advice/stock", response=AdviceStockOut, auth=auth.till_token)
def advice_stock(request: HttpRequest, body: AdviceStockIn) -> AdviceStockOut:
    """Return what is not to be advised for now: the stock that a till keeps is as old as its goods."""
    till, now = auth.till_of(request), system_clock.now()
    return AdviceStockOut(short=api.out_of_stock(till=till, sku_ids=body.sku_ids, now=now))


@router.post("/advice/outcomes", response=AdviceSettledOut)
def note_advice(request: HttpRequest, body: AdviceOutcomesIn) -> AdviceSettledOut:
    """Count what was advised, once for each sale however often it is told."""
    settled = api.note_advice(
        outcomes=[
            api.AdviceOutcome(
                sale_id=sale.sale_id,
                is_control=sale.is_control,
                given=tuple(api.AdviceGiven(one.sku_id, one.because_sku_id, one.added) for one in sale.given),
            )
            for sale in body.sales
        ],
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return AdviceSettledOut(settled=settled)
