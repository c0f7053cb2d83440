"""Send a file's orders through the order path and say whether the books agree with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from quanyu.entrypoints.imports import chain, complete_journey, online_retail
from quanyu.entrypoints.imports.progress import Advance, bar
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import State

# Each store is read once for so many orders; checkout places 64 per transaction.
BATCH = 512


@dataclass(slots=True)
class Row:
    """One line of the report: what the file says and what the books say."""

    what: str
    file: int
    books: int

    @property
    def agrees(self) -> bool:
        """Tell whether the books say what the file says."""
        return self.file == self.books


@dataclass(slots=True)
class Report:
    """What a replay did. ``notes`` explain rows of the file that are not sales."""

    source: str
    rows: list[Row] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Tell whether nothing was refused and every figure agrees."""
        return not self.refused and all(row.agrees for row in self.rows)


def complete_journey_baskets(folder: Path, *, limit: int | None, now: datetime) -> Report:
    """Replay receipts. With a limit only the first orders are sent and compared among themselves."""
    file = complete_journey.totals(folder)
    directory = complete_journey.read_directory(folder, now=now)
    report = Report(complete_journey.SOURCE)
    sent = _Sent()
    commands = islice(complete_journey.baskets(folder, directory), limit)
    total = file.orders if limit is None else min(limit, file.orders)
    with bar("orders", total) as advance:
        _send(sent.counting(commands), report, advance, now=now)
    _compare(report, sent, whole=(file.orders, file.lines, file.net_fen) if limit is None else None)
    if file.empty_lines:
        report.notes.append(
            f"{file.empty_lines} lines (among them {file.empty_orders} whole baskets) sell nothing, "
            "neither a count nor money: left out"
        )
    return report


def online_retail_invoices(path: Path, *, limit: int | None, now: datetime) -> Report:
    """Replay invoices as paid and shipped mall orders, then credit notes as returns."""
    file = online_retail.totals(path)
    directory = online_retail.read_directory(path, now=now)
    report = Report(online_retail.SOURCE)
    sent = _Sent()
    commands = islice(online_retail.orders(path, directory), limit)
    total = file.orders if limit is None else min(limit, file.orders)
    with bar("orders", total) as advance:
        _send(sent.counting(commands), report, advance, now=now, ship=True)
    _compare(report, sent, whole=(file.orders, file.lines, file.net_fen) if limit is None else None)
    _send_returns(path, file, report, limit=limit, now=now)
    report.notes.append(f"{file.other_rows} rows of the file move no goods for money: left out")
    return report


@dataclass(slots=True)
class _Sent:
    """What was sent, counted on the way."""

    ids: list[UUID] = field(default_factory=list)
    lines: int = 0
    net_fen: int = 0

    def counting(self, commands: Iterable[PlaceOrder]) -> Iterable[PlaceOrder]:
        for command in commands:
            self.ids.append(command.id)
            self.lines += len(command.lines)
            self.net_fen += sum(line.journal.net_fen for line in command.lines if line.journal)
            yield command


def _send(
    commands: Iterable[PlaceOrder], report: Report, advance: Advance, *, now: datetime, ship: bool = False
) -> None:
    for batch in chain.batches(commands, BATCH):
        outcomes = checkout.place_orders(commands=batch, actor=SYSTEM, now=now)
        placed = [outcome for outcome in outcomes if not isinstance(outcome, Problem)]
        report.refused.update(outcome.code for outcome in outcomes if isinstance(outcome, Problem))
        if ship:
            for order in orders.orders(ids=placed).values():
                if order.state is State.PAID:
                    checkout.ship(order_id=order.id, carrier="", tracking="", actor=SYSTEM, now=order.placed_at)
        advance(len(batch))


def _compare(report: Report, sent: _Sent, *, whole: tuple[int, int, int] | None) -> None:
    # Of a part only that part is looked at: more may have been replayed before.
    booked = orders.totals_of_source(source=report.source) if whole else orders.totals_of(ids=sent.ids)
    expected = whole or (len(sent.ids), sent.lines, sent.net_fen)
    for what, file, books in zip(
        ("orders", "lines", "money sold (fen)"),
        expected,
        (booked.orders, booked.lines, booked.net_fen),
        strict=True,
    ):
        report.rows.append(Row(what, file, books))


def _send_returns(
    path: Path, file: online_retail.FileTotals, report: Report, *, limit: int | None, now: datetime
) -> None:
    found = online_retail.returns(path)
    commands = found.commands
    if limit is not None:
        known = orders.command_digests(ids=[command.order_id for command in commands])
        commands = [command for command in commands if command.order_id in known]
    returned = 0
    with bar("returns", len(commands)) as advance:
        for command in commands:
            try:
                returned += aftersales.return_lines(command=command, actor=SYSTEM, now=now).amount_fen
            except Problem as problem:
                report.refused[problem.code] += 1
            advance(1)
    booked = orders.totals_of_source(source=report.source)
    unmatched = sum(found.unmatched_fen.values())
    if limit is None:
        report.rows.append(Row("money returned (fen), less what has no sale", file.returned_fen - unmatched, returned))
    report.rows.append(Row("money refunded by orders (fen)", returned, booked.refunded_fen))
    for reason, rows in sorted(found.unmatched_rows.items()):
        report.notes.append(f"{rows} credit rows ({found.unmatched_fen[reason]} fen) are not returned: {reason}")
