"""What cells become: exact values, or a stable code that says what to do. Nothing is rounded, no digit is lost."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from quanyu.platform.files import importer, papers, texts
from quanyu.platform.files.cells import Lost
from quanyu.platform.files.columns import Column, Kind, read, says_nothing, wire
from quanyu.platform.files.importer import Importer
from quanyu.platform.files.refusals import FILE_REASONS, ROW_REASONS, CellRefused

DAY = datetime(2026, 3, 5)  # noqa: DTZ001 - a cell has no zone
CHOICES = {"store": ("门店", "Store", "店"), "warehouse": ("仓库", "Warehouse")}


def column(kind: Kind, **more) -> Column:
    """Return a column of a kind."""
    return Column("it", "它", "It", kind, **more)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (Kind.CODE, "0012345", "0012345"),
        (Kind.CODE, Decimal(6901234567892), "6901234567892"),
        (Kind.CODE, "'0012", "0012"),
        (Kind.CODE, '="0012"', "0012"),
        (Kind.CODE, "６９０１", "6901"),
        (Kind.CODE, "440305199001011234", "440305199001011234"),
        (Kind.MONEY, "12.50", 1250),
        (Kind.MONEY, "¥12.5", 1250),
        (Kind.MONEY, "￥1,234.56", 123456),
        (Kind.MONEY, "１２．５", 1250),
        (Kind.MONEY, "12元", 1200),
        (Kind.MONEY, Decimal("12.35"), 1235),
        (Kind.MONEY, Decimal("0.29"), 29),
        (Kind.MONEY, Decimal(0), 0),
        (Kind.QUANTITY, "0.525", 525),
        (Kind.QUANTITY, Decimal(3), 3000),
        (Kind.WHOLE, "3,000", 3000),
        (Kind.RATE, "13%", 1300),
        (Kind.RATE, Decimal(13), 1300),
        (Kind.RATE, Decimal("0.13"), 1300),
        (Kind.RATE, "1%", 100),
        (Kind.DEGREES, Decimal("114.0579"), "114.0579"),
        (Kind.DAY, DAY, date(2026, 3, 5)),
        (Kind.DAY, Decimal(46086), date(2026, 3, 5)),
        (Kind.DAY, "2026年3月5日", date(2026, 3, 5)),
        (Kind.DAY, "2026/3/5", date(2026, 3, 5)),
        (Kind.DAY, "20260305", date(2026, 3, 5)),
        (Kind.FLAG, "是", True),
        (Kind.FLAG, "×", False),
        (Kind.FLAG, True, True),
        (Kind.FLAG, Decimal(0), False),
        (Kind.TEXT, " 苹果\u200b ", "苹果"),
        (Kind.TEXT, "@home", "@home"),
        (Kind.TEXT, Decimal("12.50"), "12.50"),
    ],
)
def test_a_cell_is_exactly_what_it_says(kind, cell, value):
    assert read(column(kind, most=100_000), cell) == value


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [
        (Kind.CODE, "6.90123E+12", "number_damaged"),
        (Kind.CODE, Decimal(6901234567890123456), "number_damaged"),
        (Kind.CODE, Decimal("6.90123E+12"), "number_damaged"),
        (Kind.CODE, Decimal("12.5"), "number_damaged"),
        (Kind.CODE, DAY, "became_a_date"),
        (Kind.CODE, "=A1", "formula"),
        (Kind.TEXT, '=HYPERLINK("x")', "formula"),
        (Kind.TEXT, "a\x07b", "not_printable"),
        (Kind.TEXT, "x" * 121, "too_long"),
        (Kind.TEXT, Lost("formula_empty"), "formula_empty"),
        (Kind.MONEY, Lost("cell_error", "#N/A"), "cell_error"),
        (Kind.MONEY, "1.234", "money_decimals"),
        (Kind.MONEY, "-1", "negative"),
        (Kind.MONEY, "面议", "not_money"),
        (Kind.MONEY, "1E3", "number_damaged"),
        (Kind.MONEY, DAY, "not_money"),
        (Kind.MONEY, "100000000001", "out_of_range"),
        (Kind.MONEY, "-", "not_clearable"),
        (Kind.QUANTITY, "0.5255", "too_many_decimals"),
        (Kind.QUANTITY, "-1", "negative"),
        (Kind.WHOLE, "1.5", "not_whole"),
        (Kind.WHOLE, "-1", "out_of_range"),
        (Kind.RATE, "101", "out_of_range"),
        (Kind.DEGREES, "abc", "not_a_number"),
        (Kind.DAY, "2026-02-30", "not_a_date"),
        (Kind.DAY, Decimal(3), "not_a_date"),
        (Kind.FLAG, "maybe", "not_yes_or_no"),
        (Kind.CHOICE, "摊位", "not_a_choice"),
    ],
)
def test_a_cell_that_says_something_else_is_refused_with_its_code(kind, cell, code):
    with pytest.raises(CellRefused) as refusal:
        read(column(kind, choices=CHOICES if kind is Kind.CHOICE else {}), cell)
    assert refusal.value.code == code


def test_a_choice_is_known_by_any_of_its_names():
    for cell in ("门店", "STORE", "店", "store", " 门 店 "):
        assert read(column(Kind.CHOICE, choices=CHOICES), cell) == "store"


def test_a_dash_empties_where_that_is_possible_and_a_gap_says_nothing():
    for mark in ("-", "－", "清空", "Clear"):
        assert read(column(Kind.TEXT, is_clearable=True), mark) is None
    assert [says_nothing(cell) for cell in (None, "", "  ", "\u200b", "-", Decimal(0), False)] == [
        True, True, True, True, False, False, False,
    ]  # fmt: skip


def test_values_are_kept_in_one_form():
    told = [
        (Kind.MONEY, 1250), (Kind.QUANTITY, 525), (Kind.QUANTITY, 3000), (Kind.RATE, 1300), (Kind.FLAG, True),
        (Kind.DAY, date(2026, 3, 5)), (Kind.TEXT, "x"), (Kind.TEXT, None), (Kind.QUANTITY, 100_000),
    ]  # fmt: skip
    shown = [wire(column(kind), value) for kind, value in told]
    assert shown == ["12.50", "0.525", "3", "13", "1", "2026-03-05", "x", "", "100"]


def test_every_code_has_its_texts_in_chinese():
    from django.utils.translation import gettext, override

    with override("zh-hans"):
        told = [text for pair in ROW_REASONS.values() for text in pair] + list(FILE_REASONS.values())
        assert [text for text in told if gettext(text) == text] == []


def tables() -> list[Importer]:
    """Return the kinds that are declared by columns."""
    return [kind for kind in importer.kinds() if isinstance(kind, Importer)]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", tables(), ids=lambda kind: kind.name)
def test_every_template_is_read_back_with_all_its_columns_and_no_rows(tmp_path: Path, kind: Importer, language: str):
    from django.utils.translation import override

    from quanyu.platform.files import headings, reading

    path = tmp_path / "template.xlsx"
    with override(language):
        papers.template(kind, path)
    with reading.opened(path) as table:
        found, rows = headings.found(table, kind.columns, kind.keys)
        assert (sorted(found.places), list(rows)) == (sorted(column.code for column in kind.columns), [])


@pytest.mark.parametrize("kind", tables(), ids=lambda kind: kind.name)
def test_the_samples_of_every_template_are_values_of_their_columns(kind: Importer):
    for one in kind.columns:
        for sample in filter(None, one.sample):
            assert read(one, sample) is not None


@pytest.mark.parametrize("kind", tables(), ids=lambda kind: kind.name)
def test_no_heading_of_a_kind_means_two_columns(kind: Importer):
    from quanyu.platform.files.columns import folded

    seen: dict[str, str] = {}
    for one in kind.columns:
        for name in (one.code, one.zh, one.en, *one.others):
            assert seen.setdefault(folded(name), one.code) == one.code, name


def test_a_template_keeps_codes_as_text_and_offers_choices(tmp_path: Path):
    import zipfile

    path = tmp_path / "template.xlsx"
    papers.template(next(kind for kind in tables() if kind.name == "stores"), path)
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count('type="list"') == 5
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert rows[3][0].endswith("S0101")
    assert texts.choices(next(kind for kind in tables() if kind.name == "stores").columns[3]) in (
        ["门店", "仓库"],
        ["Store", "Warehouse"],
    )
