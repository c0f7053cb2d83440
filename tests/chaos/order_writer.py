"""A process that places orders until it is told to stop, through every death of the database.

Started with DATABASE_URL set, after ``django.setup()``. Every id is written to
``intents`` before it is sent, and to ``acknowledged`` when the order path has said yes; an order in doubt is sent
again under its id. Stops when the file ``stop`` appears, then writes the breaches of the books to ``report``.
"""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from django.db import DatabaseError, connection

from quanyu.entrypoints import reconcile
from quanyu.kernel.ids import uuid7
from quanyu.modules.checkout.contracts import TillFacts
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import command, place, till_command

STOCK = 100_000


class Writers:
    """Threads with their two journals."""

    def __init__(self, folder: Path, chain: Chain) -> None:
        self.folder, self.chain = folder, chain
        self.lock = threading.Lock()
        self.repeats = 0

    def note(self, name: str, text: str) -> None:
        with self.lock, (self.folder / name).open("a") as journal:
            journal.write(text + "\n")

    def write(self, number: int) -> None:
        """Place orders of the mall and of a till in turn until told to stop."""
        till, seq = uuid7(), 0
        while not (self.folder / "stop").exists():
            seq += 1
            if seq % 2:
                wanted = command(self.chain.store, (self.chain.milk, 1), (self.chain.bread, 2))
            else:
                facts = TillFacts(terminal_id=till, shift_id=None, seq=seq)
                wanted = till_command(self.chain.store, (self.chain.milk, 2), cash_fen=2 * MILK_FEN, till=facts)
            self.note("intents", str(wanted.id))
            self.place_for_certain(wanted)
            self.note("acknowledged", str(wanted.id))
        connection.close()

    def place_for_certain(self, wanted) -> None:
        """Send until there is an answer; always under the same id."""
        while True:
            try:
                place(wanted)
                return
            except DatabaseError:
                with self.lock:
                    self.repeats += 1
                connection.close()
                time.sleep(0.05)


def main(folder: Path, threads: int) -> None:
    """Make a chain, let the writers run, and report."""
    writers = Writers(folder, make_chain(stock=STOCK))
    started = [threading.Thread(target=writers.write, args=(number,)) for number in range(threads)]
    for thread in started:
        thread.start()
    (folder / "ready").touch()
    for thread in started:
        thread.join()
    # This thread's connection died with the server long ago.
    connection.close()
    checks = reconcile.run()
    breaches = {check.name: len(check.breaches) for check in checks if check.breaches}
    (folder / "report").write_text(
        json.dumps({"breaches": breaches, "checks": len(checks), "repeats": writers.repeats})
    )
