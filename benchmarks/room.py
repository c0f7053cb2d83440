"""A throw-away chain to measure: a durable PostgreSQL, goods in stores, tills, and the product's own server.

with room.database() as place:
    shop = room.furnish(place, room.Size())
    with room.web(place, workers=1) as server: ...
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from benchmarks.load.mall import Shopper
from benchmarks.load.till import Till
from quanyu.platform import postgres
from quanyu.platform.postgres import binaries
from tests.harness.database import ROOT, SECRETS, at

if TYPE_CHECKING:
    from quanyu.modules.organization.contracts import Location

NAME = "bench"
PIN = "2580"
PRICE_FEN = (300, 6_000)
# Every basket from 100 yuan gets 10 off; the other campaigns are looked at and do not apply.
OFF_FROM_FEN, OFF_FEN = 10_000, 1_000
START_S_MAX, STOP_S_MAX = 90.0, 20.0
_STOCK = """
    WITH opened AS (
        INSERT INTO inventory_stock (location_id, sku_id, owner_id, on_hand, changed_at)
        SELECT place.id, sku.id, place.owner_id, %(stock)s, now()
        FROM unnest(%(places)s::bigint[], %(owners)s::bigint[]) AS place (id, owner_id),
            unnest(%(skus)s::bigint[]) AS sku (id)
        ORDER BY place.id, sku.id
        RETURNING location_id, sku_id, owner_id, on_hand
    )
    INSERT INTO inventory_movement (
        location_id, sku_id, owner_id, kind, on_hand_delta, on_hand_after, cause_kind, cause_id, cause_line, actor, at
    )
    SELECT location_id, sku_id, owner_id, 'opening', on_hand, on_hand, 'opening', location_id::text, sku_id::text,
        'system:benchmark', now()
    FROM opened
"""


@dataclass(frozen=True)
class Size:
    """How large the chain is. ``hot_tills`` stand in the first store, ``tills`` are spread over all of them."""

    skus: int = 10_000
    stores: int = 20
    tills: int = 64
    hot_tills: int = 64
    stock: int = 10_000_000


SMALL = Size(skus=300, stores=4, tills=8, hot_tills=4)


@dataclass(frozen=True)
class Place:
    """A running PostgreSQL with the product's schema."""

    folder: Path
    address: postgres.Address
    url: str
    postmaster: int
    bindir: Path
    version: str

    @property
    def program_environment(self) -> dict[str, str]:
        """What PostgreSQL's own programs need to find the database: by its socket, the shortest way."""
        return os.environ | {
            "PGHOST": self.address.socket_dir,
            "PGPORT": str(self.address.port),
            "PGUSER": self.address.user,
            "PGPASSWORD": self.address.password,
            "PGDATABASE": NAME,
        }


@dataclass(frozen=True)
class Shop:
    """What was put in: goods as ``(sku, fen)`` in the order of their ids, and who sells them."""

    stores: list[Location]
    goods: list[tuple[int, int]]
    tills: list[Till]
    hot_tills: list[Till]
    book_id: int


@dataclass(frozen=True)
class Web:
    """The product's server, as `quanyu up` starts it."""

    port: int
    log_path: Path
    # The web server first; then the worker, if it runs.
    pids: tuple[int, ...]

    @property
    def address(self) -> tuple[str, int]:
        """Where it answers."""
        return "127.0.0.1", self.port


def settle(place: Place) -> None:
    """Gather statistics, as the database does by itself within minutes of a day of trade.

    Connections keep their plans; those made for an empty table read all of it for every foreign key.
    """
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def off_fen(total_fen: int) -> int:
    """Return what the chain's campaigns take off a basket."""
    return OFF_FEN if total_fen >= OFF_FROM_FEN else 0


