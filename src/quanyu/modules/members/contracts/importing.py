"""What crosses the door about imports of member files: the job, its preview, and refusals of whole files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound


class ImportState(StrEnum):
    """Where an import stands. Only a checked one can be started, only a running one goes on."""

    READING = "reading"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Verdict(StrEnum):
    """What a row of a file is. ``PROBABLE`` is written as a new member and its pair queued for review."""

    NEW = "new"
    KNOWN = "known"
    PROBABLE = "probable"
    REPEATED = "repeated"
    ERROR = "error"


class RowError(StrEnum):
    """Why a row is refused; stable codes."""

    NO_KEY = "no_key"
    PHONE = "phone_invalid"
    EMAIL = "email_invalid"
    BIRTHDAY = "birthday_invalid"
    NAME = "name_invalid"
    DAMAGED = "number_damaged"
    LENGTH = "too_long"
    FORMULA = "formula"
    LUNAR = "lunar_unclear"
    TWO_MEMBERS = "keys_of_two_members"


class ImportRefused(Invalid):
    """The file as a whole cannot be read; nothing was kept of it."""

    code = "members.import_refused"
    title = N_("This file cannot be imported: %(reason)s")
    remedy = N_("Use the template, save as CSV (UTF-8) or XLSX, and try again.")


class ImportUnknown(NotFound):
    """No such import."""

    code = "members.import_unknown"
    title = N_("There is no such import.")
    remedy = N_("Look for it in the list of imports.")


class ImportNotReady(Conflict):
    """The import is not in a state that allows this."""

    code = "members.import_not_ready"
    title = N_("The import is not in a state that allows this.")
    remedy = N_("Reload and look at its present state.")


@dataclass(frozen=True, slots=True)
class Import:
    """An import as screens show it. ``preview`` counts verdicts before, ``outcome`` after writing."""

    id: UUID
    source: str
    file_name: str
    store_id: int | None
    state: ImportState
    row_count: int
    position: int
    preview: dict[str, int]
    outcome: dict[str, int]
    unknown_headings: tuple[str, ...]
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
