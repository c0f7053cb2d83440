"""Fifty tills come back at once and send 200 sales each, three times over, in any order (POS-07, reliability P4).

``make tills`` plays the whole storm, ``make test`` five tills of a hundred. Then each safeguard is taken away, in a
database of its own, and the same comparison of the books must miss it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from quanyu.platform import db
from tests.harness import chaos, database, organization
from tests.harness.chain import Chain, make_chain
from tests.harness.crew import WITHOUT, Web
from tests.harness.faults import database_at
from tests.harness.till_storm import COPIES, Storm

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

TILLS, SALES = (50, 200) if chaos.FULL else (5, 100)


def test_pos_07_a_storm_of_repeats_makes_every_sale_exactly_once(tmp_path: Path):
    web = Web(database_url=os.environ["DATABASE_URL"], folder=tmp_path)
    web.start()
    try:
        storm = Storm(make_chain(stock=1_000_000), web.url, TILLS, SALES, chaos.dice())
        answers = storm.blow()
        assert answers["booked"] == TILLS * SALES * COPIES, answers
        storm.settle()
        storm.verify()
        storm.verify_points()
    finally:
        web.kill()
    sent = sum(answers.values())
    print(f"{sent} requests ({answers['cut']} cut) in {storm.took_s:.0f} s: {TILLS * SALES} orders")
    print(f"{sent / storm.took_s:.0f} a second, the longest {storm.waited_s:.1f} s")


# --- each safeguard is missed ----------------------------------------------------------------------------------------


class Apart:
    """A chain and a server over a database of their own, in which a safeguard may be taken away."""

    def __init__(self, chain: Chain, web: Web, switch: Path) -> None:
        self.chain, self.web, self.switch = chain, web, switch

    def storm(self) -> Storm:
        """A small storm."""
        return Storm(self.chain, self.web.url, 1, 4, chaos.dice())

    @contextmanager
    def without(self, guard: str) -> Iterator[None]:
        """Take the guard away: a constraint of ``pos_till_sale``, or one that ``served_without`` names."""
        if not guard.startswith("pos_till_sale"):
            self.switch.write_text(guard)
            yield
            self.switch.write_text("")
            return
        kept = db.value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [guard])
        # Keys that refer to it go with it and do not come back: the database is this test's own.
        db.execute(f"ALTER TABLE pos_till_sale DROP CONSTRAINT {guard} CASCADE")
        yield
        db.execute("SET session_replication_role = replica")
        db.execute("DELETE FROM pos_till_sale")
        db.execute("SET session_replication_role = DEFAULT")
        db.execute(f"ALTER TABLE pos_till_sale ADD CONSTRAINT {guard} {kept}")


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    folder = tmp_path_factory.mktemp("apart")
    switch = folder / "without"
    switch.write_text("")
    url = database.another("storm")
    connection.close()
    with database_at(NAME=url.rsplit("/", 1)[1]):
        app = "tests.harness.served_without:app"
        web = Web(database_url=url, folder=folder, app=app, **{WITHOUT: str(switch)})
        web.start()
        # Another database has an enterprise of its own.
        organization.enterprise.cache_clear()
        yield Apart(make_chain(stock=10_000), web, switch)
        web.kill()
        connection.close()
    organization.enterprise.cache_clear()
    database.drop(url)


def the_usual(storm: Storm) -> bool:
    """Nothing but a till's own sales, three times each."""
    return storm.blow()["booked"] == 4 * COPIES


def with_an_altered_sale(storm: Storm) -> bool:
    """A sale that does not match its digest."""
    return (storm.altered().code, the_usual(storm)) == ("pos.chain_broken", True)


def with_a_restored_till(storm: Storm) -> bool:
    """Another sale under a number that was used."""
    return (the_usual(storm), storm.restored().code) == (True, "pos.key_reused")


def with_twins(storm: Storm) -> bool:
    """Two sales under one id at once: one of them is a stranger, and it is another till's matter which."""
    usual, codes = the_usual(storm), sorted(reply.code for reply in storm.twins())
    number = "SELECT count(*) FROM pos_till_sale WHERE terminal_id = %s AND seq > 4"
    assert db.value(number, [storm.all[0].device]) == 1, "one id is one sale"
    return usual and codes == ["", "pos.key_reused"]


GUARDS: dict[str, Callable[[Storm], bool]] = {
    "digest": with_an_altered_sale,
    "settled": the_usual,
    "pos_till_sale_number_once": with_a_restored_till,
    "pos_till_sale_pkey": with_twins,
}


def holds(scenario: Callable[[Storm], bool], storm: Storm) -> bool:
    """Tell whether the scenario ends as it must, and the books agree."""
    try:
        ends = scenario(storm)
        storm.settle()
        if scenario is not with_twins:
            storm.verify()
    except AssertionError:
        return False
    return ends


@pytest.mark.parametrize("guard", GUARDS)
def test_pos_07_each_safeguard_of_a_tills_sales_is_missed(apart: Apart, guard: str):
    scenario = GUARDS[guard]
    assert holds(scenario, apart.storm())
    with apart.without(guard):
        assert not holds(scenario, apart.storm())
