"""How many statements the hot paths of identity send."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanyu.modules.identity import api
from tests.harness import identity as people
from tests.harness import organization as chain

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@contextmanager
def statements(count: int):
    with CaptureQueriesContext(connection) as sent:
        yield
    assert len(sent) == count, [query["sql"] for query in sent]


def test_hot_paths_keep_their_number_of_statements():
    store = chain.make_store()
    device, device_token = people.make_device(store=store)
    cashiers = [people.make_person("cashier", unit_id=store.unit.id) for _ in range(3)]
    boss = people.make_actor("head_office")
    session = api.sign_in_at_device(device=device, username=cashiers[0].username, pin=people.PIN, now=NOW)
    with statements(1):
        assert api.actor_for_token(token=session.token, now=NOW) is not None
    with statements(1):
        assert api.actor_for_token(token=device_token, now=NOW) is not None
    with statements(1):
        assert len(api.staff(ids=[person.id for person in cashiers])) == 3
    with statements(1):
        api.require(actor=cashiers[0].actor, permission="pos.sell", unit_id=store.unit.id)
    with statements(0):
        api.require(actor=boss, permission="pos.sell", unit_id=store.unit.id)
    with statements(0):
        assert api.visible_unit_ids(actor=cashiers[0].actor, permission="pos.sell") == {store.unit.id}
