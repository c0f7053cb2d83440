"""What an old till said, read again: its permanent id, its digest, its sums, its meaning as an order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout.contracts import JournalPrice, PlaceOrder, TenderGiven, TillFacts, WantedLine
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.partners.contracts import SALE, BackLine, CountedLine, OldLine, OldTender, Said, SumsDiffer

_NAMES = UUID("9d6f4f0e-6d0b-5f0e-8a53-1f0c3d4e5a6b")
# What an old system hands in later than this has a wrong clock, or belongs into an import of history.
AGE_MAX = timedelta(days=31)
CASH, CARD = "cash", "card"


def id_of(*, partner_id: UUID, till: str, kind: str, external_id: str) -> UUID:
    """Return the permanent id of what a till calls by this name: the same name is the same order."""
    return uuid5(_NAMES, "\n".join((str(partner_id), till, kind, external_id)))


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what was said, in its one form."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_sums(said: Said) -> None:
    """Refuse a sale that does not add up. Raises ``SumsDiffer``."""
    if said.kind != SALE:
        return
    if sum(line.net_fen for line in lines_of(said.content)) != said.fen:
        raise SumsDiffer(field="lines")
    if sum(tender.amount_fen for tender in tenders_of(said.content)) != said.fen:
        raise SumsDiffer(field="tenders")


def without_card_numbers(said: Said, is_card_number: Callable[[str], bool]) -> Said:
    """Return it with the last four digits where a card's whole number was sent: what is noted is never changed."""
    tenders = [
        {**one, "reference": one["reference"][-4:]} if is_card_number(one.get("reference", "")) else one
        for one in said.content.get("tenders", [])
    ]
    return replace(said, content={**said.content, "tenders": tenders}) if tenders else said


def lines_of(content: Mapping[str, Any]) -> list[OldLine]:
    """Return the lines of a sale."""
    return msgspec.convert(content.get("lines", []), list[OldLine])


def tenders_of(content: Mapping[str, Any]) -> list[OldTender]:
    """Return the money of a sale."""
    return msgspec.convert(content.get("tenders", []), list[OldTender])


def back_lines_of(content: Mapping[str, Any]) -> list[BackLine]:
    """Return the lines of a return."""
    return msgspec.convert(content.get("lines", []), list[BackLine])


def counted_of(content: Mapping[str, Any]) -> list[CountedLine]:
    """Return the lines of a count."""
    return msgspec.convert(content.get("lines", []), list[CountedLine])


def moment(at: datetime, *, received_at: datetime) -> datetime:
    """Return when it is booked for: when it happened, unless the old till's clock cannot have been right."""
    return at if received_at - AGE_MAX <= at <= received_at else received_at


def as_order(
    *,
    sale_id: UUID,
    content: Mapping[str, Any],
    skus: Mapping[str, SkuInfo],
    till_id: UUID,
    store_id: int,
    seq: int,
    member_id: UUID | None,
    happened_at: datetime,
    source: str,
) -> PlaceOrder:
    """Return the sale in checkout's words: the prices that were paid are facts."""
    lines = tuple(
        WantedLine(
            sku_id=skus[line.code].id,
            quantity=line.quantity,
            journal=_price(line, skus[line.code]),
        )
        for line in lines_of(content)
    )
    return PlaceOrder(
        id=sale_id,
        channel=Channel.POS,
        store_id=store_id,
        delivery=Delivery.CARRY_OUT,
        lines=lines,
        member_id=member_id,
        tenders=_given(tenders_of(content)),
        till=TillFacts(terminal_id=till_id, shift_id=None, seq=seq),
        happened_at=happened_at,
        source=source,
    )


def _price(line: OldLine, sku: SkuInfo) -> JournalPrice:
    """Return what was paid. Old systems round a unit price (10.00 for three: 3.33); the list is never below the net."""
    least = -(-line.net_fen * sku.quantity_scale // line.quantity)
    return JournalPrice(unit_price_fen=max(line.unit_price_fen, least), net_fen=line.net_fen)


def _given(tenders: Sequence[OldTender]) -> tuple[TenderGiven, ...]:
    """Cash is cash; whatever else was taken on the old till's side is recorded by its name and last digits."""
    return tuple(
        TenderGiven(CASH, one.amount_fen, one.amount_fen)
        if one.tender == CASH
        else TenderGiven(CARD, one.amount_fen, None, f"{one.tender} {one.reference[-4:]}".strip())
        for one in tenders
        if one.amount_fen
    )