@contextmanager
def database() -> Iterator[Place]:
    """Make a PostgreSQL as `quanyu up` makes it, durable, with the present schema; set Django up on it."""
    with postgres.scratch_folder() as folder, postgres.Server(folder / "pg") as server:
        assert server.address is not None
        postgres.create_database(server.address.url("postgres"), NAME)
        url = at(server.address.url("postgres"), NAME)
        os.environ.update(SECRETS)
        os.environ |= {"DATABASE_URL": url, "QUANYU_HOME": str(folder / "home")}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "quanyu.entrypoints.settings", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        subprocess.run([sys.executable, "-m", "tests.harness.migrate"], cwd=ROOT, check=True)
        import django

        django.setup()
        with psycopg.connect(url) as connection:
            version = str(connection.execute("SHOW server_version").fetchone()[0]).split()[0]
        pid = int((server.data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
        yield Place(folder, server.address, url, pid, binaries.find().bindir, version)


def furnish(place: Place, size: Size) -> Shop:
    """Put a chain into the database: through the doors where a row is somebody's decision, stock by one statement."""
    from quanyu.kernel.actor import SYSTEM
    from quanyu.kernel.clock import system_clock
    from quanyu.modules.catalog import api as catalog
    from quanyu.modules.catalog.contracts import NewProduct, NewSku
    from tests.harness import organization, pricing
    from tests.harness.catalog import make_category

    now, chance = system_clock.now(), random.Random(20260302)
    head_office = organization.enterprise()
    stores = [organization.make_store(parent_id=head_office.id) for _ in range(size.stores)]
    category = make_category()
    skus: list[int] = []
    for start in range(0, size.skus, 500):
        names = [f"B{number:06d}" for number in range(start, min(start + 500, size.skus))]
        new = [
            NewProduct(f"P{name}", f"商品{name}", category.id, "件", (NewSku(f"S{name}", f"商品{name}", cost_fen=200),))
            for name in names
        ]
        made = catalog.create_products(products=new, actor=SYSTEM, now=now)
        skus += [sku for product in made for sku in product.sku_ids]
    goods = [(sku, chance.randint(*PRICE_FEN)) for sku in sorted(skus)]
    book = pricing.make_book(unit_id=head_office.id, prices=dict(goods))
    _campaigns(other_category=make_category().id)
    with psycopg.connect(place.url, autocommit=True) as connection:
        places, owners = [store.unit.id for store in stores], [store.owner_id for store in stores]
        connection.execute(_STOCK, {"places": places, "owners": owners, "skus": skus, "stock": size.stock})
        tills = make_tills(stores, size.tills)
        hot_tills = make_tills(stores[:1], size.hot_tills)
    settle(place)
    return Shop(stores, goods, tills, hot_tills, book.id)


def _campaigns(*, other_category: int) -> None:
    """Set up what the price chain looks at for every basket: three campaigns, of which the first may apply."""
    from quanyu.kernel.actor import SYSTEM
    from quanyu.kernel.clock import system_clock
    from quanyu.kernel.period import Period
    from quanyu.modules.promotions import api as promotions
    from quanyu.modules.promotions.contracts import CampaignKind, Scope, Step

    now = system_clock.now()
    always = Period(now - timedelta(days=1), now + timedelta(days=30))
    elsewhere = Scope(category_ids=frozenset({other_category}))
    common = {"period": always, "actor": SYSTEM, "now": now}
    promotions.create_campaign(code="BENCH1", name="满百减十", steps=[Step(OFF_FROM_FEN, OFF_FEN)], **common)
    promotions.create_campaign(code="BENCH2", name="别处满减", steps=[Step(1_000, 100)], scope=elsewhere, **common)
    promotions.create_campaign(
        code="BENCH3", name="别处第二件半价", kind=CampaignKind.NTH, count=2, off_bp=5_000, scope=elsewhere, **common
    )


def make_tills(stores: list[Location], count: int) -> list[Till]:
    """Put tills into the stores by turns, each with its own cashier signed in and a shift open."""
    from quanyu.kernel.actor import SYSTEM
    from quanyu.kernel.clock import system_clock
    from quanyu.kernel.ids import uuid7
    from quanyu.modules.identity import api as identity
    from quanyu.modules.identity.contracts import DeviceKind
    from quanyu.modules.pos import api as pos
    from tests.harness.identity import make_person

    found = []
    for number in range(count):
        store, now = stores[number % len(stores)], system_clock.now()
        cashier = make_person("cashier", unit_id=store.unit.id)
        code = identity.enrol_code(
            kind=DeviceKind.POS, unit_id=store.unit.id, name=f"T{number}", actor=SYSTEM, now=now
        ).code
        enrolled = pos.enrol(code=code, address="", now=now)
        device = identity.actor_for_token(token=enrolled.token, now=now)
        assert device is not None
        session = pos.sign_in(actor=device, username=cashier.username, pin=PIN, now=now)
        staff = identity.actor_for_token(token=session.token, now=now)
        assert staff is not None
        shift = pos.open_shift(shift_id=uuid7(), float_fen=20_000, till=enrolled.till, actor=staff, now=now)
        found.append(Till(store.unit.id, enrolled.till.device_id, shift.id, cashier.id, enrolled.token, session.token))
    return found


def make_shoppers(stores: Sequence[Location], count: int) -> list[Shopper]:
    """Sign so many new members in, by turns in the stores."""
    from tests.harness import members

    return [Shopper(stores[number % len(stores)].unit.id, members.sign_in().token) for number in range(count)]


@contextmanager
def web(place: Place, *, workers: int = 1, all_programs: bool = False) -> Iterator[Web]:
    """Run the web server for the time of the block, by the very table of processes that `quanyu up` has.

    ``all_programs``: with the worker and the payment simulator of a demo beside it, whose payers pay at once.
    """
    from quanyu.entrypoints.cli import programs
    from quanyu.platform import config

    settings, port, simulator_port = config.load(), free_port(), free_port()
    if all_programs:
        settings = settings.model_copy(update={"demo": True})
    table = programs.table(settings, port=port, simulator_port=simulator_port, workers=workers)
    with ExitStack() as running:
        pids: list[int] = []
        for program in table:
            if program.name == "web" or all_programs:
                log_path = place.folder / f"{program.name}-{port}.log"
                process = running.enter_context(served(program.command, program.env, log_path))
            if program.name == "web" or (program.name == "worker" and all_programs):
                pids.insert(0, process.pid)
            if program.name == "payment-simulator" and all_programs:
                wait(process, f"http://127.0.0.1:{simulator_port}/healthz", log_path)
                _post(f"http://127.0.0.1:{simulator_port}/control/autopay", b'{"seconds": 0.01}')
        # The web server is the last of the table.
        wait(process, f"http://127.0.0.1:{port}/api/mall/v1/categories", log_path)
        yield Web(port, log_path, tuple(pids))


@contextmanager
def served(command: Sequence[str], env: Mapping[str, str], log_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the time of the block; what it says goes to a file."""
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _post(url: str, body: bytes) -> None:
    asked = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=10):
        return


def wait(process: subprocess.Popen[bytes], ready: str, log_path: Path) -> None:
    """Wait until an address is answered. Raises ``RuntimeError`` with the program's last words when it never is."""
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(ready, timeout=START_S_MAX):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError(f"{ready} did not answer:\n{log_path.read_text(errors='replace')[-4000:]}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
