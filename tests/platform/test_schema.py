"""The schema as the tests get it."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from quanyu.platform.db import sql_rooms


def test_every_model_change_has_its_migration():
    out = StringIO()
    call_command("makemigrations", check=True, dry_run=True, skip_checks=True, stdout=out)
    assert "No changes detected" in out.getvalue()


def test_the_sql_rooms_are_applied():
    assert sql_rooms.stale() == []
