"""Members among the kinds of files: taken in by the members' own import, which knows one person from another."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor
from quanyu.modules.members import api
from quanyu.platform.files import importer
from quanyu.platform.files.importer import Elsewhere

IMPORT = "members.import"
SOURCE = "file"


def _template(path: Path) -> None:
    api.import_template(path=path)


def _take(path: Path, file_name: str, actor: Actor, now: datetime) -> str:
    """Hand the file over; what every row would be is judged there, and shown masked."""
    job = api.import_file(path=path, file_name=file_name, source=SOURCE, actor=actor, now=now)
    return reverse("admin:members_importjob_change", args=[job.id])


importer.add(
    Elsewhere(
        name="members",
        title=_("Members"),
        note=_("Members with their phones and cards; known ones are found, gaps are filled, nothing is replaced."),
        icon="group",
        permission=IMPORT,
        template=_template,
        take=_take,
        order=50,
    )
)
