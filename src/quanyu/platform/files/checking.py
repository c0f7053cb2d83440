"""The dry run: what every row of a file would be, in batches that a crash cannot double; the books are only read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.platform import db
from quanyu.platform.files import headings, keep, reading
from quanyu.platform.files.cells import Cells
from quanyu.platform.files.columns import Value, read, says_nothing, wire
from quanyu.platform.files.importer import Importer, Known, Row, RowError, error
from quanyu.platform.files.keep import CHANGED, NEW, REFUSED, UNCHANGED, Content
from quanyu.platform.files.refusals import CellRefused, FileRefused
from quanyu.platform.files.workbook import Row as FileRow
from quanyu.platform.models import FileJob


@dataclass(slots=True)
class _Judged:
    """A row on its way to a verdict."""

    number: int
    cells: Cells
    own: dict[str, Value | None] = field(default_factory=dict)
    values: dict[str, Value | None] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    key: bytes | None = None
    group: bytes | None = None
    verdict: str = REFUSED
    # Repeats or contradicts another row: what stands about it says nothing.
    is_beside: bool = False


def check(job: FileJob, importer: Importer, *, actor: Actor, clock: Callable[[], datetime]) -> None:
    """Judge every row of a job that was taken, from where an earlier worker stopped. Raises ``FileRefused``."""
    path = keep.path_of(job.id)
    if not path.exists():
        raise FileRefused("stopped")
    with reading.opened(path) as table:
        found, rows = headings.found(table, importer.columns, importer.keys)
        FileJob.objects.filter(id=job.id).update(headings=list(found.texts), places=dict(found.places))
        done = job.rows_read
        following = islice(rows, done, None)
        while batch := list(islice(following, keep.BATCH)):
            if done + len(batch) > reading.ROWS_MAX:
                raise FileRefused("too_many_rows")
            went_on = db.in_transaction(
                partial(
                    _check_batch,
                    job.id,
                    importer,
                    batch,
                    places=found.places,
                    before=done,
                    progress=int(100 * table.share()),
                    actor=actor,
                    now=clock(),
                )
            )
            if not went_on:
                return
            done += len(batch)
    if done == 0:
        raise FileRefused("no_rows")
    keep.checked(job.id, now=clock())


def _check_batch(
    job_id: UUID,
    importer: Importer,
    batch: Sequence[FileRow],
    *,
    places: Mapping[str, int],
    before: int,
    progress: int,
    actor: Actor,
    now: datetime,
) -> bool:
    if not keep.read_on(job_id, before=before, count=len(batch), progress=progress, now=now):
        return False
    judged = [_read(importer, places, number, cells) for number, cells in batch]
    _refuse_repeated(job_id, importer, judged)
    if importer.group:
        _join_groups(job_id, importer, judged)
    # A row with a wrong cell is asked about as well: all that is wrong with it is told at once.
    asked = [one for one in judged if one.key is not None and not one.is_beside]
    known = importer.look_up([Row(one.number, one.values) for one in asked], actor, now, False) if asked else []
    for one, standing in zip(asked, known, strict=True):
        _decide(importer, one, standing)
    keep.insert(
        job_id,
        [
            (one.number, one.verdict, one.key, one.group, Content(one.cells, one.values, one.before, one.errors))
            for one in judged
        ],
    )
    problems = Counter(code for one in judged for code in {fault.code for fault in one.errors})
    keep.count(job_id, "counts", Counter(one.verdict for one in judged), problems)
    return True


def _read(importer: Importer, places: Mapping[str, int], number: int, cells: Cells) -> _Judged:
    """Read the cells of a row by its columns; a key that is missing is an error, every other gap is left as it is."""
    one = _Judged(number, cells)
    for column in importer.columns:
        place = places.get(column.code)
        if place is None or place >= len(cells):
            continue
        try:
            if not says_nothing(cells[place]):
                one.own[column.code] = read(column, cells[place])
        except CellRefused as refusal:
            one.errors.append(error(refusal.code, column.code, **refusal.params))
    told = {fault.column for fault in one.errors}
    one.errors += [error("key_missing", code) for code in importer.keys if code not in one.own and code not in told]
    one.values = dict(one.own)
    if all(one.own.get(code) is not None for code in importer.keys):
        named = (*importer.keys, *importer.parts)
        one.key = keep.hash_of(importer.name, *(_wire(importer, code, one.own) for code in named))
    if importer.group and one.own.get(importer.group) is not None:
        one.group = keep.hash_of("group", _wire(importer, importer.group, one.own))
    return one


def _refuse_repeated(job_id: UUID, importer: Importer, judged: Sequence[_Judged]) -> None:
    """Of two rows about the same thing the first one stands."""
    seen = keep.earlier_keys(job_id, [one.key for one in judged if one.key is not None])
    for one in judged:
        if one.key is None or one.errors:
            continue
        if one.key in seen:
            one.errors.append(error("repeated", importer.keys[-1], row=seen[one.key]))
            one.is_beside = True
        else:
            seen[one.key] = one.number


def _join_groups(job_id: UUID, importer: Importer, judged: Sequence[_Judged]) -> None:
    """Let rows of one group share what one of them says; two that say different things are refused."""
    shared = [column for column in importer.columns if column.is_shared and column.code != importer.group]
    last = {
        group: (row.number, row.content.values)
        for group, row in keep.last_of_groups(job_id, [one.group for one in judged if one.group is not None]).items()
    }
    for one in judged:
        if one.group is None or one.errors:
            continue
        if one.group in last:
            row, values = last[one.group]
            for column in shared:
                if column.code not in values:
                    continue
                if column.code not in one.values:
                    one.values[column.code] = values[column.code]
                elif wire(column, one.values[column.code]) != wire(column, values[column.code]):
                    one.errors.append(error("differs", column.code, row=row))
                    one.is_beside = True
        if not one.errors:
            last[one.group] = (one.number, one.values)


def _decide(importer: Importer, one: _Judged, known: Known) -> None:
    """Give a sound row its verdict, with what stood before."""
    one.errors += known.errors
    if one.errors:
        return
    if known.exists:
        # What only another row of the group says is shown with that row.
        one.values = one.own
    else:
        one.values = {code: value for code, value in one.values.items() if value is not None}
        # A new part of a greater thing that stands needs not say again what that one says.
        missing = [
            column.code
            for column in importer.columns
            if column.is_needed and column.code not in one.values and not wire(column, known.values.get(column.code))
        ]
        one.errors += [error("required", code) for code in missing]
        if missing:
            return
    one.before = {code: wire_of(importer, code, known.values.get(code)) for code in one.values}
    if not known.exists:
        one.verdict = NEW
    else:
        one.verdict = CHANGED if differing(importer, one.values, known) else UNCHANGED


def differing(importer: Importer, values: Mapping[str, Value | None], known: Known) -> frozenset[str]:
    """Return the columns in which a row says something else than what stands."""
    return frozenset(
        code
        for code, value in values.items()
        if wire_of(importer, code, value) != wire_of(importer, code, known.values.get(code))
    )


def wire_of(importer: Importer, code: str, value: Value | None) -> str:
    """Return a value of a column as it is kept and compared."""
    column = importer.column(code)
    return "" if column is None else wire(column, value)


def _wire(importer: Importer, code: str, values: Mapping[str, Value | None]) -> str:
    return wire_of(importer, code, values.get(code))
