"""Make orders and returns of what old tills said, through the one order path; each by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Forbidden, NotFound, Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.catalog import api as catalog
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods, MovementKind
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.organization import api as organization
from quanyu.modules.partners.contracts import (
    BOOKED,
    COUNT,
    KEPT,
    RETURN,
    SALE,
    ArticleUnknown,
    CountsNotTaken,
    Outcome,
    SaleUnknown,
    TillUnknown,
)
from quanyu.modules.partners.ops import note
from quanyu.modules.partners.queries import known
from quanyu.modules.partners.rules import said as rules
from quanyu.platform import db

_REASON = "other"
Row = Mapping[str, Any]


def outcome_of(row: Row, problem: Problem | None = None) -> Outcome:
    """Return what became of an entry."""
    return Outcome(row["till_code"], row["external_id"], row["state"], row["number"], row["gap_fen"], problem)


def try_entries(rows: Sequence[Row], *, actor: Actor, now: datetime) -> list[Outcome]:
    """Try to book kept entries, sales before returns; outcomes in the order given.

    The server's own trouble is raised: whoever sent them asks again. Nothing that is kept holds up another one.
    """
    sales = [row for row in rows if row["kind"] == SALE]
    outcomes = _sold(sales, actor=actor, now=now)
    for row in rows:
        if row["kind"] == RETURN:
            outcomes[row["id"]] = _brought_back(row, actor=actor, now=now)
        elif row["kind"] == COUNT:
            outcomes[row["id"]] = _counted(row, actor=actor, now=now)
    return [outcomes[row["id"]] for row in rows]


def _sold(rows: Sequence[Row], *, actor: Actor, now: datetime) -> dict[UUID, Outcome]:
    commands: dict[UUID, PlaceOrder] = {}
    outcomes: dict[UUID, Outcome] = {}
    for partner_id in {row["partner_id"] for row in rows}:
        mine = [row for row in rows if row["partner_id"] == partner_id]
        tills = known.tills(partner_id=partner_id, codes={row["till_code"] for row in mine})
        codes = {line.code for row in mine for line in rules.lines_of(row["content"])}
        ids = known.skus(partner_id=partner_id, codes=codes)
        goods = catalog.skus(ids=set(ids.values()))
        skus = {code: goods[sku_id] for code, sku_id in ids.items()}
        members_of = _members({row["content"].get("member", "") for row in mine} - {""}, actor=actor, now=now)
        for row in mine:
            missing = [line.code for line in rules.lines_of(row["content"]) if line.code not in skus]
            till = tills.get(row["till_code"])
            if till is None:
                outcomes[row["id"]] = _kept(row, TillUnknown(field="till", till=row["till_code"]))
            elif missing:
                problem = ArticleUnknown(field="lines", codes=", ".join(sorted(set(missing))))
                outcomes[row["id"]] = _kept(row, problem, unknown=missing)
            else:
                commands[row["id"]] = rules.as_order(
                    sale_id=row["id"],
                    content=row["content"],
                    skus=skus,
                    till_id=till.id,
                    store_id=till.store_id,
                    seq=row["seq"],
                    member_id=members_of.get(row["content"].get("member", "")),
                    happened_at=rules.moment(row["happened_at"], received_at=row["received_at"]),
                    source="old_till",
                )
    return outcomes | _placed({row["id"]: row for row in rows}, commands, actor=actor, now=now)


def _placed(
    rows: Mapping[UUID, Row], commands: Mapping[UUID, PlaceOrder], *, actor: Actor, now: datetime
) -> dict[UUID, Outcome]:
    wanted = list(commands.values())
    if not wanted:
        return {}
    gaps = _gaps(wanted, now=now)
    # An order whose answer was lost stands already, whatever its codes would mean by now.
    standing = orders.orders(ids=[one.id for one in wanted])
    outcomes = {key: _booked(rows[key], one.number, gaps[key]) for key, one in standing.items()}
    wanted = [one for one in wanted if one.id not in standing]
    placed = checkout.place_orders(commands=wanted, actor=actor, now=now)
    found = orders.orders(ids=[one for one in placed if isinstance(one, UUID)])
    for command, one in zip(wanted, placed, strict=True):
        row = rows[command.id]
        if isinstance(one, Problem):
            if one.status == 429 or one.status >= 500:
                raise one
            outcomes[command.id] = _kept(row, one)
        else:
            outcomes[command.id] = _booked(row, found[one].number, gaps[command.id])
    return outcomes


def _gaps(commands: Sequence[PlaceOrder], *, now: datetime) -> dict[UUID, int | None]:
    """Return how much more was paid than the same goods would cost here; ``None``: nobody can say."""
    wanted = [
        replace(one, tenders=(), lines=tuple(replace(line, journal=None) for line in one.lines)) for one in commands
    ]
    here = checkout.payables(commands=wanted, now=now)
    paid = [sum(line.journal.net_fen for line in one.lines if line.journal) for one in commands]
    return {
        one.id: None if isinstance(cost, Problem) else fen - cost
        for one, fen, cost in zip(commands, paid, here, strict=True)
    }


def _brought_back(row: Row, *, actor: Actor, now: datetime) -> Outcome:
    said = row["content"]
    till = known.tills(partner_id=row["partner_id"], codes=[row["till_code"]]).get(row["till_code"])
    if till is None:
        return _kept(row, TillUnknown(field="till", till=row["till_code"]))
    sale_id = rules.id_of(
        partner_id=row["partner_id"],
        till=said.get("sale_till") or row["till_code"],
        kind=SALE,
        external_id=said["sale"],
    )
    sale = note.entries(ids=[sale_id]).get(sale_id)
    if sale is None or sale["state"] != BOOKED:
        return _kept(row, SaleUnknown(field="sale", sale=said["sale"]))
    command = ReturnCommand(
        id=row["id"],
        order_id=sale_id,
        lines=tuple(ReturnedLine(one.line, one.quantity, one.restock) for one in rules.back_lines_of(said)),
        reason=_REASON,
        location_id=till.store_id,
        happened_at=rules.moment(row["happened_at"], received_at=row["received_at"]),
    )
    try:
        done = aftersales.return_lines(command=command, actor=actor, now=now)
    except Problem as problem:
        if problem.status == 429 or problem.status >= 500:
            raise
        return _kept(row, problem)
    return _booked(row, done.number, row["amount_fen"] - done.amount_fen)


def _counted(row: Row, *, actor: Actor, now: datetime) -> Outcome:
    """Book the difference between what was counted and what the ledger says lay there at that moment."""
    till = known.tills(partner_id=row["partner_id"], codes=[row["till_code"]]).get(row["till_code"])
    if till is None:
        return _kept(row, TillUnknown(field="till", till=row["till_code"]))
    counted = rules.counted_of(row["content"])
    skus = known.skus(partner_id=row["partner_id"], codes={line.code for line in counted})
    missing = sorted({line.code for line in counted} - skus.keys())
    if missing:
        return _kept(row, ArticleUnknown(field="lines", codes=", ".join(missing)), unknown=missing)
    sums: Counter[int] = Counter()
    for line in counted:
        sums[skus[line.code]] += line.quantity
    owner_id = organization.locations(ids=[till.store_id])[till.store_id].owner_id
    at = rules.moment(row["happened_at"], received_at=row["received_at"])
    lay = inventory.on_hand_at(location_id=till.store_id, owner_id=owner_id, sku_ids=sums.keys(), at=at)
    gaps = {sku_id: quantity - lay[sku_id] for sku_id, quantity in sums.items() if quantity != lay[sku_id]}
    number = f"count:{row['external_id']}"[:40]

    def work() -> None:
        for kind, sign in ((MovementKind.COUNT_GAIN, 1), (MovementKind.COUNT_LOSS, -1)):
            lines = [Goods(sku_id, gap * sign, str(sku_id)) for sku_id, gap in sorted(gaps.items()) if gap * sign > 0]
            if lines:
                inventory.adjust(
                    location_id=till.store_id,
                    owner_id=owner_id,
                    lines=lines,
                    cause_kind="old_till_count",
                    cause_id=str(row["id"]),
                    reason=row["external_id"],
                    kind=kind,
                    actor=actor,
                    now=now,
                )
        note.book(entry_id=row["id"], number=number, gap_fen=0)

    try:
        db.in_transaction(work)
    except (Forbidden, NotFound):
        return _kept(row, CountsNotTaken(permission=inventory.COUNT))
    except Problem as problem:
        if problem.status == 429 or problem.status >= 500:
            raise
        return _kept(row, problem)
    return outcome_of({**row, "state": BOOKED, "number": number, "gap_fen": 0})


def _members(numbers: set[str], *, actor: Actor, now: datetime) -> dict[str, UUID]:
    """Return the members of these numbers; whoever is not found buys as a guest."""
    found: dict[str, UUID] = {}
    for number in sorted(numbers):
        people = [one for one in members.find(text=number, actor=actor, now=now) if not one.needs_confirmation]
        if len(people) == 1:
            found[number] = people[0].member.id
    return found


def _booked(row: Row, number: str, gap_fen: int | None) -> Outcome:
    db.in_transaction(lambda: note.book(entry_id=row["id"], number=number, gap_fen=gap_fen))
    return outcome_of({**row, "state": BOOKED, "number": number, "gap_fen": gap_fen})


def _kept(row: Row, problem: Problem, *, unknown: Sequence[str] = ()) -> Outcome:
    db.in_transaction(lambda: note.keep(entry_id=row["id"], problem=problem.code, unknown=unknown))
    return outcome_of({**row, "state": KEPT}, problem)
