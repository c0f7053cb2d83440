"""Files of real shops are read as they are: nothing is damaged, bombs and tricks are refused before they unpack."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.platform.files import headings, reading, workbook
from quanyu.platform.files.cells import Lost, packed, text_of, unpacked
from quanyu.platform.files.columns import Column, Kind
from quanyu.platform.files.refusals import FileRefused
from tests.harness import files

SHEET = "xl/worksheets/sheet1.xml"
COLUMNS = (
    Column("code", "商品编码", "Item code", Kind.CODE, ("货号", "SKU")),
    Column("name", "商品名称", "Name", others=("品名",)),
    Column("price", "零售价", "Price", Kind.MONEY, ("售价",)),
)


def moment(*parts: int) -> datetime:
    """Return a moment as a cell holds it: without a zone."""
    return datetime(*parts)  # noqa: DTZ001 - a cell has none


def refused(path: Path) -> str:
    """Read a file to its end and return why it is refused."""
    with pytest.raises(FileRefused) as refusal:
        files.read(path)
    return refusal.value.reason_code


def sheet_of(tmp_path: Path, xml: str, *, more: dict[str, str] | None = None) -> Path:
    """Write a small sheet and put other XML in the place of its rows."""
    source = files.xlsx(tmp_path / "source.xlsx", [["a"]])
    target = tmp_path / "made.xlsx"
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            after.writestr(part.filename, xml if part.filename == SHEET else before.read(part))
        for name, text in (more or {}).items():
            after.writestr(name, text)
    return target


def rows_xml(rows: str) -> str:
    """Return the XML of a sheet with these rows."""
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Zl", "Zp"], max_codepoint=0xFFFD), max_size=12
).filter(lambda text: text.strip() == text)
TABLES = st.lists(st.lists(TEXTS, min_size=1, max_size=5), min_size=1, max_size=6)


def told(rows: list[list[str]]) -> list[list[str]]:
    """Return a table as a reader gives it: empty rows and empty cells at the end are no cells."""
    kept = []
    for row in rows:
        cells = list(row)
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            kept.append(cells)
    return kept


@given(TABLES)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_table_written_as_xlsx_reads_back_the_same_texts(tmp_path, rows):
    path = files.xlsx(tmp_path / "table.xlsx", rows)
    assert [[text_of(cell) for cell in cells] for _, cells in files.read(path)] == told(rows)


@given(TABLES, st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]), st.sampled_from([",", "\t", ";"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_table_written_as_csv_reads_back_the_same_texts(tmp_path, rows, encoding, mark):
    # Which mark parts the cells is told by a row of headings, which every file has.
    head = ["编码", "名称", "价格", "单位", "条码"] * 3
    path = files.text_file(tmp_path / "table.csv", [head, *rows], encoding=encoding, mark=mark)
    if encoding == "gb18030" and _is_utf8(path):
        return
    assert [[text_of(cell) for cell in cells] for _, cells in files.read(path)] == told([head, *rows])


def _is_utf8(path: Path) -> bool:
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_long_numbers_and_leading_zeros_stay_what_they_are(tmp_path):
    rows = [["0012345", "6901234567892", "440305199001011234", "1-2", "1E5", "=1+1", "@x"]]
    assert files.read(files.xlsx(tmp_path / "text.xlsx", rows)) == [(1, rows[0])]
    numbers = files.xlsx(tmp_path / "numbers.xlsx", [[6901234567892, 12.35, 0.1, 1100]])
    assert files.read(numbers) == [(1, [Decimal(6901234567892), Decimal("12.35"), Decimal("0.1"), Decimal(1100)])]


def test_a_binary_fraction_is_the_number_that_was_typed(tmp_path):
    path = sheet_of(tmp_path, rows_xml('<row r="1"><c r="A1"><v>12.350000000000001</v></c></row>'))
    assert files.read(path) == [(1, [Decimal("12.3500000000000")])]


def test_shared_texts_with_runs_and_readings_are_one_text(tmp_path):
    shared = (
        '<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        "<si><t>苹</t><rPh sb='0' eb='1'><t>ping</t></rPh></si>"
        "<si><r><t>红</t></r><r><t xml:space='preserve'> 富士</t></r></si>"
        "</sst>"
    )
    path = sheet_of(
        tmp_path,
        rows_xml('<row r="3"><c r="A3" t="s"><v>0</v></c><c r="C3" t="s"><v>1</v></c></row>'),
        more={"xl/sharedStrings.xml": shared},
    )
    assert files.read(path) == [(3, ["苹", None, "红 富士"])]


def test_dates_are_dates_by_their_format_and_numbers_without(tmp_path):
    path = tmp_path / "dates.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_datetime(0, 0, moment(2026, 3, 5), book.add_format({"num_format": 'yyyy"年"m"月"d"日"'}))
        sheet.write_datetime(0, 1, moment(2026, 3, 5, 14, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
        sheet.write_number(0, 2, 46086)
        sheet.write_number(0, 3, 12.5, book.add_format({"num_format": '"¥"#,##0.00'}))
    assert files.read(path) == [(1, [moment(2026, 3, 5), moment(2026, 3, 5, 14, 30), Decimal(46086), Decimal("12.5")])]


def test_a_formula_is_its_saved_result_and_a_fault_without_one(tmp_path):
    path = sheet_of(
        tmp_path,
        rows_xml(
            '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"a"</f><v>a</v></c>'
            '<c r="C1"><f>SUM(A1)</f></c><c r="D1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        ),
    )
    assert files.read(path) == [(1, [Decimal(2), "a", Lost("formula_empty"), Lost("cell_error", "#DIV/0!")])]


def test_hidden_sheets_are_passed_over(tmp_path):
    path = tmp_path / "sheets.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("lists").hide()
        shown = book.add_worksheet("goods")
        shown.write_string(0, 0, "here")
        shown.activate()
    assert files.read(path) == [(1, ["here"])]


def test_cells_survive_being_kept():
    for cell in (None, "x", Decimal("12.50"), moment(2026, 1, 2, 3, 4), True, Lost("cell_error", "#N/A")):
        assert unpacked(packed(cell)) == cell


def test_a_zip_bomb_is_refused_by_its_directory_alone(tmp_path, monkeypatch):
    path = sheet_of(tmp_path, " " * (60 * 2**20))
    assert path.stat().st_size < 2**20

    def unpack(*_args, **_kwargs):
        raise AssertionError("nothing of it may be unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "open", unpack)
    assert refused(path) == "unpacks_too_large"


def test_a_part_that_says_less_than_it_holds_is_cut_there(tmp_path):
    path = sheet_of(tmp_path, rows_xml('<row r="1"><c r="A1"><v>1</v></c></row>') + " " * 100_000)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(SHEET).file_size
    # Both headers now say 300 bytes.
    changed = bytes(content).replace(size.to_bytes(4, "little"), (300).to_bytes(4, "little"))
    path.write_bytes(changed)
    assert refused(path) == "damaged"


def test_too_many_parts_and_too_large_sums_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "PARTS_MAX", 5)
    assert refused(files.xlsx(tmp_path / "parts.xlsx", [["a"]])) == "unpacks_too_large"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_entities_are_refused_wherever_they_stand(tmp_path, doctype):
    cell = rows_xml('<row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row>')
    head, rest = cell.split("?>", 1)
    assert refused(sheet_of(tmp_path, f"{head}?>{doctype}{rest}")) == "entities"
    shared = f'<?xml version="1.0"?>{doctype}<sst><si><t>x</t></si></sst>'
    assert refused(sheet_of(tmp_path, cell.replace("&e;", "x"), more={"xl/sharedStrings.xml": shared})) == "entities"


def test_a_truncated_file_is_damaged(tmp_path):
    whole = files.xlsx(tmp_path / "whole.xlsx", [[f"cell {n}" for n in range(5)]] * 300).read_bytes()
    for share in (0.2, 0.6, 0.95):
        path = tmp_path / "part.xlsx"
        path.write_bytes(whole[: int(len(whole) * share)])
        assert refused(path) == "damaged"


def test_old_and_protected_files_are_named_as_what_they_are(tmp_path):
    old = tmp_path / "renamed.xlsx"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert refused(old) == "old_format"
    old.write_bytes(old.read_bytes() + "EncryptedPackage".encode("utf-16-le"))
    assert refused(old) == "password"
    page = tmp_path / "page.xls"
    page.write_text("<html><table><tr><td>1</td></tr></table></html>")
    assert refused(page) == "web_page"
    noise = tmp_path / "noise.xlsx"
    noise.write_bytes(b"PK\x03\x04" + os.urandom(500))
    assert refused(noise) == "damaged"
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    assert refused(picture) in {"no_table", "letters"}
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    assert refused(empty) == "empty"


def test_two_hundred_columns_are_refused_empty_ones_to_the_right_are_not(tmp_path):
    assert refused(files.xlsx(tmp_path / "wide.xlsx", [["x"] * 200])) == "too_many_columns"
    assert refused(files.text_file(tmp_path / "wide.csv", [["x"] * 200])) == "too_many_columns"
    formatted = rows_xml('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="1"/></row>')
    assert files.read(sheet_of(tmp_path, formatted)) == [(1, [Decimal(1)])]


def test_an_open_quotation_mark_is_refused(tmp_path):
    path = tmp_path / "quotes.csv"
    path.write_text('编码,名称\n1,"苹果\n' + "2,梨\n" * 30_000)
    assert refused(path) in {"quotes", "cell_too_long"}


def found(path: Path) -> tuple[headings.Headings, list[tuple[int, list[object]]]]:
    """Return the headings of a file and the rows below them."""
    with reading.opened(path) as table:
        read, rows = headings.found(table, COLUMNS, ("code",))
        return read, list(rows)


def test_headings_are_found_below_titles_and_instructions_in_either_language(tmp_path):
    for names in (
        ["商品编码*", "商品名称（必填）", "零售价(元)"],
        ["ITEM CODE", "name", "Price"],
        ["货号", "品名", "售 价"],
    ):
        rows = [
            ["XX 超市商品档案"],
            [],
            ["填写说明：商品编码不可重复"],
            names,
            ["示例 A1", "苹果", "1"],
            ["B1", "梨", "2"],
        ]
        read, below = found(files.xlsx(tmp_path / "head.xlsx", rows))
        assert read.places == {"code": 0, "name": 1, "price": 2}
        assert below == [(6, ["B1", "梨", "2"])]


def test_headings_over_two_merged_rows_are_read_together(tmp_path):
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 3, "商品价格表")
        sheet.merge_range(1, 0, 2, 0, "商品编码")
        sheet.merge_range(1, 1, 2, 1, "商品名称")
        sheet.merge_range(1, 2, 1, 3, "价格")
        sheet.write_row(2, 2, ["零售价", "会员价"])
        sheet.write_row(3, 0, ["A1", "苹果", "12.5", "11"])
    read, below = found(path)
    assert (read.places, read.unread) == ({"code": 0, "name": 1, "price": 2}, ("会员价",))
    assert below == [(4, ["A1", "苹果", "12.5", "11"])]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([["甲", "乙"], ["1", "2"]], "no_headings"),
        ([["商品名称", "零售价"], ["苹果", "2"]], "heading_missing"),
        ([["商品编码", "货号", "商品名称"], ["1", "2", "3"]], "heading_twice"),
    ],
)
def test_files_without_the_needed_headings_are_refused(tmp_path, rows, reason):
    with pytest.raises(FileRefused) as refusal:
        found(files.xlsx(tmp_path / "none.xlsx", rows))
    assert refusal.value.reason_code == reason


MEASURED = """
import resource, sys
from pathlib import Path
from quanyu.platform.files.reading import opened
def peak(path):
    count = 0
    with opened(Path(path)) as table:
        for number, cells in table.rows():
            count += 1
    return count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(*peak(sys.argv[1]), *peak(sys.argv[2]))
