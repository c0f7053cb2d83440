"""The partners' door: who signs, what old tills sold and took back, what of it waits, what a store has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.problem import Forbidden
from quanyu.modules.checkout import api as checkout
from quanyu.modules.identity import api as identity
from quanyu.modules.inventory import api as inventory
from quanyu.modules.organization import api as organization
from quanyu.modules.partners.contracts import (
    BATCH_MAX,
    BOOKED,
    EDIT,
    KEPT,
    REFUSED,
    RETURN,
    SALE,
    SELL,
    VIEW,
    IssuedPartner,
    KeyReused,
    Moved,
    Outcome,
    Partner,
    PartnerPaused,
    PartnerUnknown,
    Replayed,
    Said,
    StockAnswer,
    SumsDiffer,
    TillUnknown,
    UnknownArticle,
)
from quanyu.modules.partners.ops import book, files, note, register
from quanyu.modules.partners.queries import known, stock_of
from quanyu.modules.partners.rules import receipts, signing
from quanyu.modules.partners.rules import said as rules
from quanyu.platform import db, pii, rate

__all__ = ["BATCH_MAX", "BOOKED", "EDIT", "KEPT", "REFUSED", "RETURN", "SALE", "SELL", "VIEW"]
# What a partner's software may do at the stores of its unit; nobody gives it what he does not have himself.
GRANTED = (SELL, "orders.place", "aftersales.return", "inventory.view", "members.view")
CLIENTS = "identity.clients"
_REQUESTS_PER_MINUTE = 600


def partner_of(
    *, actor: Actor | None, given: str, method: str, target: str, timestamp: str, nonce: str, body: bytes, now: datetime
) -> Partner | None:
    """Return the partner who signed a request, ``None`` where the token is no partner's.

    ``actor`` stands behind the token. Raises ``SignatureWrong``, ``ClockWrong``, ``Replayed``, ``PartnerPaused``,
    ``RateLimited``.
    """
    if actor is None or actor.kind is not ActorKind.CLIENT or not actor.reaches(SELL):
        return None
    row = known.partner(client_id=UUID(actor.id))
    if row is None:
        return None
    rate.hit("partners.requests", actor.id, _REQUESTS_PER_MINUTE, 60, now)
    secret = pii.decrypt(row["secret_encrypted"], register.secret_place(row["client_id"]))
    signing.check_signature(
        secret=secret, given=given, method=method, target=target, timestamp=timestamp, nonce=nonce, body=body, now=now
    )
    older_than = now - timedelta(seconds=2 * signing.WINDOW_S + 60)
    if not db.in_transaction(
        lambda: register.note_nonce(partner_id=row["client_id"], nonce=nonce, now=now, older_than=older_than)
    ):
        raise Replayed
    if row["paused_at"] is not None:
        raise PartnerPaused(permission=SELL)
    return Partner(id=row["client_id"], name=row["name"], unit_id=row["unit_id"], actor=actor)


def take(*, said: Sequence[Said], partner: Partner, now: datetime) -> list[Outcome]:
    """Take what old tills sold and took back, each once and for itself; outcomes in order.

    What cannot be booked is kept for a person; the same thing again tries again, or says what became of it. Another
    content under a known id or number, or sums that differ, is refused and noted nowhere.
    """
    return _taken(said, partner_id=partner.id, actor=partner.actor, now=now)


def stage_lines(*, lines: Sequence[Mapping[str, Any]], actor: Actor, now: datetime) -> None:
    """Keep lines of receipts that somebody brings in a file; whole receipts are taken by the clock.

    A line: ``partner_id, till, receipt, line, content`` (``rules/receipts.py``). Raises ``PartnerUnknown``.
    """
    for partner_id in {line["partner_id"] for line in lines}:
        _demand(UUID(partner_id), actor=actor)
    db.in_transaction(lambda: files.stage(lines=lines, brought_by=actor.signature, now=now))


def staged_lines(
    *, partner_ids: Collection[UUID], receipts: Collection[str]
) -> dict[tuple[UUID, str, str, int], Mapping[str, Any]]:
    """Return the lines that are kept of receipts, by partner, till, receipt and line."""
    return files.staged(partner_ids=partner_ids, receipts=receipts)


def partners_named(*, names: Collection[str]) -> dict[str, Partner]:
    """Return partners by their names; their software is not who asks."""
    return {row["name"]: Partner(row["client_id"], row["name"], row["unit_id"], SYSTEM) for row in known.named(names)}


def tills_of(*, partner_id: UUID, codes: Collection[str]) -> dict[str, int]:
    """Return the stores of a partner's tills, by code."""
    return {code: till.store_id for code, till in known.tills(partner_id=partner_id, codes=codes).items()}


