"""Cells of member files: what a spreadsheet changed is repaired, what it damaged is refused (MEM-02)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from quanyu.modules.members.rules import import_rows

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("13800138000", "13800138000"),
        (13800138000, "13800138000"),
        (13800138000.0, "13800138000"),
        ("13800138000.0", "13800138000"),
        ("'13800138000", "13800138000"),
        ('="13800138000"', "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
    ],
)
def test_a_phone_that_a_spreadsheet_changed_is_repaired(cell, text):
    row = import_rows.read(2, {"phone": cell}, today=NOW.date())
    assert (row.values, row.errors) == ({"phone": text}, ())


@pytest.mark.parametrize(
    ("column", "cell", "error"),
    [
        ("phone", "1.38E+10", "number_damaged"),
        ("phone", 13800138000.5, "number_damaged"),
        ("phone", "=1+1", "formula"),
        ("phone", "12345", "phone_invalid"),
        ("card", 6222021234567890123, "number_damaged"),
        ("card", 6.222021234567891e17, "number_damaged"),
        ("card", "x" * 65, "too_long"),
        ("external", float("nan"), "number_damaged"),
        ("external", float("inf"), "number_damaged"),
        ("email", "nobody", "email_invalid"),
        ("birthday", "31.02.1990", "birthday_invalid"),
        ("birthday", "1990-02-30", "birthday_invalid"),
        ("birthday", "2099-01-01", "birthday_invalid"),
        ("birthday", True, "birthday_invalid"),
        ("lunar", "maybe", "lunar_unclear"),
        ("name", "张\x07三", "name_invalid"),
    ],
)
def test_a_damaged_cell_is_refused_with_its_reason(column, cell, error):
    row = import_rows.read(2, {"unionid": "u1", column: cell}, today=NOW.date())
    assert [code for _column, code in row.errors] == [error]
    assert [place for place, _code in row.errors] == [column]


def test_digits_that_a_spreadsheet_keeps_are_kept_and_no_more():
    assert import_rows.as_text(123456789012345) == "123456789012345"
    assert import_rows.as_text(1234567890123456) is None
    assert import_rows.as_text("1234567890123456789") == "1234567890123456789"
    assert import_rows.as_text("0012") == "0012"


@pytest.mark.parametrize(
    "cell",
    ["1990-03-04", "1990/3/4", "1990.3.4", "1990年3月4日", "19900304", 19900304, 32936, 32936.0, date(1990, 3, 4)],
)
def test_a_birthday_is_read_as_people_write_it(cell):
    assert import_rows.read(2, {"phone": "13800138000", "birthday": cell}, today=NOW.date()).birthday == date(
        1990, 3, 4
    )


def test_a_row_without_any_key_is_refused():
    assert import_rows.read(2, {"name": "张三"}, today=NOW.date()).errors == (("phone", "no_key"),)
