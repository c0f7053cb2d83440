"""Lists of the console as a test reads them: rows, pages, plans; and tables filled by copies of one row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from quanyu.modules.identity.models import Staff
from quanyu.modules.organization.contracts import Location
from quanyu.platform import db
from tests.harness import console
from tests.harness.identity import Person

MOMENT = "timestamptz '2026-05-01 12:00+08'"
_JOINED = "joined by SQL"
_ROW = re.compile(r'<tr data-row="([^"]+)"')
_REL = '<a class="qy-button qy-button-small" rel="{}" href="([^"]+)"'


def rows(html: str) -> list[str]:
    """Return the addresses of the rows of a page, in their order."""
    return [unescape(address) for address in _ROW.findall(html)]


def keys(html: str) -> list[str]:
    """Return the keys of the rows of a page, in their order."""
    return [address.rstrip("/").rsplit("/", 1)[1] for address in rows(html)]


def turned(html: str, way: str) -> str | None:
    """Return where the next (``next``) or the previous page (``prev``) is; ``None``: nowhere."""
    found = re.search(_REL.format(way), html)
    return unescape(found.group(1)) if found else None


def page(browser: Client, place: str, query: str = "") -> str:
    """Return a page of a list that must be there."""
    answer = browser.get(console.list_address(place) + (f"?{query}" if query else ""))
    assert answer.status_code == 200, (place, query, answer.status_code)
    return answer.content.decode()


def walk(browser: Client, place: str, *, way: str = "next", start: str = "") -> Iterator[str]:
    """Yield page after page."""
    html = page(browser, place, start)
    yield html
    while following := turned(html, way):
        html = page(browser, place, following.removeprefix("?"))
        yield html


def copied(table: str, count: int, **columns: str) -> None:
    """Fill a table with copies of its last row; ``columns`` are SQL over ``n`` (1 ... count) for what differs."""
    changed = ", ".join(f"'{name}', {text}" for name, text in columns.items())
    db.execute(
        f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT made.*"
        f" FROM (SELECT whole FROM {table} AS whole LIMIT 1) AS base,"
        f" generate_series(1, {int(count)}) AS n,"
        f" LATERAL jsonb_populate_record(base.whole, jsonb_build_object({changed})) AS made"
    )


def joined(store: Location, count: int, *, at: str = MOMENT) -> set[str]:
    """Let members join a store at one moment, as an import does; return their keys. ``at``: SQL of the moment."""
    made = db.rows(
        "INSERT INTO members_member (id, number, level, tier, channel, store_id, created_at, name_masked, phone_masked,"
        " phone_last4, language, card_number) SELECT gen_random_uuid(), '8' || (random() * 1e15)::bigint, 'identified',"
        f" 'basic', 'import', %s, {at}, '{_JOINED}', '', '', 'zh-hans', '7' || (random() * 1e15)::bigint"
        " FROM generate_series(1, %s) RETURNING id",
        [store.unit.id, count],
    )
    return {str(row["id"]) for row in made}


def forget_joined() -> None:
    """Remove who was written by SQL: without a key to be found by, the books would tell of him."""
    db.execute("DELETE FROM members_member WHERE name_masked = %s", [_JOINED])


@contextmanager
def filled() -> Iterator[None]:
    """Let a block fill tables as it likes: nothing of it stays, and nobody else sees it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def plans(person: Person, place: str, query: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Return every question that a list asks the table it shows, with its plan."""
    request = RequestFactory().get(console.list_address(place))
    request.user = Staff.objects.get(pk=person.id)
    request.GET = QueryDict(query)
    listed = console.lists()[place]
    with CaptureQueriesContext(
        connection,
    ) as asked:
        listed.get_changelist_instance(request)
    own = f'FROM "{listed.model._meta.db_table}"'
    found = []
    for question in (one["sql"] for one in asked.captured_queries):
        if own in question:
            (told,) = db.row_values(f"EXPLAIN (FORMAT JSON) {question.replace('%', '%%')}")
            found.append((question, (told if isinstance(told, list) else json.loads(told))[0]["Plan"]))
    return found


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a plan."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from steps(inner)


def faults(plan: dict[str, Any], table: str) -> list[str]:
    """Return what reads or sorts the whole table."""
    found = [
        step["Node Type"] for step in steps(plan) if step.get("Relation Name") == table and "Seq" in step["Node Type"]
    ]
    return found + [step["Node Type"] for step in steps(plan) if step["Node Type"] == "Sort"]