def skus_of(*, partner_id: UUID, codes: Collection[str]) -> dict[str, int]:
    """Return which SKU each code of the old system, ours, or barcode means."""
    return known.skus(partner_id=partner_id, codes=codes)


def take_files_due(*, now: datetime) -> int:
    """Take the receipts from files whose lines add up, like sales that are sent; return how many."""
    found = files.whole(limit=BATCH_MAX)
    for partner_id in {key[0] for key in found}:
        mine = [(key, lines) for key, lines in found.items() if key[0] == partner_id]
        said = [receipts.said_of(till=key[1], external_id=key[2], lines=lines) for key, lines in mine]
        outcomes = _taken(said, partner_id=partner_id, actor=SYSTEM, now=now)
        for (key, _lines), outcome in zip(mine, outcomes, strict=True):
            problem = outcome.problem.code if outcome.state == REFUSED and outcome.problem else ""
            db.in_transaction(partial(files.settle, key=key, problem=problem, now=now))
    return len(found)


def try_again(*, ids: Sequence[UUID], actor: Actor, now: datetime) -> list[Outcome]:
    """Try to book what is kept. For who may sell at those stores. Raises ``PartnerUnknown``, ``Moved``."""
    rows = list(note.entries(ids=ids).values())
    for partner_id in {row["partner_id"] for row in rows}:
        _demand(partner_id, actor=actor)
    if not rows or any(row["state"] == BOOKED for row in rows):
        raise Moved
    by_id = {row["id"]: row for row in rows}
    return book.try_entries([by_id[entry_id] for entry_id in ids if entry_id in by_id], actor=actor, now=now)


def try_waiting(*, partner_id: UUID, actor: Actor, now: datetime) -> list[Outcome]:
    """Try to book all that waits of a partner, sales before returns, 500 at a time. Raises ``PartnerUnknown``."""
    _demand(partner_id, actor=actor)
    return _tried(known.kept(partner_id=partner_id), actor=actor, now=now)


def add_partner(*, name: str, unit_id: int, may_count: bool = False, actor: Actor, now: datetime) -> IssuedPartner:
    """Let an old system in, for the stores at and below a unit; token and secret are told once.

    ``may_count``: stock counts that it sends are booked.

    Raises identity's ``NameTaken``, ``BeyondAuthority``, ``Forbidden``.
    """

    def work() -> IssuedPartner:
        granted = (*GRANTED, inventory.COUNT) if may_count else GRANTED
        client = identity.create_client(name=name, unit_id=unit_id, permissions=granted, actor=actor, now=now)
        partner_id = UUID(client.client_id)
        secret = register.add_partner(partner_id=partner_id, name=name.strip(), unit_id=unit_id, actor=actor, now=now)
        return IssuedPartner(id=partner_id, token=client.token, secret=secret)

    return db.in_transaction(work)


def renew_secret(*, partner_id: UUID, actor: Actor, now: datetime) -> str:
    """Give a partner another secret; the old one ends at once. Raises ``PartnerUnknown``."""
    unit_id = _demand(partner_id, actor=actor, permission=CLIENTS)
    return db.in_transaction(
        lambda: register.renew_secret(partner_id=partner_id, unit_id=unit_id, actor=actor, now=now)
    )


def pause(*, partner_id: UUID, is_paused: bool, actor: Actor, now: datetime) -> None:
    """Take nothing from a partner for a time, or go on. Raises ``PartnerUnknown``."""
    unit_id = _demand(partner_id, actor=actor)
    db.in_transaction(
        lambda: register.pause(partner_id=partner_id, unit_id=unit_id, is_paused=is_paused, actor=actor, now=now)
    )


def add_till(*, partner_id: UUID, code: str, store_id: int, actor: Actor, now: datetime) -> UUID:
    """Register an old till at a store within the partner's unit and the actor's reach.

    Raises ``PartnerUnknown``, ``TillTaken``, ``Forbidden``.
    """
    unit_id = _demand(partner_id, actor=actor)
    identity.require(actor=actor, permission=EDIT, unit_id=store_id)
    store = organization.locations(ids=[store_id]).get(store_id)
    if store is None or unit_id not in store.unit.path:
        raise Forbidden(permission=EDIT)
    return db.in_transaction(
        lambda: register.add_till(partner_id=partner_id, code=code.strip(), store_id=store_id, actor=actor, now=now)
    )


