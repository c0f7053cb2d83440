"""The exactly-once matrix of a till without its server (POS-07): 288 cells, see ``tests/harness/till_cells.py``.

``make tills`` plays all of them (``ROUNDS`` times, with other dice) and prints the table; ``make test`` plays a share
in which every value of every dimension occurs.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest

from tests.harness import chaos
from tests.harness.chain import Chain, make_chain
from tests.harness.crew import Web
from tests.harness.till_cells import AWAY, CELLS, FATES, PLACES, Cell, Play

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

# One of 17: coprime to every dimension, so the share meets all their values.
EVERY = 1 if chaos.FULL else 17
ROUNDS = int(os.environ.get("QUANYU_ROUNDS") or 1)


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=1_000_000)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two processes of the product over this database, as during a rolling update."""
    running = []
    for name in ("old", "new"):
        running.append(Web(database_url=os.environ["DATABASE_URL"], folder=tmp_path_factory.mktemp(name)))
        running[-1].start()
    yield running[0].url, running[1].url
    for one in running:
        one.kill()


def test_the_matrix_has_288_cells():
    assert len(set(CELLS)) == 288
    share = CELLS[::17]
    for value in range(5):
        names = ("tabs", "crash", "fate", "server", "away")
        assert {getattr(one, names[value]) for one in share} == {getattr(one, names[value]) for one in CELLS}


def test_pos_07_whatever_happens_to_a_till_every_sale_arrives_exactly_once(chain: Chain, servers: tuple[str, str]):
    seed = chaos.seed()
    table: dict[Cell, int] = dict.fromkeys(CELLS, 0)
    played: set[Cell] = set()
    began = time.monotonic()
    for turn in range(ROUNDS):
        for number, cell in enumerate(CELLS[::EVERY]):
            play = Play(cell, chain, servers, random.Random(f"{seed} {turn} {number}"))
            try:
                play.run()
            except Exception as failure:
                failure.add_note(f"{cell}, QUANYU_SEED={seed}, round {turn}")
                raise
            table[cell] += len(play.sold)
            played.add(cell)
    assert played == set(CELLS[::EVERY])
    print(as_table(table))
    print(f"{sum(table.values())} sales in {time.monotonic() - began:.0f} s, each there once: seed {seed}")


def as_table(table: dict[Cell, int]) -> str:
    """Return the sales that were compared, by cell: how the till died and what became of the sale, against the rest."""
    columns = [(tabs, server, away) for tabs in (1, 2) for server in ("old", "new") for away in AWAY]
    rows = [" " * 24 + "".join(f"{tabs} {server} {away}".rjust(15) for tabs, server, away in columns)]
    for crash in PLACES:
        for fate in FATES:
            counts = [table[Cell(tabs, crash, fate, server, away)] for tabs, server, away in columns]
            cells = "".join((str(one) if one else "·").rjust(15) for one in counts)
            rows.append(f"{crash:<14}{fate:<10}{cells}")
    return "\n".join(rows)
