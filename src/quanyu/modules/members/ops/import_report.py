"""Files that imports give out: the template, and the rows that need a look, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import xlsxwriter
from django.utils.translation import get_language, gettext

from quanyu.kernel.problem import N_
from quanyu.modules.members.contracts.importing import RowError, Verdict
from quanyu.modules.members.queries import imports as import_queries
from quanyu.modules.members.rules import import_columns, import_rows
from quanyu.modules.members.rules.import_rows import ImportRow

_SAMPLE = {
    "name": "示例：张小三",
    "phone": "13800138000",
    "card": "8800001234",
    "external": "C-1001",
    "birthday": "1990-03-04",
    "lunar": "否",
    "email": "zhangsan@example.com",
    "address": "广东省深圳市南山区科技园路 1 号",
}
_TOLD = (Verdict.ERROR, Verdict.PROBABLE, Verdict.REPEATED)
REASONS = {
    RowError.NO_KEY: N_("No phone, card, customer number, e-mail, unionid or WeCom id"),
    RowError.PHONE: N_("Not a mobile number"),
    RowError.EMAIL: N_("Not an e-mail address"),
    RowError.BIRTHDAY: N_("Not a birthday; write 1990-03-04"),
    RowError.NAME: N_("Letters that cannot be printed"),
    RowError.DAMAGED: N_("The spreadsheet has lost digits of this number; format the column as text and type it again"),
    RowError.LENGTH: N_("Too long"),
    RowError.FORMULA: N_("A formula; put its value in"),
    RowError.LUNAR: N_("Write yes or no"),
    RowError.TWO_MEMBERS: N_("The numbers of this row lead to somebody else's file, or to two"),
}


def columns_of_file() -> list[tuple[str, bool]]:
    """Return each column's heading in the reader's language, and whether it leads to a member."""
    return [
        (_heading(chinese, english), column in import_rows.KEYS)
        for column, chinese, english, _others in import_columns.COLUMNS
    ]


def template(path: Path) -> None:
    """Write the template: instruction, headings in the reader's language, a sample row; all cells are text."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet()
        text = book.add_format({"num_format": "@"})
        bold = book.add_format({"bold": True, "num_format": "@", "bg_color": "#EEF2FF"})
        sheet.set_column(0, len(import_columns.COLUMNS) - 1, 20, text)
        sheet.write_string(0, 0, gettext(import_columns.INSTRUCTION))
        for place, (_column, chinese, english, _others) in enumerate(import_columns.COLUMNS):
            sheet.write_string(1, place, _heading(chinese, english), bold)
        for place, (column, *_names) in enumerate(import_columns.COLUMNS):
            sheet.write_string(2, place, _sample(column), text)


def problems(path: Path, *, job_id: UUID) -> int:
    """Write the rows with errors and those that may be known already, with the reasons; return how many."""
    count = 0
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.set_column(0, len(import_columns.COLUMNS) + 2, 20)
        head = [_heading(chinese, english) for _column, chinese, english, _others in import_columns.COLUMNS]
        _write(sheet, 0, [gettext("Row of the file"), gettext("What it is"), gettext("Why"), *head])
        for row, verdict, note in _judged(job_id):
            count += 1
            texts = [_value(row, column) for column, *_names in import_columns.COLUMNS]
            _write(sheet, count, [str(row.number), _title(verdict), _why(verdict, note), *texts])
    return count


def _judged(job_id: UUID) -> Iterator[tuple[ImportRow, str, Any]]:
    for number, verdicts in import_queries.verdicts_of(job_id):
        wanted = {row: (verdict, note) for row, verdict, note in verdicts if verdict in _TOLD}
        for row in import_queries.rows_of(job_id, number) if wanted else ():
            if row.number in wanted:
                yield row, *wanted[row.number]


def _title(verdict: str) -> str:
    titles = {
        Verdict.ERROR: gettext("Not imported"),
        Verdict.PROBABLE: gettext("Imported; may be known already"),
        Verdict.REPEATED: gettext("Repeats an earlier row"),
    }
    return titles[Verdict(verdict)]


def _why(verdict: str, note: Any) -> str:
    if verdict == Verdict.ERROR:
        return "; ".join(f"{_column_title(column)}: {gettext(REASONS[RowError(code)])}" for column, code in note)
    other = note[0] if verdict == Verdict.PROBABLE else note
    if isinstance(other, int):
        return gettext("Row %(row)s") % {"row": other}
    return gettext("A member of the base; the pair is in the review queue")


def _value(row: ImportRow, column: str) -> str:
    """A value that was understood, a birthday in its one form."""
    if column == "birthday":
        return row.birthday.isoformat() if row.birthday else ""
    if column == "lunar":
        return gettext("yes") if row.is_lunar else ""
    return row.values.get(column, "")


def _sample(column: str) -> str:
    return _SAMPLE.get(column, "")


def _column_title(column: str) -> str:
    for name, chinese, english, _others in import_columns.COLUMNS:
        if name == column:
            return _heading(chinese, english)
    return gettext("Numbers")


def _heading(chinese: str, english: str) -> str:
    return chinese if (get_language() or "zh").startswith("zh") else english


def _write(sheet: Any, place: int, texts: list[str]) -> None:
    """Write a row as texts: a cell that begins with = is no formula here."""
    for column, text in enumerate(texts):
        sheet.write_string(place, column, text)
