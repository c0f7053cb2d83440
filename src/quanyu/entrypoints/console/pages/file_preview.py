"""What the page of an import shows: how far it is, what would be made and changed, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor
from quanyu.platform.console.formats import badge, listed, moment, number
from quanyu.platform.files import doors, importer, keep, texts
from quanyu.platform.files.cells import text_of
from quanyu.platform.files.columns import Column, Kind, wire
from quanyu.platform.files.headings import PROBLEMS
from quanyu.platform.files.importer import Importer
from quanyu.platform.files.keep import CHANGED, KEPT, NEW, REFUSED, UNCHANGED, KeptRow
from quanyu.platform.files.refusals import FileRefused
from quanyu.platform.http import problems
from quanyu.platform.models import FileJob

SHOWN = 100
STATES = {
    "uploaded": (_("Waiting"), "plain"),
    "checking": (_("Being checked"), "info"),
    "checked": (_("Checked, not applied"), "warn"),
    "applying": (_("Being applied"), "info"),
    "done": (_("Done"), "good"),
    "cancelled": (_("Cancelled"), "plain"),
    "failed": (_("Not possible"), "bad"),
}
VERDICTS = {
    NEW: (_("New"), "good"),
    CHANGED: (_("Changed"), "info"),
    UNCHANGED: (_("Unchanged"), "plain"),
    REFUSED: (_("With problems"), "bad"),
}
OUTCOMES = {
    keep.WRITTEN: (_("Written"), "good"),
    keep.SAME: (_("Stood so already"), "plain"),
    UNCHANGED: (_("Unchanged"), "plain"),
    REFUSED: (_("Refused"), "bad"),
}
_EXAMPLES = 20


def line(job: FileJob) -> dict[str, Any]:
    """Return an import as a line of the list."""
    label, tone = STATES[job.state]
    kind = importer.of_kind(job.kind)
    return {
        "id": job.id,
        "kind": kind.title if kind is not None else job.kind,
        "file": job.file_name,
        "at": moment(job.created_at),
        "state": badge(label, tone),
        "progress": job.progress if job.state in keep.WORKED_ON else None,
        "rows": number(job.rows_read),
        "result": _result(job),
    }


def content(job_id: UUID, actor: Actor, wanted: str) -> dict[str, Any]:
    """Return what stands on an import's page. Raises ``FileUnknown``, ``Http404``."""
    job = doors.job_of(job_id=job_id, actor=actor)
    kind = importer.of_kind(job.kind)
    if not isinstance(kind, Importer) or not actor.reaches(kind.permission):
        raise Http404
    label, tone = STATES[job.state]
    tabs = _tabs(job)
    chosen = wanted if wanted in VERDICTS else next((tab["name"] for tab in tabs if tab["count"]), REFUSED)
    return {
        "title": job.file_name,
        "job": job,
        "kind": {"name": kind.name, "title": kind.title, "icon": kind.icon},
        "state": badge(label, tone),
        "is_live": job.state in keep.WORKED_ON,
        "is_open": job.state in keep.OPEN,
        "can_start": job.state == "checked" and job.counts.get(NEW, 0) + job.counts.get(CHANGED, 0) > 0,
        "progress": job.progress,
        "figures": _figures(job),
        "tabs": tabs,
        "chosen": chosen,
        "table": _table(kind, keep.rows_like(job.id, limit=SHOWN, verdict=chosen), chosen),
        "shown_max": SHOWN,
        "more": max(0, job.counts.get(chosen, 0) - SHOWN),
        "groups": _groups(job, kind),
        "refused": _refusal(job),
        "unread": listed(_unread(job)),
        "has_problems": bool(job.problems),
        "facts": _facts(job),
        "to_write": number(job.counts.get(NEW, 0) + job.counts.get(CHANGED, 0)),
        "days": KEPT.days,
    }


def sample(column: Column) -> str:
    """Return an example of a column's cell."""
    told = next((one for one in column.sample if one), "")
    return texts.shown(column, told) if column.kind in (Kind.CHOICE, Kind.FLAG) else told


