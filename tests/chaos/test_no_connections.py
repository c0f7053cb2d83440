"""All connections of the database are taken: a clear "try again", an honest health check, and everything comes back."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.harness import chaos
from tests.harness.asgi import ThroughAsgi
from tests.harness.chain import make_chain
from tests.harness.crowd import DOORS, Crowd
from tests.harness.faults import address, database_at, drop_connections

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

TIMES = chaos.count(20)
CONNECTIONS = 40


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """A crowd that has come before the connections end."""
    sender = ThroughAsgi()
    yield Crowd(make_chain(stock=100_000), sender, dice=chaos.dice())
    sender.close()


@pytest.fixture
def few(crowd) -> Iterator[dict[str, str]]:
    """A role with the rights of the product's own that may open few connections."""
    name = f"quanyu_few_{secrets.token_hex(4)}"
    owner, role = sql.Identifier(address()["user"]), sql.Identifier(name)
    with psycopg.connect(**address(), autocommit=True) as ours:
        ours.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'few' CONNECTION LIMIT {}").format(role, sql.Literal(CONNECTIONS))
        )
        ours.execute(sql.SQL("GRANT {} TO {}").format(owner, role))
    yield {"USER": name, "PASSWORD": "few"}
    drop_connections()
    with psycopg.connect(**address(), autocommit=True) as ours:
        ours.execute(sql.SQL("DROP ROLE {}").format(role))


def test_when_no_connection_is_left_answers_are_honest_and_orders_come_later(crowd, few):
    owner = address()
    for _ in range(TIMES):
        intents = [crowd.intend(door) for door in DOORS]
        with database_at(**few):
            drop_connections(by=owner)
            holders = [psycopg.connect(**address()) for _ in range(CONNECTIONS)]
            with pytest.raises(psycopg.OperationalError, match="too many connections"):
                psycopg.connect(**address())
            assert [crowd.ask(intent) for intent in intents] == [False] * len(intents)
            assert crowd.sender.send("GET", "/healthz", None, {}).status == 200
            assert crowd.sender.send("GET", "/readyz", None, {}).status == 503
            for holder in holders:
                holder.close()
            # Nothing has to be started again: the next connection that is free is taken.
            for intent in intents:
                crowd.insist(intent, seconds_max=20)
            assert {intent.id for intent in intents} <= crowd.acknowledged
        drop_connections()
    crowd.verify()
