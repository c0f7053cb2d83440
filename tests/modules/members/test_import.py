"""Member files come in whole or with a reason per row (MEM-02): nothing is damaged, nobody is glued together."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind, Level
from quanyu.modules.members.contracts.importing import (
    Import,
    ImportNotReady,
    ImportRefused,
    ImportState,
    ImportUnknown,
)
from quanyu.modules.members.models import ImportJob
from quanyu.modules.members.ops import import_apply, import_keep, import_read
from quanyu.platform import db
from tests.harness import members as build

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CLERK = Actor(
    kind=ActorKind.STAFF, id="7", name="Wang", grants=(Grant(frozenset({"members.import", "members.view"}), Scope.ALL),)
)
HEADINGS = ["姓名", "手机号", "客户编号", "生日", "邮箱"]


def csv_file(path: Path, rows: Sequence[Sequence[str]], *, encoding: str = "utf-8", headings=HEADINGS) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def upload(path: Path, *, source: str = "old-till") -> Import:
    return members.import_file(path=path, file_name=path.name, source=source, actor=CLERK, now=NOW)


def checked(path: Path, **given: Any) -> Import:
    return members.check_import(import_id=upload(path, **given).id, now=NOW)


def imported(path: Path, **given: Any) -> Import:
    job = checked(path, **given)
    members.start_import(import_id=job.id, actor=CLERK, now=NOW)
    return members.run_import(import_id=job.id, now=NOW)


def found_by(phone: str) -> list[str]:
    return sorted(one.member.name_masked for one in members.find(text=phone, actor=CLERK, now=NOW))


def tables() -> tuple[int, ...]:
    return tuple(
        db.value(f"SELECT count(*) FROM {table}")
        for table in ("members_member", "members_identity", "members_contact", "members_match", "platform_outbox")
    )


# --- the way of a file -------------------------------------------------------------------------------------------


def test_mem_02_a_file_is_checked_without_writing_and_then_written(tmp_path):
    phone, other = build.phone(), build.phone()
    known = build.make_member(phone_number=other, name="李四")
    path = csv_file(
        tmp_path / "members.csv",
        [["张三", phone, uuid7().hex, "1990-03-04", ""], ["李四", other, "", "", ""], ["王五", "123", "", "", ""]],
    )
    before = tables()
    job = checked(path)
    assert (job.state, job.row_count, job.position) == (ImportState.CHECKED, 3, 0)
    assert job.preview == {"new": 1, "known": 1, "error": 1}
    assert tables() == before
    members.start_import(import_id=job.id, actor=CLERK, now=NOW)
    done = members.run_import(import_id=job.id, now=NOW)
    assert (done.state, done.position, done.outcome) == (ImportState.DONE, 3, {"new": 1, "known": 1, "error": 1})
    [created] = members.find(text=phone, actor=CLERK, now=NOW)
    assert (created.member.name_masked, created.member.level, created.member.channel, created.member.birthday) == (
        "张*",
        Level.IDENTIFIED,
        "import",
        date(1990, 3, 4),
    )
    assert members.member(id=known.id).birthday is None
    assert (
        db.value(
            "SELECT count(*) FROM platform_outbox WHERE topic = 'members.created.1' AND aggregate = %s",
            [f"member:{created.member.id}"],
        )
        == 1
    )


def test_mem_02_a_file_that_comes_twice_changes_nothing_the_second_time(tmp_path):
    path = csv_file(
        tmp_path / "twice.csv", [[f"张{at}", build.phone(), uuid7().hex, "1990-03-04", ""] for at in range(5)]
    )
    assert imported(path).outcome == {"new": 5}
    before = tables()
    assert imported(path).outcome == {"known": 5}
    assert tables() == before


def test_imported_keys_are_not_verified_and_a_proof_verifies_them(tmp_path):
    phone = build.phone()
    imported(csv_file(tmp_path / "told.csv", [["张三", phone, "", "", ""]]))
    [told] = members.find(text=phone, actor=CLERK, now=NOW)
    assert told.member.level is Level.IDENTIFIED
    proved = members.find_or_create(keys=[Key(KeyKind.PHONE, phone, verified=True)], channel="mall", now=NOW)
    assert (proved.id, proved.level) == (told.member.id, Level.VERIFIED)


def test_a_known_file_is_filled_where_it_is_empty_and_never_changed(tmp_path):
    phone, mail = build.phone(), f"{uuid7().hex}@a.cn"
    nameless = build.make_member(phone_number=phone, name=None)
    imported(csv_file(tmp_path / "fill.csv", [["张三", phone, "", "1990-03-04", mail]]))
    imported(csv_file(tmp_path / "again.csv", [["张三", phone, "", "", ""]]))
    filled = members.member(id=nameless.id)
    assert (filled.name_masked, filled.birthday, filled.level) == ("张*", date(1990, 3, 4), Level.VERIFIED)
    by_mail = members.find_or_create(keys=[Key(KeyKind.EMAIL, mail)], channel="mall", now=NOW)
    assert by_mail.id == nameless.id


# --- never glued together ----------------------------------------------------------------------------------------


def test_mem_05_parents_and_child_of_one_phone_become_three_members(tmp_path):
    phone = build.phone()
    path = csv_file(
        tmp_path / "family.csv",
        [
            ["王大明", phone, "", "1980-02-03", ""],
            ["李芳", phone, "", "1982-05-06", ""],
            ["王小明", phone, "", "2012-08-09", ""],
            ["王大明", phone, "", "1980-02-03", ""],
        ],
    )
    job = checked(path)
    assert job.preview == {"new": 3, "repeated": 1}
    members.start_import(import_id=job.id, actor=CLERK, now=NOW)
    assert members.run_import(import_id=job.id, now=NOW).outcome == {"new": 3, "known": 1}
    assert found_by(phone) == ["李*", "王*明", "王*明"]
    assert imported(path).outcome == {"known": 4}


def test_mem_05_father_and_son_of_one_name_and_phone_stay_two(tmp_path):
    phone = build.phone()
    path = csv_file(
        tmp_path / "same.csv", [["张伟", phone, "", "1960-05-01", ""], ["张伟", phone, "", "1990-08-19", ""]]
    )
    assert imported(path).outcome == {"new": 2}
    assert found_by(phone) == ["张*", "张*"]


def test_a_card_of_somebody_else_is_an_error_and_touches_nobody(tmp_path):
    number, phone = uuid7().hex, build.phone()
    imported(csv_file(tmp_path / "one.csv", [["王芳", "", number, "1980-02-03", ""]]))
    before = tables()
    job = imported(csv_file(tmp_path / "two.csv", [["李明", phone, number, "2010-06-07", ""]]))
    assert job.outcome == {"error": 1}
    assert tables() == before


def test_keys_of_two_members_in_one_row_are_an_error_and_a_pair_to_look_at(tmp_path):
    one, other, phone = uuid7().hex, uuid7().hex, build.phone()
    headings = ["客户编号", "会员卡号", "姓名", "手机号"]
    imported(csv_file(tmp_path / "a.csv", [[one, "", "王芳", ""], ["", other, "王芳", ""]], headings=headings))
    job = imported(csv_file(tmp_path / "b.csv", [[one, other, "王芳", phone]], headings=headings))
    assert job.outcome == {"error": 1}
    assert found_by(phone) == []
    assert db.value("SELECT count(*) FROM members_match WHERE cause = 'import'") >= 1


def test_customer_numbers_of_two_sources_are_two_numbers(tmp_path):
    number = uuid7().hex
    imported(csv_file(tmp_path / "a.csv", [["王芳", "", number, "", ""]]), source="old-till")
    assert imported(csv_file(tmp_path / "b.csv", [["李明", "", number, "", ""]]), source="web-shop").outcome == {
        "new": 1
    }


def test_a_probable_duplicate_is_shown_before_writing(tmp_path):
    mail = f"{uuid7().hex[:12]}@a.cn"
    one, other = build.phone(), build.phone()
    path = csv_file(
        tmp_path / "probable.csv", [["甄士隐", one, "", "1990-03-04", mail], ["甄士引", other, "", "1990-04-03", ""]]
    )
    assert checked(path).preview == {"new": 1, "probable": 1}


# --- files -------------------------------------------------------------------------------------------------------


def test_gbk_tabs_and_a_title_above_the_headings_are_read(tmp_path):
    phone = build.phone()
    path = tmp_path / "gbk.txt"
    path.write_bytes(f"会员导出\t\r\n姓名\t手机号\r\n张三\t{phone}\r\n\r\n".encode("gbk"))
    assert imported(path).outcome == {"new": 1}
    assert found_by(phone) == ["张*"]


def test_a_spreadsheet_with_a_merged_title_numbers_and_dates_is_read(tmp_path):
    phone = build.phone()
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 3, "会员档案 2026")
        for column, heading in enumerate(["姓名", "手机号", "生日", "备注"]):
            sheet.write(2, column, heading)
        sheet.write(3, 0, "张三")
        sheet.write_number(3, 1, int(phone))
        sheet.write_datetime(3, 2, datetime(1990, 3, 4), book.add_format({"num_format": "yyyy/m/d"}))  # noqa: DTZ001
        sheet.write_formula(3, 3, "=1+1", value=2)
    job = imported(path)
    assert (job.outcome, job.unknown_headings) == ({"new": 1}, ("备注",))
    [found] = members.find(text=phone, actor=CLERK, now=NOW)
    assert found.member.birthday == date(1990, 3, 4)


def test_the_template_can_be_sent_back_and_its_sample_is_left_out(tmp_path):
    path = tmp_path / "template.xlsx"
    members.import_template(path=path)
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert [len(rows), rows[1][:3]] in ([3, ["姓名", "手机号", "会员卡号"]], [3, ["Name", "Phone", "Card number"]])
    with pytest.raises(ImportRefused):
        upload(path)


def _refused(path: Path) -> str:
    before = (tables(), ImportJob.objects.exclude(state="failed").count())
    with pytest.raises(ImportRefused) as refusal:
        upload(path)
    assert (tables(), ImportJob.objects.exclude(state="failed").count()) == before
    return str(refusal.value.params["reason"])


def test_what_is_no_member_file_is_refused_with_the_reason(tmp_path):
    empty, binary, twice, none, rowless = (tmp_path / f"{at}.csv" for at in range(5))
    empty.write_bytes(b"")
    binary.write_bytes(b"\x01\x00\x02" * 100)
    twice.write_text("手机号,手机,姓名\n13800138000,1,x\n", "utf-8")
    none.write_text("a,b\n1,2\n", "utf-8")
    rowless.write_text("姓名,手机号\n", "utf-8")
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    damaged = tmp_path / "damaged.xlsx"
    damaged.write_bytes(b"PK\x03\x04" + b"\0" * 100)
    assert [_refused(path) for path in (empty, binary, twice, none, rowless, old, damaged)] == [
        "it is empty",
        "it is neither CSV nor XLSX",
        "two columns mean the same",
        "no row of headings was found among the first ten",
        "it has no rows below its headings",
        "it is an old XLS, or protected by a password",
        "it is damaged, or no XLSX",
    ]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    honest, liar = tmp_path / "honest.xlsx", tmp_path / "parts.xlsx"
    monkeypatch.setattr(import_read, "UNPACKED_BYTES_MAX", 5 * 2**20)
    with zipfile.ZipFile(honest, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (6 * 2**20))
    with zipfile.ZipFile(liar, "w") as archive:
        for at in range(import_read.PARTS_MAX + 1):
            archive.writestr(f"xl/{at}", b"")
    assert honest.stat().st_size < 10_000
    assert {_refused(honest), _refused(liar)} == {"it unpacks to more than is allowed"}


def test_the_source_must_be_a_short_name(tmp_path):
    path = csv_file(tmp_path / "s.csv", [["张三", build.phone(), "", "", ""]])
    with pytest.raises(Invalid):
        upload(path, source="Old Till!")


# --- rights, progress, cancel, crash ------------------------------------------------------------------------------


def test_an_import_needs_its_permission_and_its_state(tmp_path):
    path = csv_file(tmp_path / "p.csv", [["张三", build.phone(), "", "", ""]])
    nobody = Actor(kind=ActorKind.STAFF, id="9", name="x", grants=(Grant(frozenset({"members.view"}), Scope.ALL),))
    with pytest.raises(Forbidden):
        members.import_file(path=path, file_name="p.csv", source="old-till", actor=nobody, now=NOW)
    job = upload(path)
    with pytest.raises(ImportNotReady):
        members.start_import(import_id=job.id, actor=CLERK, now=NOW)
    with pytest.raises(Forbidden):
        members.import_problems(import_id=job.id, path=tmp_path / "x.xlsx", actor=nobody, now=NOW)
    with pytest.raises(ImportUnknown):
        members.start_import(import_id=uuid7(), actor=CLERK, now=NOW)
    assert members.import_job(id=job.id).state is ImportState.READING


def test_an_import_that_crashed_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(import_keep, "PART_ROWS", 2)
    path = csv_file(tmp_path / "crash.csv", [[f"张{at}", build.phone(), uuid7().hex, "", ""] for at in range(6)])
    job = checked(path)
    members.start_import(import_id=job.id, actor=CLERK, now=NOW)
    before = db.value("SELECT count(*) FROM members_member")
    written = import_apply._write

    def crash(batch, **given):
        written(batch, **given)
        if db.value("SELECT position FROM members_import_job WHERE id = %s", [job.id]) == 4:
            raise RuntimeError("power cut")

    monkeypatch.setattr(import_apply, "_write", crash)
    with pytest.raises(RuntimeError):
        members.run_import(import_id=job.id, now=NOW)
    assert members.import_job(id=job.id).position == 2
    assert db.value("SELECT count(*) FROM members_member") == before + 2
    monkeypatch.setattr(import_apply, "_write", written)
    assert members.go_on_with_imports(now=NOW) >= 1
    done = members.import_job(id=job.id)
    assert (done.state, done.position, done.outcome) == (ImportState.DONE, 6, {"new": 6})
    assert db.value("SELECT count(*) FROM members_member") == before + 6


def test_a_cancelled_import_stops_between_parts_and_keeps_what_was_written(tmp_path, monkeypatch):
    monkeypatch.setattr(import_keep, "PART_ROWS", 2)
    path = csv_file(tmp_path / "cancel.csv", [[f"张{at}", build.phone(), uuid7().hex, "", ""] for at in range(6)])
    job = checked(path)
    members.start_import(import_id=job.id, actor=CLERK, now=NOW)
    written = import_apply._write

    def stop_after_first(batch, **given):
        written(batch, **given)
        if db.value("SELECT position FROM members_import_job WHERE id = %s", [job.id]) == 2:
            db.execute("UPDATE members_import_job SET state = 'cancelled' WHERE id = %s", [job.id])

    monkeypatch.setattr(import_apply, "_write", stop_after_first)
    stopped = members.run_import(import_id=job.id, now=NOW)
    assert (stopped.state, stopped.position, stopped.outcome) == (ImportState.CANCELLED, 2, {"new": 2})
    with pytest.raises(ImportNotReady):
        members.start_import(import_id=job.id, actor=CLERK, now=NOW)


# --- what is given back, what is kept -----------------------------------------------------------------------------


def test_the_returned_file_names_every_row_that_needs_a_look(tmp_path):
    phone = build.phone()
    path = csv_file(
        tmp_path / "mixed.csv",
        [
            ["张三", phone, "", "", ""],
            ["张三", phone, "", "", ""],
            ["=cmd()", "1.38E+10", "", "1990-13-01", ""],
            ["", "", "", "", "x@"],
        ],
    )
    job = checked(path)
    assert job.preview == {"new": 1, "repeated": 1, "error": 2}
    out = tmp_path / "problems.xlsx"
    assert members.import_problems(import_id=job.id, path=out, actor=CLERK, now=NOW) == 3
    rows = CalamineWorkbook.from_path(out).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == ["3", "4", "5"]
    assert (
        db.value(
            "SELECT count(*) FROM platform_audit WHERE action = 'members.import_problems' AND subject_id = %s",
            [str(job.id)],
        )
        == 1
    )


def test_nothing_of_a_file_is_kept_in_clear_and_its_rows_are_forgotten(tmp_path):
    phone, name = build.phone(), "欧阳" + uuid7().hex[:6]
    job = imported(csv_file(tmp_path / "clear.csv", [[name, phone, "", "1990-03-04", ""]]))
    for table in ("members_import_job", "members_import_part", "members_member", "members_identity"):
        for row in db.rows(f"SELECT t::text AS row FROM {table} t"):
            assert phone not in row["row"]
            assert phone.encode().hex() not in row["row"]
            assert name not in row["row"]
    db.execute(
        "UPDATE members_import_job SET created_at = %s WHERE id = %s", [datetime(2025, 1, 1, tzinfo=UTC), job.id]
    )
    assert members.forget_imports(now=NOW) >= 1
    assert db.value("SELECT length(rows_encrypted) FROM members_import_part WHERE job_id = %s", [job.id]) == 0
    assert members.import_job(id=job.id).outcome == {"new": 1}