def _result(job: FileJob) -> str:
    parts = OUTCOMES if job.outcome else VERDICTS
    counts = job.outcome or job.counts
    return listed(f"{label} {number(counts[name])}" for name, (label, _tone) in parts.items() if counts.get(name))


def _figures(job: FileJob) -> list[tuple[object, str, str]]:
    """Return what the rows are, or what became of them: (label, count, tone)."""
    if job.state in ("applying", "done") or job.outcome:
        rest = job.rows_read - job.rows_applied
        figures: list[tuple[object, str, str]] = [
            (label, number(job.outcome.get(name, 0)), tone) for name, (label, tone) in OUTCOMES.items()
        ]
        return [*figures, (_("Not reached"), number(rest), "warn")] if rest else figures
    return [(label, number(job.counts.get(name, 0)), tone) for name, (label, tone) in VERDICTS.items()]


def _tabs(job: FileJob) -> list[dict[str, Any]]:
    return [
        {"name": name, "label": label, "count": job.counts.get(name, 0), "shown": number(job.counts.get(name, 0))}
        for name, (label, _tone) in VERDICTS.items()
    ]


def _table(kind: Importer, rows: Sequence[KeptRow], verdict: str) -> dict[str, Any]:
    """Return rows with the columns that any of them says something in; what changes shows old and new."""
    said = {code for row in rows for code in row.content.values}
    columns = [column for column in kind.columns if column.code in said]
    return {
        "columns": [texts.heading(column) for column in columns],
        "rows": [
            {
                "number": row.number,
                "cells": [_cell(kind, column, row, verdict) for column in columns],
                "errors": [texts.sentence(kind, fault) for fault in row.content.errors],
            }
            for row in rows
        ],
    }


def _cell(kind: Importer, column: Column, row: KeptRow, verdict: str) -> dict[str, str]:
    if column.code not in row.content.values:
        return {"text": "", "before": ""}
    now = wire(column, row.content.values[column.code])
    text, before = texts.shown(column, now), row.content.before.get(column.code, "")
    if verdict != CHANGED or before == now:
        return {"text": text, "before": ""}
    return {"text": text or gettext("empty"), "before": texts.shown(column, before) or gettext("empty")}


def _groups(job: FileJob, kind: Importer) -> list[dict[str, Any]]:
    """Return the errors by their code, the most frequent first, each with what to do and some rows."""
    groups = []
    for code, count in sorted(job.problems.items(), key=lambda one: -one[1]):
        rows = keep.rows_like(job.id, limit=_EXAMPLES, problem=code)
        fault = next((fault for row in rows for fault in row.content.errors if fault.code == code), None)
        if fault is None:
            continue
        columns = {one.column for row in rows for one in row.content.errors if one.code == code}
        named = [texts.heading(column) for column in kind.columns if column.code in columns]
        numbers = listed(number(row.number) for row in rows)
        groups.append(
            {
                "what": texts.what(fault),
                "remedy": texts.remedy(fault),
                "columns": listed(named),
                "count": number(count),
                "rows": numbers,
                "is_more": count > len(rows),
            }
        )
    return groups


def _refusal(job: FileJob) -> str:
    if job.state != "failed":
        return ""
    refusal = FileRefused(job.reason, shown=job.shown)
    told = problems.text(refusal.title, refusal.params)
    return f"{told} ({job.shown})" if job.shown else told


def _unread(job: FileJob) -> list[str]:
    """Return the headings that mean no column of this kind."""
    read = set(job.places.values())
    return [
        text_of(text) for place, text in enumerate(job.headings) if text and place not in read and text not in PROBLEMS
    ]


def _facts(job: FileJob) -> list[tuple[object, str]]:
    facts: list[tuple[object, str]] = [
        (_("Rows of the file"), number(job.rows_read)),
        (_("Uploaded at"), moment(job.created_at)),
    ]
    if job.started_at is not None:
        facts.append((_("Applied at"), moment(job.started_at)))
    if job.finished_at is not None:
        facts.append((_("Finished at"), moment(job.finished_at)))
    return facts
