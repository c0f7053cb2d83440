"""What the database itself refuses of OneID, whatever a program above does; and files of bytes that nobody wrote."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import xlsxwriter
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.kernel.ids import uuid7
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts.importing import ImportRefused
from quanyu.modules.members.ops import import_keep, import_read
from quanyu.platform import db
from tests.harness.oneid import EDITOR, NOW, enrol, unionid


def two() -> tuple[UUID, UUID]:
    low, high = sorted(enrol(unionid()).id for _ in range(2))
    return low, high


def merge_row(winner: UUID, loser: UUID, **given) -> None:
    row = {"cause": "staff", "undone_at": None} | given
    db.execute(
        "INSERT INTO members_merge (id, winner_id, loser_id, cause, reason, actor, at, undone_at, undone_by, "
        "undo_reason) "
        "VALUES (%s, %s, %s, %s, '', 'x', %s, %s, '', '')",
        [uuid7(), winner, loser, row["cause"], NOW, row["undone_at"]],
    )


def match_row(low: UUID, high: UUID, *, state: str = "open", decided_at: datetime | None = None) -> None:
    db.execute(
        "INSERT INTO members_match (id, low_id, high_id, cause, score, evidence, state, created_at, decided_at, "
        "decided_by) "
        "VALUES (%s, %s, %s, 'scan', 1, '[]', %s, %s, %s, '')",
        [uuid7(), low, high, state, NOW, decided_at],
    )


def contact_row(member: UUID, kind: str = "phone") -> None:
    db.execute(
        "INSERT INTO members_contact (id, member_id, kind, value_index, value_encrypted, value_masked, created_at) "
        "VALUES (%s, %s, %s, %s, '', '', %s)",
        [uuid7(), member, kind, b"1" * 32, NOW],
    )


def job_row(**given) -> None:
    row = {"state": "running", "row_count": 5, "position": 0} | given
    db.execute(
        "INSERT INTO members_import_job (id, source, file_name, state, headings, row_count, position, preview, "
        "outcome, problem, created_by, created_at) VALUES (%s, 's', 'f', %s, '[]', %s, %s, '{}', '{}', '', 'x', %s)",
        [uuid7(), row["state"], row["row_count"], row["position"], NOW],
    )


def twice(deed: Callable[[], None]) -> None:
    deed()
    deed()


def into_itself(member: UUID) -> None:
    db.execute("UPDATE members_member SET merged_into_id = id WHERE id = %s", [member])


@pytest.mark.parametrize(
    ("constraint", "deed"),
    [
        ("members_merge_one_per_loser", lambda low, high: twice(lambda: merge_row(low, high))),
        ("members_merge_two_members", lambda low, high: merge_row(low, low)),
        ("members_merge_cause_known", lambda low, high: merge_row(low, high, cause="whim")),
        ("members_match_pair_once", lambda low, high: twice(lambda: match_row(low, high))),
        ("members_match_ordered", lambda low, high: match_row(high, low)),
        ("members_match_state_known", lambda low, high: match_row(low, high, state="maybe", decided_at=NOW)),
        ("members_match_decided", lambda low, high: match_row(low, high, state="refused")),
        ("members_member_not_into_itself", lambda low, high: into_itself(low)),
        ("members_contact_once", lambda low, high: twice(lambda: contact_row(low))),
        ("members_contact_kind_known", lambda low, high: contact_row(low, kind="pigeon")),
        ("members_import_position", lambda low, high: job_row(position=6)),
        ("members_import_state_known", lambda low, high: job_row(state="stuck")),
    ],
)
def test_the_database_refuses(constraint, deed):
    low, high = two()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        deed(low, high)


def test_a_merge_that_was_undone_makes_room_for_another():
    low, high = two()
    with transaction.atomic():
        merge_row(low, high, undone_at=NOW)
        merge_row(low, high)
        assert db.value("SELECT count(*) FROM members_merge WHERE loser_id = %s", [high]) == 2
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("view", "deed"),
    [
        (
            "members_breach_merge_record",
            lambda low, high: db.execute("UPDATE members_member SET merged_into_id = %s WHERE id = %s", [low, high]),
        ),
        (
            "members_breach_merged_keys",
            lambda low, high: db.execute("UPDATE members_member SET merged_into_id = %s WHERE id = %s", [low, high]),
        ),
        (
            "members_breach_member_without_key",
            lambda low, high: db.execute("DELETE FROM members_identity WHERE member_id = %s", [high]),
        ),
    ],
)
def test_a_breach_is_seen(view, deed):
    low, high = two()
    with transaction.atomic():
        assert db.rows(f"SELECT * FROM {view} WHERE id = %s", [high]) == []
        deed(low, high)
        assert len(db.rows(f"SELECT * FROM {view} WHERE id = %s", [high])) == 1
        transaction.set_rollback(True)


# --- files of bytes that nobody wrote ------------------------------------------------------------------------------


def read_whole(path: Path) -> str:
    """Read a file as an import does; the only way to fail is a refusal."""
    try:
        places, _headings, rows = import_read.table(path)
        for part in import_keep.parts(places, rows, today=datetime(2026, 3, 2, tzinfo=UTC).date()):
            assert all(row.number > 0 for row in part)
    except ImportRefused:
        return "refused"
    return "read"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(lambda text: ("姓名,手机号,生日\n" + text).encode("utf-8", "replace")),
        st.binary(max_size=200).map(lambda tail: "姓名,手机号\n".encode("gbk") + tail),
        st.binary(max_size=300).map(lambda tail: b"PK\x03\x04" + tail),
    )
)
def test_any_bytes_are_read_or_refused_and_never_more(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "file"
    path.write_bytes(content)
    assert read_whole(path) in ("read", "refused")


def test_spreadsheets_with_broken_parts_are_read_or_refused(tmp_path):
    whole = tmp_path / "whole.xlsx"
    with xlsxwriter.Workbook(str(whole)) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([["姓名", "手机号"], ["张三", "13800138000"], ["李四", 13800138001]]):
            for column, cell in enumerate(row):
                sheet.write(place, column, cell)
    chance, outcomes = random.Random(7), set()
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for attempt in range(120):
        broken = dict(parts)
        name = chance.choice(sorted(parts))
        content = bytearray(broken[name])
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        broken[name] = bytes(content) if attempt % 10 else b""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for part, text in broken.items():
                archive.writestr(part, text)
        path = tmp_path / "broken.xlsx"
        path.write_bytes(out.getvalue())
        outcomes.add(read_whole(path))
    assert outcomes == {"read", "refused"}


def test_a_refused_file_leaves_no_job_that_waits(tmp_path):
    path = tmp_path / "rowless.csv"
    path.write_text("姓名,手机号\n", "utf-8")
    with pytest.raises(ImportRefused):
        members.import_file(path=path, file_name="rowless.csv", source="old-till", actor=EDITOR, now=NOW)
    states = db.rows("SELECT state FROM members_import_job WHERE file_name = 'rowless.csv'")
    assert {row["state"] for row in states} == {"failed"}
