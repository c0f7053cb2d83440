"""pgbench calls one PL/pgSQL function per order (order_path.sql): what the machine and PostgreSQL can do."""

from __future__ import annotations

import re
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks import facts, room

_FUNCTION = Path(__file__).with_name("order_path.sql")
# Each client has its own tills; one of each third of the goods, in the order of the SKUs.
_SCRIPT = """\
\\set till :first_till + :client_id + {clients} * random(0, {each} - 1)
\\set first random(:sku, :sku + :part - 1)
\\set second random(:sku + :part, :sku + 2 * :part - 1)
\\set third random(:sku + 2 * :part, :sku + 3 * :part - 1)
SELECT bench_order(:till, {first}, :second, :third);
"""


@dataclass(frozen=True)
class Slice:
    """What one side did in one slice. Latencies in seconds; CPU milliseconds per order of each part."""

    orders: int
    per_second: float
    latencies: list[float]
    app_ms: float
    postgres_ms: float
    client_ms: float
    errors: dict[str, int]


def function(*, book_id: int) -> str:
    """Return the SQL that makes the function, its table of tills and its numbers of receipts."""
    text = _FUNCTION.read_text(encoding="utf-8")
    for name, value in (("book", book_id), ("off_from", room.OFF_FROM_FEN), ("off", room.OFF_FEN)):
        text = re.sub(rf"(?<!:):{name}\b", str(value), text)
    return text


def install(place: room.Place, shop: room.Shop) -> None:
    """Put the function and its tills into the database. Raises ``RuntimeError`` when SKUs have gaps in their ids."""
    skus = [sku for sku, _ in shop.goods]
    if skus != list(range(skus[0], skus[0] + len(skus))):
        raise RuntimeError("pgbench draws SKUs from a range, and this one has gaps")
    owners = {store.unit.id: store.owner_id for store in shop.stores}
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute(function(book_id=shop.book_id))
        for number, till in enumerate([*shop.tills, *shop.hot_tills], start=1):
            row = [number, till.store_id, owners[till.store_id], till.device_id, till.shift_id, till.staff_id]
            connection.execute("INSERT INTO bench_till VALUES (%s, %s, %s, %s, %s, %s)", row)
        connection.execute("ANALYZE bench_till")


def run(place: room.Place, shop: room.Shop, *, clients: int, seconds: float, hot: bool = False) -> Slice:
    """Let pgbench place orders for so many seconds."""
    tills = shop.hot_tills if hot else shop.tills
    folder = place.folder / f"pgbench-{time.monotonic_ns()}"
    folder.mkdir()
    script = folder / "order.sql"
    first = str(shop.goods[0][0]) if hot else ":first"
    script.write_text(_SCRIPT.format(clients=clients, each=max(1, len(tills) // clients), first=first))
    drawn = {"first_till": len(shop.tills) + 1 if hot else 1, "sku": shop.goods[0][0], "part": len(shop.goods) // 3}
    command = [str(place.bindir / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients))]
    command += ["-T", f"{max(1, round(seconds))}", "-f", str(script), "-l", "--log-prefix", str(folder / "log")]
    command += [part for name, value in drawn.items() for part in ("-D", f"{name}={value}")]
    before = facts.cpu_seconds(place.postmaster), _children_cpu_s()
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=place.program_environment, cwd=folder
    )
    if done.returncode != 0:
        raise RuntimeError(f"pgbench failed:\n{done.stdout}\n{done.stderr}")
    orders, per_second = parse_report(done.stdout)
    latencies = [value for path in folder.glob("log.*") for value in parse_log(path.read_text())]
    spent_s, client_s = facts.cpu_seconds(place.postmaster) - before[0], _children_cpu_s() - before[1]
    each = 1000 / max(orders, 1)
    return Slice(orders, per_second, latencies, 0.0, spent_s * each, client_s * each, {})


def parse_report(text: str) -> tuple[int, float]:
    """Return (transactions, transactions per second) of what pgbench prints; of none it tells no rate.

    Raises ``ValueError``.
    """
    count = re.search(r"number of transactions actually processed: (\d+)", text)
    if count is not None and int(count[1]) == 0:
        return 0, 0.0
    rate = re.search(r"tps = ([\d.]+) \(without initial connection time\)", text)
    if count is None or rate is None:
        raise ValueError(f"pgbench said something else:\n{text}")
    return int(count[1]), float(rate[1])


def parse_log(text: str) -> list[float]:
    """Return the seconds of each transaction in a log of pgbench: the third column, in microseconds."""
    return [int(line.split()[2]) / 1e6 for line in text.splitlines() if line]


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
