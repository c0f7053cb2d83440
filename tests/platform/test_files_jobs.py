"""Imports from upload to outcome: states, crashes, cancelling, what changed meanwhile, two workers, double clicks."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.admin import importing as units_importing
from quanyu.platform import db
from quanyu.platform.files import doors, importer, keep
from quanyu.platform.files.importer import Importer
from quanyu.platform.files.refusals import FileNotReady, FileUnknown, TooManyFiles
from quanyu.platform.models import AuditEvent, FileJob, FileRow
from tests.harness import files
from tests.harness.chain import make_chain
from tests.harness.identity import make_person

HEAD = ["供应商编码", "供应商名称"]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(keep, "BATCH", 3)


@pytest.fixture(scope="module", autouse=True)
def chain():
    return make_chain()


def suppliers(tmp_path: Path, count: int = 9, *, prefix: str = "") -> tuple[list[str], Path]:
    """Write a file with so many new suppliers; return their codes and the file."""
    lead = prefix or secrets.token_hex(3)
    codes = [f"K{lead}{number}" for number in range(count)]
    return codes, files.xlsx(tmp_path / f"{lead}.xlsx", [HEAD, *[[code, f"供应商 {code}"] for code in codes]])


def made(codes: list[str]) -> list[str]:
    """Return which of the suppliers exist."""
    return sorted(organization.units_by_code(codes=codes))


def told_of(codes: list[str]) -> int:
    """Return how often the making of these suppliers was written to the audit trail."""
    return AuditEvent.objects.filter(action="organization.create_unit", detail__code__in=codes).count()


def silent(job_id: UUID) -> None:
    """Let the worker of an import be silent for longer than a living one may be."""
    FileJob.objects.filter(id=job_id).update(beat_at=system_clock.now() - keep.LEASE - timedelta(seconds=1))


def test_an_import_is_checked_previewed_applied_and_told(tmp_path):
    codes, path = suppliers(tmp_path)
    job = files.checked("suppliers", path)
    assert (job.state, job.counts, job.rows_read, job.progress) == ("checked", {"new": 9}, 9, 100)
    assert made(codes) == []
    assert not keep.path_of(job.id).exists()

    files.start(job.id)
    assert files.work(job.id) == "done"
    job.refresh_from_db()
    assert (job.outcome, job.rows_applied) == ({"written": 9}, 9)
    assert made(codes) == sorted(codes)
    trail = AuditEvent.objects.filter(subject_kind="file_import", subject_id=str(job.id)).order_by("id")
    assert [event.action for event in trail] == ["files.upload", "files.apply"]

    again = files.checked("suppliers", path)
    assert again.counts == {"unchanged": 9}
    assert told_of(codes) == 9


def test_changes_are_shown_with_what_stood_and_an_empty_cell_leaves_it(tmp_path):
    codes, path = suppliers(tmp_path, 2)
    files.applied("suppliers", path)
    named = files.xlsx(tmp_path / "b.xlsx", [[*HEAD, "英文名称"], [codes[0], "新名", "New"], [codes[1], None, None]])
    job = files.checked("suppliers", named)
    assert job.counts == {"changed": 1, "unchanged": 1}
    first = files.rows_of(job)[0].content
    assert (first.before, first.values) == (
        {"code": codes[0], "name": f"供应商 {codes[0]}", "name_en": ""},
        {"code": codes[0], "name": "新名", "name_en": "New"},
    )
    files.start(job.id)
    files.work(job.id)
    emptied = files.applied("suppliers", files.xlsx(tmp_path / "c.xlsx", [[*HEAD, "英文名称"], [codes[0], None, "-"]]))
    assert emptied.outcome == {"written": 1}
    unit = organization.unit_by_code(code=codes[0])
    assert (unit.name, unit.name_en) == ("新名", "")


@pytest.mark.parametrize("moment", ["inside", "between"])
def test_a_worker_that_is_killed_leaves_nothing_half_done_and_nothing_is_done_twice(tmp_path, moment):
    codes, path = suppliers(tmp_path)
    job = files.checked("suppliers", path)
    files.start(job.id)
    script = f"""
import os, sys
sys.path[:0] = ["src", "."]
import django; django.setup()
from uuid import UUID
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.organization.admin import importing
from quanyu.platform.files import applying, doors, keep
keep.BATCH = 3
calls = []
if {moment == "inside"!r}:
    create = importing.api.create_unit
    def dying(**given):
        calls.append(1)
        made = create(**given)
        if len(calls) == 5:
            os._exit(9)
        return made
    importing.api.create_unit = dying
else:
    batch = applying._apply_batch
    def dying(*given, **named):
        calls.append(1)
        if len(calls) == 2:
            os._exit(9)
        return batch(*given, **named)
    applying._apply_batch = dying
