"""Files of the list of members with names and phones in clear, for who holds ``members.export``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quanyu.modules.members.queries import in_clear as queries
from quanyu.platform.console import in_clear

EXPORT = "members.export"


def _read(members: Sequence[Any]) -> list[Mapping[str, str]]:
    found = queries.names_and_phones([member.pk for member in members])
    return [{"shown_name": found[member.pk][0], "shown_phone": found[member.pk][1]} for member in members]


in_clear.offer("members.member", in_clear.InClear(EXPORT, _read))
