"""What the tables of imports refuse by themselves: states that cannot be, two rows about the same thing."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.platform.models import FileJob, FileRow


def job_row(**given) -> FileJob:
    """Return a job as a table would keep it."""
    now = system_clock.now()
    return FileJob(
        **{
            "id": uuid7(),
            "kind": "x",
            "state": "uploaded",
            "language": "en",
            "file_name": "x",
            "sha256": "",
            "created_at": now,
            **given,
        }
    )


@pytest.mark.parametrize(
    ("given", "constraint"),
    [
        ({"state": "lost"}, "platform_file_job_(state|finished)"),
        ({"rows_applied": 1}, "platform_file_job_rows"),
        ({"progress": 101}, "platform_file_job_progress"),
        ({"state": "cancelled"}, "platform_file_job_finished"),
        ({"state": "applying"}, "platform_file_job_started"),
        ({"state": "done", "rows_read": 1}, "platform_file_job_whole"),
        ({"state": "failed"}, "platform_file_job_reason"),
        ({"reason": "empty"}, "platform_file_job_reason"),
    ],
)
def test_the_table_refuses_states_that_cannot_be(given, constraint):
    ended = {"finished_at": system_clock.now()} if given.get("state") in ("done", "failed") else {}
    began = {"started_at": system_clock.now()} if given.get("state") == "done" else {}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        job_row(**ended, **began, **given).save()


def test_the_table_refuses_two_rows_about_the_same_thing():
    job = job_row()
    job.save()
    FileRow(job=job, number=1, verdict="new", key_hash=b"k" * 16, content=b"").save(force_insert=True)
    FileRow(job=job, number=2, verdict="refused", key_hash=b"k" * 16, content=b"").save(force_insert=True)
    with pytest.raises(IntegrityError, match="platform_file_row_key_once"), transaction.atomic():
        FileRow(job=job, number=3, verdict="changed", key_hash=b"k" * 16, content=b"").save(force_insert=True)
    for field, value in (("verdict", "odd"), ("outcome", "odd")):
        with pytest.raises(IntegrityError, match=f"platform_file_row_{field}"), transaction.atomic():
            FileRow.objects.filter(job=job, number=1).update(**{field: value})