doors.work_on(UUID("{job.id}"), actor_of=lambda job: SYSTEM, clock=system_clock.now)
"""
    connection.close()
    died = subprocess.run([sys.executable, "-c", script], env=os.environ, capture_output=True, text=True, check=False)
    assert died.returncode == 9, died.stderr
    job.refresh_from_db()
    assert (job.state, job.rows_applied, job.outcome) == ("applying", 3, {"written": 3})
    assert made(codes) == codes[:3]

    # The dead one's time is not over: nobody else takes the job yet.
    assert files.work(job.id) == "applying"
    assert made(codes) == codes[:3]
    silent(job.id)
    assert keep.abandoned(system_clock.now()) == [job.id]
    assert files.work(job.id) == "done"
    job.refresh_from_db()
    assert (job.outcome, job.rows_applied) == ({"written": 9}, 9)
    assert made(codes) == codes
    assert told_of(codes) == 9


def test_a_check_that_broke_off_goes_on_behind_its_last_batch(tmp_path, monkeypatch):
    _, path = suppliers(tmp_path)
    job_id = files.upload("suppliers", path)
    seen: list[int] = []
    kind = importer.of_kind("suppliers")
    assert isinstance(kind, Importer)

    def away(rows, actor, now, hold):
        seen.extend(row.number for row in rows)
        if len(seen) == 6:
            raise OperationalError("the database is away")
        return units_importing._look_up_suppliers(rows, actor, now, hold)

    monkeypatch.setattr(Importer, "look_up", property(lambda _self: away), raising=False)
    with pytest.raises(OperationalError):
        files.work(job_id)
    assert FileJob.objects.values_list("state", "rows_read").get(id=job_id) == ("checking", 3)
    silent(job_id)
    assert files.work(job_id) == "checked"
    assert seen == [2, 3, 4, 5, 6, 7, 5, 6, 7, 8, 9, 10]
    assert FileJob.objects.get(id=job_id).counts == {"new": 9}
    assert FileRow.objects.filter(job_id=job_id).count() == 9


def test_cancelling_between_batches_keeps_what_was_written_and_says_so(tmp_path):
    codes, path = suppliers(tmp_path)
    job = files.checked("suppliers", path)
    files.start(job.id)
    asked: list[int] = []

    def clock():
        asked.append(1)
        # Once to take the job, then once for each batch.
        if len(asked) == 4:
            doors.cancel(job_id=job.id, actor=SYSTEM, now=system_clock.now())
        return system_clock.now()

    assert doors.work_on(job.id, actor_of=lambda _job: SYSTEM, clock=clock) == "cancelled"
    job.refresh_from_db()
    assert (job.rows_applied, job.outcome) == (6, {"written": 6})
    assert made(codes) == codes[:6]
    with pytest.raises(FileNotReady):
        doors.cancel(job_id=job.id, actor=SYSTEM, now=system_clock.now())
    assert files.work(job.id) == "cancelled"
    assert made(codes) == codes[:6]


def test_what_somebody_changed_since_the_preview_is_refused_and_not_written_over(tmp_path):
    codes, path = suppliers(tmp_path, 3)
    files.applied("suppliers", path)
    job = files.checked("suppliers", files.xlsx(tmp_path / "b.xlsx", [HEAD, *[[code, "新名"] for code in codes]]))
    other = organization.unit_by_code(code=codes[1])
    organization.rename_unit(unit_id=other.id, name="别人改的", actor=SYSTEM, now=system_clock.now())
    same = organization.unit_by_code(code=codes[2])
    organization.rename_unit(unit_id=same.id, name="新名", actor=SYSTEM, now=system_clock.now())
    files.start(job.id)
    files.work(job.id)

    job.refresh_from_db()
    assert job.outcome == {"written": 1, "refused": 1, "same": 1}
    assert files.errors_of(job) == [(3, "name", "stale")]
    assert organization.unit_by_code(code=codes[1]).name == "别人改的"


def test_what_was_new_and_is_there_meanwhile_is_refused_too(tmp_path):
    codes, path = suppliers(tmp_path, 2)
    job = files.checked("suppliers", path)
    files.applied("suppliers", files.xlsx(tmp_path / "b.xlsx", [HEAD, [codes[0], "另一个"]]))
    files.start(job.id)
    files.work(job.id)
    assert files.errors_of(job) == [(2, "code", "stale")]
    assert organization.unit_by_code(code=codes[0]).name == "另一个"


def test_a_row_that_a_door_refuses_does_not_hold_up_the_others(tmp_path):
    codes, _ = suppliers(tmp_path, 3)
    rows = [HEAD, [codes[0], "一"], ["有 空格", "二"], [codes[1], "三"]]
    job = files.applied("suppliers", files.xlsx(tmp_path / "b.xlsx", rows))
    assert job.outcome == {"written": 2, "refused": 1}
    assert files.errors_of(job) == [(3, "code", "invalid")]
    assert made(codes) == codes[:2]


def test_the_second_of_two_rows_about_the_same_thing_is_refused_in_any_batch(tmp_path):
    codes, _ = suppliers(tmp_path, 5)
    rows = [HEAD, *[[code, "一"] for code in codes], [codes[0], "二"], [codes[0], "三"]]
    job = files.checked("suppliers", files.xlsx(tmp_path / "b.xlsx", rows))
    assert job.counts == {"new": 5, "refused": 2}
    assert [(row.number, dict(row.content.errors[0].params)) for row in files.rows_of(job) if row.content.errors] == [
        (7, {"row": 2}),
        (8, {"row": 2}),
    ]


def test_two_workers_at_once_write_every_row_once(tmp_path):
    codes, path = suppliers(tmp_path)
    job = files.checked("suppliers", path)
    files.start(job.id)
    # Both have taken the job: what is left between them is the cursor.
    barrier = threading.Barrier(2)

    def work() -> None:
        kind = importer.of_kind("suppliers")
        assert isinstance(kind, Importer)
        from quanyu.platform.files import applying

        barrier.wait()
        applying.apply(job, kind, actor=SYSTEM, clock=system_clock.now)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A worker that saw the other one's batch under way stopped; whoever was left ended it.
    silent(job.id)
    files.work(job.id)
    job.refresh_from_db()
    assert (job.state, job.outcome, job.rows_applied) == ("done", {"written": 9}, 9)
    assert told_of(codes) == 9


def test_a_batch_is_taken_by_one_worker_only(tmp_path):
    _, path = suppliers(tmp_path)
    job = files.checked("suppliers", path)
    files.start(job.id)
    now = system_clock.now()
    moves = [keep.apply_on(job.id, after=0, cursor=4, count=3, now=now) for _ in range(2)]
    assert moves == [True, False]
    doors.cancel(job_id=job.id, actor=SYSTEM, now=now)
    assert keep.apply_on(job.id, after=4, cursor=7, count=3, now=now) is False


def test_a_second_click_is_the_same_import(tmp_path):
    person = make_person("head_office", with_pin=False)
    _, path = suppliers(tmp_path)
    first = files.upload("suppliers", path, actor=person.actor)
    assert files.upload("suppliers", path, actor=person.actor) == first
    files.work(first, actor=person.actor)
    assert files.upload("suppliers", path, actor=person.actor) == first
    files.start(first, actor=person.actor)
    with pytest.raises(FileNotReady):
        files.start(first, actor=person.actor)
    assert FileJob.objects.filter(staff_id=person.id).count() == 1


def test_a_fourth_file_at_once_is_refused_and_not_kept(tmp_path):
    person = make_person("head_office", with_pin=False)
    for _ in range(doors.LIVE_MAX):
        files.upload("suppliers", suppliers(tmp_path)[1], actor=person.actor)
    kept = set(keep.path_of(uuid7()).parent.iterdir())
    with pytest.raises(TooManyFiles):
        files.upload("suppliers", suppliers(tmp_path)[1], actor=person.actor)
    assert set(keep.path_of(uuid7()).parent.iterdir()) == kept


def test_the_uploaded_file_and_the_kept_rows_are_private(tmp_path):
    codes, path = suppliers(tmp_path, 1)
    job_id = files.upload("suppliers", path)
    assert keep.path_of(job_id).stat().st_mode & 0o777 == 0o600
    assert keep.path_of(job_id).parent.stat().st_mode & 0o777 == 0o700
    files.work(job_id)
    content = db.value("SELECT content FROM platform_file_row WHERE job_id = %s", [job_id])
    assert codes[0].encode() not in bytes(content)


def test_an_import_belongs_to_who_uploaded_it_and_needs_the_kinds_permission(tmp_path):
    _, path = suppliers(tmp_path, 1)
    one, other = make_person("head_office", with_pin=False), make_person("head_office", with_pin=False)
    manager = make_person("store_manager", unit_id=make_chain().store.unit.id, with_pin=False)
    job_id = files.upload("suppliers", path, actor=one.actor)
    with pytest.raises(FileUnknown):
        doors.cancel(job_id=job_id, actor=other.actor, now=system_clock.now())
    with pytest.raises(Forbidden):
        files.upload("suppliers", path, actor=manager.actor)
    assert FileJob.objects.filter(staff_id=manager.id).count() == 0


def test_rights_are_looked_at_when_the_work_is_done(tmp_path):
    codes, path = suppliers(tmp_path, 1)
    person = make_person("head_office", with_pin=False)
    job = files.checked("suppliers", path, actor=person.actor)
    files.start(job.id, actor=person.actor)
    assert doors.work_on(job.id, actor_of=lambda _job: None, clock=system_clock.now) == "cancelled"
    assert made(codes) == []


def test_imports_are_forgotten_after_a_week_with_rows_and_files(tmp_path):
    _, path = suppliers(tmp_path, 2)
    old, young = files.checked("suppliers", path), files.checked("suppliers", suppliers(tmp_path, 1)[1])
    waiting = files.upload("suppliers", suppliers(tmp_path, 1)[1])
    past = system_clock.now() - keep.KEPT - timedelta(minutes=1)
    FileJob.objects.filter(id__in=[old.id, waiting]).update(created_at=past)
    assert keep.prune(system_clock.now()) == 2
    assert list(FileJob.objects.filter(id__in=[old.id, young.id, waiting]).values_list("id", flat=True)) == [young.id]
    assert FileRow.objects.filter(job_id=old.id).count() == 0
    assert not keep.path_of(waiting).exists()
