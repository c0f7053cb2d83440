"""Files that imports hand out: the template of a kind, and the rows of a file with what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext

from quanyu.platform.files import headings, keep, texts
from quanyu.platform.files.cells import Cell, text_of
from quanyu.platform.files.columns import Kind
from quanyu.platform.files.importer import Importer
from quanyu.platform.files.keep import KeptRow
from quanyu.platform.models import FileJob

CHOICES_DOWN_TO = 5_000
_DIGITS_KEPT = 15
_OPTIONS = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
_WIDTHS = {Kind.TEXT: 24, Kind.CODE: 20, Kind.CHOICE: 16}
# What a spreadsheet would take for the beginning of a formula once somebody edits the cell.
_FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")


def template(importer: Importer, path: Path) -> None:
    """Write the template in the reader's language: instructions, headings, samples; every cell is text."""
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        sheet = book.add_worksheet(gettext("Import"))
        text = book.add_format({"num_format": "@", "valign": "top"})
        lead = book.add_format({"text_wrap": True, "valign": "vcenter", "font_color": "#334155", "bg_color": "#F1F5F4"})
        small = book.add_format({"text_wrap": True, "valign": "top", "font_size": 9, "font_color": "#64748B"})
        bold = book.add_format({"bold": True, "num_format": "@", "bg_color": "#D9F0E4", "bottom": 1})
        pale = book.add_format({"num_format": "@", "font_color": "#94A3B8", "italic": True})
        last = len(importer.columns) - 1
        sheet.merge_range(0, 0, 0, max(last, 1), f"{importer.title}  ·  {instruction()}", lead)
        sheet.set_row(0, 48)
        sheet.set_row(1, 62)
        for place, column in enumerate(importer.columns):
            is_key = column.code in importer.keys
            sheet.set_column(place, place, _WIDTHS.get(column.kind, 14), text)
            sheet.write_string(1, place, texts.hint(column, is_key=is_key), small)
            star = " *" if is_key or column.is_needed else ""
            sheet.write_string(2, place, f"{texts.heading(column)}{star}", bold)
            for line, sample in enumerate(column.sample):
                told = texts.shown(column, sample) if column.kind in (Kind.CHOICE, Kind.FLAG) else sample
                sheet.write_string(3 + line, place, f"{gettext('Sample')} {told}" if place == 0 else told, pale)
            listed = texts.choices(column)
            if listed:
                sheet.data_validation(
                    3, place, CHOICES_DOWN_TO, place, {"validate": "list", "source": listed, "ignore_blank": True}
                )
        sheet.freeze_panes(3, 1)


def instruction() -> str:
    """Return what every template says in its first row."""
    return gettext(
        "Fill in one row each below the headings. An empty cell leaves what stands; a dash (-) empties it where "
        "that is possible. Rows that begin with “Sample” are left out. Nothing changes before you have seen the "
        "preview."
    )


def returned(job: FileJob, importer: Importer, path: Path, *, every_row: bool = False) -> int:
    """Write the rows that were refused (or all) as they came, each with what is wrong; return how many.

    The column with the problems stands in front and is passed over when the file comes back.
    """
    count = 0
    with xlsxwriter.Workbook(str(path), {**_OPTIONS, "constant_memory": True}) as book:
        sheet = book.add_worksheet()
        looks = _Looks(book)
        sheet.set_column(0, 0, 60)
        sheet.set_column(1, max(len(job.headings), 1), 18, looks.text)
        sheet.freeze_panes(1, 1)
        sheet.write_string(0, 0, headings.PROBLEMS[0 if texts.in_chinese() else 1], looks.bold)
        for place, heading in enumerate(job.headings, start=1):
            sheet.write_string(0, place, heading, looks.bold)
        for row in _rows(job, every_row=every_row):
            count += 1
            errors = row.content.errors
            wrong = {job.places.get(fault.column) for fault in errors if fault.column}
            told = "\n".join(texts.sentence(importer, fault) for fault in errors)
            sheet.write_string(count, 0, told, looks.told)
            for place, cell in enumerate(row.content.cells):
                _put(sheet, count, place + 1, cell, looks, is_wrong=place in wrong)
            for place in wrong - {None}:
                if place is not None and place >= len(row.content.cells):
                    sheet.write_blank(count, place + 1, None, looks.wrong)
    return count


class _Looks:
    def __init__(self, book: Any) -> None:
        self.bold = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
        self.text = book.add_format({"num_format": "@"})
        self.told = book.add_format({"font_color": "#B3261E", "text_wrap": True, "valign": "top"})
        self.wrong = book.add_format({"num_format": "@", "bg_color": "#FFF0B3"})
        # A leading apostrophe, as a person types it: the text stays one even when somebody edits the cell.
        self.quoted = book.add_format({"num_format": "@", "quote_prefix": True})
        self.wrong_quoted = book.add_format({"num_format": "@", "quote_prefix": True, "bg_color": "#FFF0B3"})
        self.number = book.add_format({})
        self.wrong_number = book.add_format({"bg_color": "#FFF0B3"})


def _rows(job: FileJob, *, every_row: bool) -> Iterator[KeptRow]:
    cursor = 0
    while rows := keep.rows_after(job.id, cursor=cursor):
        yield from (row for row in rows if every_row or row.content.errors)
        cursor = rows[-1].number


def _put(sheet: Any, line: int, place: int, cell: Cell, looks: _Looks, *, is_wrong: bool) -> None:
    """Write a cell as it came: short numbers as numbers, everything else as text that no program calculates."""
    if isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= _DIGITS_KEPT and abs(cell) < 10**_DIGITS_KEPT:
        sheet.write_number(line, place, cell, looks.wrong_number if is_wrong else looks.number)
        return
    text = text_of(cell)
    if text.startswith(_FORMULA_MARKS):
        sheet.write_string(line, place, text, looks.wrong_quoted if is_wrong else looks.quoted)
    elif text or is_wrong:
        sheet.write_string(line, place, text, looks.wrong if is_wrong else looks.text)