def map_article(*, partner_id: UUID, code: str, sku_id: int, actor: Actor, now: datetime) -> list[Outcome]:
    """Say which goods a code means, and try again what waited for it. Raises ``PartnerUnknown``."""
    unit_id = _demand(partner_id, actor=actor)
    db.in_transaction(
        lambda: register.map_article(
            partner_id=partner_id, unit_id=unit_id, code=code, sku_id=sku_id, actor=actor, now=now
        )
    )
    return _tried(known.kept(partner_id=partner_id, unknown=code), actor=actor, now=now)


def stock(*, till: str, codes: Collection[str], partner: Partner, now: datetime) -> list[StockAnswer]:
    """Return what the store of a till can sell of articles, by any of their codes. Raises ``TillUnknown``."""
    store_id = _store_of(till, partner=partner)
    skus = known.skus(partner_id=partner.id, codes=codes)
    answers = stock_of.answers(store_id=store_id, sku_ids=set(skus.values()), now=now)
    nothing = StockAnswer("", "", "", (), None, None)
    return [replace(answers[skus[code]] if code in skus else nothing, code=code) for code in codes]


def goods(*, till: str, after_id: int, limit: int, partner: Partner, now: datetime) -> list[tuple[int, StockAnswer]]:
    """Return a page of the goods of a till's store, by the SKU's id, with codes, price and stock.

    Raises ``TillUnknown``.
    """
    store_id = _store_of(till, partner=partner)
    ids = inventory.skus_at(location_id=store_id, after_id=after_id, limit=limit)
    answers = stock_of.answers(store_id=store_id, sku_ids=ids, now=now)
    return [(sku_id, answers[sku_id]) for sku_id in ids]


def _store_of(till: str, *, partner: Partner) -> int:
    found = known.tills(partner_id=partner.id, codes=[till]).get(till)
    if found is None:
        raise TillUnknown(field="till", till=till)
    identity.require(actor=partner.actor, permission="inventory.view", unit_id=found.store_id)
    return found.store_id


def unknown_articles(*, partner_id: UUID) -> list[UnknownArticle]:
    """Return the articles for which something waits, the most wanted first, at most 200."""
    rows = db.rows(
        "SELECT code, coalesce(max(line->>'name'), '') AS name, count(DISTINCT entry.id)::int AS waiting "
        "FROM partners_entry entry, unnest(unknown_codes) AS code, jsonb_array_elements(content->'lines') AS line "
        "WHERE partner_id = %s AND state = 'kept' AND line->>'code' = code "
        "GROUP BY code ORDER BY waiting DESC, code LIMIT 200",
        [partner_id],
    )
    return [UnknownArticle(**row) for row in rows]


def _taken(said: Sequence[Said], *, partner_id: UUID, actor: Actor, now: datetime) -> list[Outcome]:
    said = [rules.without_card_numbers(one, checkout.is_card_number) for one in said]
    outcomes: dict[int, Outcome] = {}
    whole: list[int] = []
    for place, one in enumerate(said):
        try:
            rules.check_sums(one)
        except SumsDiffer as problem:
            outcomes[place] = Outcome(one.till, one.external_id, REFUSED, problem=problem)
        else:
            whole.append(place)

    def noted() -> list[dict[str, object] | None]:
        register.note_contact(partner_id=partner_id, tills=sorted({one.till for one in said}), now=now)
        return note.note(said=[said[place] for place in whole], partner_id=partner_id, now=now)

    waiting: dict[int, dict[str, object]] = {}
    for place, row in zip(whole, db.in_transaction(noted), strict=True):
        one = said[place]
        if row is None:
            outcomes[place] = Outcome(one.till, one.external_id, REFUSED, problem=KeyReused(field="external_id"))
        elif row["state"] == BOOKED:
            outcomes[place] = book.outcome_of(row)
        else:
            waiting[place] = row
    # One that is named twice in a batch is tried once.
    tried = {row["id"]: row for row in waiting.values()}
    found = book.try_entries(list(tried.values()), actor=actor, now=now)
    by_id = dict(zip(tried, found, strict=True))
    outcomes |= {place: by_id[row["id"]] for place, row in waiting.items()}
    return [outcomes[place] for place in range(len(said))]


def _tried(ids: Sequence[UUID], *, actor: Actor, now: datetime) -> list[Outcome]:
    rows = note.entries(ids=ids)
    return book.try_entries([rows[entry_id] for entry_id in ids if entry_id in rows], actor=actor, now=now)


def _demand(partner_id: UUID, *, actor: Actor, permission: str = EDIT) -> int:
    row = known.partner(client_id=partner_id)
    if row is None:
        raise PartnerUnknown
    identity.require(actor=actor, permission=permission, unit_id=row["unit_id"])
    return int(row["unit_id"])
