"""Long forms in parts: fields that belong together stand together under a heading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.forms import BoundField

from quanyu.platform.console.forms import DeedForm


class SectionedForm(DeedForm):
    """A form whose ``parts`` name the fields under each heading; fields that were taken away are left out."""

    parts: ClassVar[Sequence[tuple[object, Sequence[str]]]] = ()

    def sections(self) -> list[tuple[object, list[BoundField]]]:
        """Return the headings with their fields, for the template."""
        found = [(title, [self[name] for name in names if name in self.fields]) for title, names in self.parts]
        return [(title, fields) for title, fields in found if fields]
