"""Files that are refused as a whole, with the reason; and rows that come back, corrected, once more."""

from __future__ import annotations

import secrets
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from quanyu.modules.organization import api as organization
from quanyu.platform.files import importer, keep, papers, reading
from quanyu.platform.files.importer import Importer
from quanyu.platform.files.refusals import FileRefused
from quanyu.platform.models import FileJob
from tests.harness import files
from tests.harness.chain import make_chain

HEAD = ["供应商编码", "供应商名称"]


@pytest.fixture(scope="module", autouse=True)
def chain():
    return make_chain()


def suppliers(tmp_path: Path, count: int) -> tuple[list[str], Path]:
    """Write a file with so many new suppliers; return their codes and the file."""
    lead = secrets.token_hex(3)
    codes = [f"K{lead}{number}" for number in range(count)]
    return codes, files.xlsx(tmp_path / f"{lead}.xlsx", [HEAD, *[[code, f"供应商 {code}"] for code in codes]])


def made(codes: list[str]) -> list[str]:
    """Return which of the suppliers exist."""
    return sorted(organization.units_by_code(codes=codes))


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([HEAD], "no_rows"),
        ([["甲", "乙"], ["1", "2"]], "no_headings"),
        ([["供应商名称", "英文名称"], ["x", "y"]], "heading_missing"),
    ],
)
def test_a_file_that_cannot_be_read_fails_with_its_reason(tmp_path, rows, reason):
    job = files.checked("suppliers", files.xlsx(tmp_path / "b.xlsx", rows))
    assert (job.state, job.reason) == ("failed", reason)
    assert not keep.path_of(job.id).exists()


def test_an_empty_file_is_refused_at_once(tmp_path):
    empty = tmp_path / "empty.xlsx"
    empty.write_bytes(b"")
    before = FileJob.objects.count()
    with pytest.raises(FileRefused):
        files.upload("suppliers", empty)
    assert FileJob.objects.count() == before


def test_more_rows_than_are_allowed_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "ROWS_MAX", 5)
    job = files.checked("suppliers", suppliers(tmp_path, 7)[1])
    assert (job.state, job.reason) == ("failed", "too_many_rows")


def test_the_returned_file_holds_the_refused_rows_and_can_be_corrected_and_sent_again(tmp_path):
    codes, _ = suppliers(tmp_path, 3)
    rows = [
        ["档案"],
        ["备注", *HEAD],
        ["=1+1", codes[0], None],
        ["+86 138", codes[1], "好"],
        ["@x", codes[2], "=SUM(A1)"],
    ]
    job = files.checked("suppliers", files.xlsx(tmp_path / "b.xlsx", rows))
    assert job.counts == {"new": 1, "refused": 2}
    kind = importer.of_kind("suppliers")
    assert isinstance(kind, Importer)
    path = tmp_path / "returned.xlsx"
    assert papers.returned(job, kind, path) == 2
    back = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert [row[1:] for row in back] == [["备注", *HEAD], ["=1+1", codes[0], ""], ["@x", codes[2], "=SUM(A1)"]]
    assert papers.returned(job, kind, tmp_path / "all.xlsx", every_row=True) == 3
    with zipfile.ZipFile(path) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")

    # The same file with the two cells filled in.
    fixed = [back[0], [*back[1][:3], "补上"], [*back[2][:3], "改好"]]
    again = files.applied("suppliers", files.xlsx(tmp_path / "fixed.xlsx", fixed))
    assert (again.outcome, made([codes[0], codes[2]])) == ({"written": 2}, sorted([codes[0], codes[2]]))