"""


@pytest.mark.slow
def test_a_hundred_thousand_rows_need_no_more_memory_than_a_thousand(tmp_path):
    def written(count: int) -> Path:
        path = tmp_path / f"{count}.xlsx"
        # Shared texts, as Excel writes them: they are what grows.
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["商品编码", "商品名称", "零售价"])
            for row in range(1, count + 1):
                sheet.write_row(row, 0, [f"P{row:06d}", f"商品 {row}", row / 100])
        return path

    out = subprocess.run(
        [sys.executable, "-c", MEASURED, str(written(1_000)), str(written(100_000))],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "src"},
    )  # fmt: skip
    few, base, many, peak = map(int, out.stdout.split())
    assert (few, many) == (1_001, 100_001)
    # Kilobytes. A list of these rows would be more than 60 MB.
    assert peak - base < 16_000, (base, peak)


def test_the_share_that_was_read_grows_to_one(tmp_path):
    for path in (
        files.xlsx(tmp_path / "a.xlsx", [["编码", "名"]] * 5_000),
        files.text_file(tmp_path / "a.csv", [["编码", "名"]] * 5_000),
    ):
        with reading.opened(path) as table:
            shares = [table.share() for _ in table.rows()]
        assert shares == sorted(shares)
        assert shares[-1] == 1


def test_a_failure_of_the_reader_of_rows_is_not_one_of_the_file(tmp_path):
    path = files.xlsx(tmp_path / "a.xlsx", [["x"]])

    def work() -> None:
        with reading.opened(path) as table:
            next(table.rows())
            raise KeyError("ours")

    with pytest.raises(KeyError):
        work()
