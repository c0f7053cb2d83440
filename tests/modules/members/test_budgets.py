"""The statements of the members' hot paths, pinned."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind
from tests.harness import members as build

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def statements(deed) -> int:
    with CaptureQueriesContext(connection) as captured:
        deed()
    return len([query for query in captured.captured_queries if query["sql"] not in ("BEGIN", "COMMIT")])


def test_a_known_person_costs_two_statements_and_a_token_one():
    number = build.phone()
    session = build.sign_in(phone_number=number)
    keys = [Key(KeyKind.PHONE, number, verified=True)]
    assert statements(lambda: members.find_or_create(keys=keys, channel="pos", now=NOW)) == 2
    assert statements(lambda: members.actor_for_token(token=session.token, now=NOW)) == 1
    assert statements(lambda: members.members(ids=[session.member.id])) == 1
