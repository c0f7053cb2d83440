"""Files of real shops become a chain and orders that agree with them to the fen; repeats change nothing."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import duckdb
import pytest

from quanyu.entrypoints import reconcile
from quanyu.entrypoints.imports import complete_journey, online_retail, replay
from quanyu.entrypoints.imports.complete_journey import unit_price
from quanyu.entrypoints.imports.parquet import FileMissing
from quanyu.kernel.clock import system_clock
from quanyu.kernel.money import line_amount
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import State
from quanyu.platform import db
from tests.harness.organization import random_code

pytestmark = pytest.mark.slow

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
REAL_ORDERS = 200


@pytest.fixture
def own_source(monkeypatch) -> str:
    """Let both importers write under codes of their own, so that every test meets an empty chain."""
    code = random_code("I")[:8]
    for module in (complete_journey, online_retail):
        monkeypatch.setattr(module, "SOURCE", f"source-{code}-{module.PREFIX}")
        monkeypatch.setattr(module, "PREFIX", f"{code}{module.PREFIX}")
        monkeypatch.setattr(module, "_NAMESPACE", uuid4())
    return code


def write(path: Path, columns: str, rows: list[tuple[object, ...]]) -> None:
    """Write rows as a Parquet file."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE written ({columns})")
        connection.executemany(f"INSERT INTO written VALUES ({', '.join('?' * len(rows[0]))})", rows)
        connection.execute(f"COPY written TO '{path}' (FORMAT parquet)")


def say(report: replay.Report) -> dict[str, tuple[int, int]]:
    return {row.what: (row.file, row.books) for row in report.rows}


def clean() -> list[str]:
    return [check.name for check in reconcile.run() if check.breaches]


def footprint_of(source: str) -> tuple[int, ...]:
    """How many rows stand for a source in the tables that a replay writes."""
    of_source = "(SELECT id FROM orders_order WHERE source = %s)"
    of_text = "(SELECT id::text FROM orders_order WHERE source = %s)"
    return tuple(
        db.value(query, [source])
        for query in (
            f"SELECT count(*) FROM orders_event WHERE order_id IN {of_source}",
            f"SELECT count(*) FROM payments_payment WHERE order_id IN {of_source}",
            f"SELECT count(*) FROM aftersales_return WHERE order_id IN {of_source}",
            f"SELECT count(*) FROM inventory_movement WHERE cause_id IN {of_text}",
            f"SELECT count(*) FROM inventory_reservation WHERE cause_id IN {of_text}",
        )
    )


# --- The Complete Journey ---------------------------------------------------------------------------------------

TRANSACTIONS = (
    "household_id BIGINT, store_id BIGINT, basket_id BIGINT, product_id BIGINT, quantity BIGINT, sales_value DOUBLE, "
    "retail_disc DOUBLE, coupon_disc DOUBLE, coupon_match_disc DOUBLE, week BIGINT, transaction_timestamp TIMESTAMP"
)
PRODUCTS = (
    "product_id BIGINT, manufacturer_id BIGINT, department VARCHAR, brand VARCHAR, product_category VARCHAR, "
    "product_type VARCHAR, package_size VARCHAR"
)
NOON = datetime(2017, 1, 1, 12, 0)  # noqa: DTZ001 - the file writes local times


@pytest.fixture
def journey(tmp_path, own_source) -> Path:
    """Five baskets: discounts, a line without a count, an unknown product, petrol, and a basket that sells nothing."""
    write(
        tmp_path / "transactions.parquet",
        TRANSACTIONS,
        [
            (1, 11, 100, 1, 2, 3.98, 0.42, 0.0, 0.0, 1, NOON),
            (1, 11, 100, 2, 1, 1.01, 0.0, 0.0, 0.10, 1, NOON),
            (1, 11, 100, 2, 3, 1.00, 0.0, 0.0, 0.0, 1, NOON),
            (2, 11, 101, 1, 0, 0.50, 0.0, 0.0, 0.0, 1, NOON.replace(hour=13)),
            (2, 12, 102, 77, 1, 9.99, 0.0, 0.0, 0.0, 1, NOON.replace(hour=14)),
            (0, 12, 103, 3, 9_850, 23.64, 0.33, 0.0, 0.0, 1, NOON.replace(hour=15)),
            (2, 12, 103, 1, 0, 0.0, 0.0, 0.0, 0.0, 1, NOON.replace(hour=15)),
            (3, 12, 104, 1, 0, 0.0, 0.0, 0.0, 0.0, 1, NOON.replace(hour=16)),
            (3, 12, 105, 1, 1, 0.0, 1.99, 0.0, 0.0, 1, NOON.replace(hour=17)),
        ],
    )
    write(
        tmp_path / "products.parquet",
        PRODUCTS,
        [
            (1, 9, "GROCERY", "National", "MILK", "WHOLE MILK", "1 GAL"),
            (2, 9, "GROCERY", "Private", "BREAD", "WHITE BREAD", ""),
            (3, 9, "FUEL", "National", "PETROL", "REGULAR", ""),
        ],
    )
    return tmp_path


def test_a_journey_agrees_with_its_file_to_the_fen(journey):
    now = system_clock.now()
    complete_journey.import_chain(journey, now=now)
    report = replay.complete_journey_baskets(journey, limit=None, now=now)
    assert say(report) == {"orders": (5, 5), "lines": (7, 7), "money sold (fen)": (4012, 4012)}
    assert report.agrees
    assert report.notes == ["2 lines (among them 1 whole baskets) sell nothing, neither a count nor money: left out"]
    assert clean() == []


def test_a_journeys_opening_stock_is_sold_to_the_last_piece(journey):
    now = system_clock.now()
    directory = complete_journey.import_chain(journey, now=now)
    replay.complete_journey_baskets(journey, limit=None, now=now)
    left = db.rows(
        "SELECT on_hand, reserved FROM inventory_stock WHERE location_id = ANY(%s)", [list(directory.stores.values())]
    )
    assert len(left) == 5
    assert all((row["on_hand"], row["reserved"]) == (0, 0) for row in left)


def test_petrol_is_measured_and_a_guest_has_no_member(journey):
    now = system_clock.now()
    directory = complete_journey.import_chain(journey, now=now)
    replay.complete_journey_baskets(journey, limit=None, now=now)
    found = db.value(
        "SELECT order_id FROM orders_line WHERE sku_id = %s",
        [directory.skus[3]],
    )
    order = orders.order(id=found)
    (line,) = order.lines
    assert (line.quantity, line.quantity_scale, line.net_fen, order.member_id) == (9850, 1000, 2364, None)
    assert (order.state, order.paid_fen) == (State.COMPLETED, 2364)
    assert set(directory.members) == {1, 2, 3}


def test_a_repeated_journey_changes_nothing_and_a_resumed_one_completes(journey):
    now = system_clock.now()
    complete_journey.import_chain(journey, now=now)
    part = replay.complete_journey_baskets(journey, limit=2, now=now)
    assert say(part)["orders"] == (2, 2)
    assert part.agrees
    assert replay.complete_journey_baskets(journey, limit=None, now=now).agrees
    before = footprint_of(complete_journey.SOURCE)
    complete_journey.import_chain(journey, now=now)
    for limit in (None, 3):
        assert replay.complete_journey_baskets(journey, limit=limit, now=now).agrees
    assert footprint_of(complete_journey.SOURCE) == before
    assert clean() == []


def test_a_folder_without_its_files_says_which_is_missing(tmp_path):
    with pytest.raises(FileMissing, match=r"transactions\.parquet"):
        complete_journey.totals(tmp_path)


def test_unit_prices_make_line_amounts_that_reach_what_was_paid():
    chance = random.Random(1)
    for _ in range(500):
        scale = chance.choice((1, 1000))
        quantity, net = chance.randint(1, 50) * scale, chance.randint(0, 10_000)
        list_fen = net + chance.randint(0, 500)
        price = unit_price(list_fen=list_fen, net_fen=net, quantity=quantity, scale=scale)
        amount = line_amount(unit_price_fen=price, quantity=quantity, quantity_scale=scale)
        assert amount >= net
        assert abs(amount - list_fen) * scale <= quantity


# --- Online Retail ----------------------------------------------------------------------------------------------

INVOICES = (
    "InvoiceNo VARCHAR, StockCode VARCHAR, Description VARCHAR, Quantity BIGINT, InvoiceDate VARCHAR, "
    "UnitPrice DOUBLE, CustomerID BIGINT, Country VARCHAR"
)


@pytest.fixture
def invoices(tmp_path, own_source) -> Path:
    """Three invoices and four credit notes: one matches in parts, one has another price, one is a guest's."""
    path = tmp_path / "invoices.parquet"
    write(
        path,
        INVOICES,
        [
            ("1", "a1", "LANTERN", 6, "12/1/10 8:26", 3.39, 501, "UK"),
            ("1", "B2", "HEART", 1, "12/1/10 8:26", 2.55, 501, "UK"),
            ("1", "B2", "HEART", 2, "12/1/10 8:26", 2.55, 501, "UK"),
            ("2", "A1", "LANTERN", 4, "12/2/10 9:00", 3.39, None, "UK"),
            ("3", "G9", "A GIFT", 1, "12/2/10 10:00", 0.0, 502, "UK"),
            ("C4", "A1", "LANTERN", -2, "12/3/10 9:00", 3.39, 501, "UK"),
            ("C4", "A1", "LANTERN", -4, "12/3/10 9:00", 3.39, 501, "UK"),
            ("C5", "A1", "LANTERN", -1, "12/3/10 9:30", 3.40, 501, "UK"),
            ("C6", "A1", "LANTERN", -1, "12/3/10 9:40", 3.39, None, "UK"),
            ("C7", "B2", "HEART", -1, "11/1/10 9:40", 2.55, 501, "UK"),
            ("8", "A1", "damaged", -7, "12/4/10 9:40", 0.0, None, "UK"),
        ],
    )
    return path


def test_invoices_and_their_credit_notes_agree_with_the_file_to_the_fen(invoices):
    now = system_clock.now()
    online_retail.import_chain(invoices, now=now)
    report = replay.online_retail_invoices(invoices, limit=None, now=now)
    assert say(report) == {
        "orders": (3, 3),
        "lines": (5, 5),
        "money sold (fen)": (4155, 4155),
        "money returned (fen), less what has no sale": (2034, 2034),
        "money refunded by orders (fen)": (2034, 2034),
    }
    assert report.agrees
    assert report.notes == [
        "1 credit rows (339 fen) are not returned: guest",
        "2 credit rows (595 fen) are not returned: no such sale in the file",
        "1 rows of the file move no goods for money: left out",
    ]
    assert clean() == []


def test_repeated_invoices_change_nothing_and_resumed_ones_complete(invoices):
    now = system_clock.now()
    online_retail.import_chain(invoices, now=now)
    assert replay.online_retail_invoices(invoices, limit=1, now=now).agrees
    assert replay.online_retail_invoices(invoices, limit=None, now=now).agrees
    before = footprint_of(online_retail.SOURCE)
    online_retail.import_chain(invoices, now=now)
    for limit in (None, 2):
        assert replay.online_retail_invoices(invoices, limit=limit, now=now).agrees
    assert footprint_of(online_retail.SOURCE) == before


# --- the real files, where they lie beside the checkout ---------------------------------------------------------


def cut(source: Path, target: Path, query: str) -> None:
    with duckdb.connect() as connection:
        filled = query.format(file=f"'{source}'")
        connection.execute(f"COPY ({filled}) TO '{target}' (FORMAT parquet)")


@pytest.mark.skipif(not (REAL / "complete_journey").is_dir(), reason="the real files are not here")
def test_the_first_real_baskets_agree_to_the_fen(tmp_path, own_source):
    real = REAL / "complete_journey"
    first = (
        "SELECT basket_id FROM (SELECT basket_id, min(transaction_timestamp) AS begun FROM {file} GROUP BY 1) "
        f"ORDER BY begun, basket_id LIMIT {REAL_ORDERS}"
    )
    cut(
        real / "transactions.parquet",
        tmp_path / "transactions.parquet",
        f"SELECT * FROM {{file}} WHERE basket_id IN ({first})",
    )
    cut(real / "products.parquet", tmp_path / "products.parquet", "SELECT * FROM {file}")
    now = system_clock.now()
    complete_journey.import_chain(tmp_path, now=now)
    report = replay.complete_journey_baskets(tmp_path, limit=None, now=now)
    assert report.agrees, say(report)
    assert say(report)["orders"][0] >= REAL_ORDERS - 5
    assert clean() == []


@pytest.mark.skipif(not (REAL / "online_retail").is_dir(), reason="the real files are not here")
def test_the_first_real_invoices_agree_to_the_fen(tmp_path, own_source):
    first = (
        "SELECT InvoiceNo FROM (SELECT InvoiceNo, min(rowid) AS begun FROM (SELECT InvoiceNo, row_number() OVER () AS "
        "rowid FROM {file}) GROUP BY 1) "
        f"ORDER BY begun LIMIT {REAL_ORDERS}"
    )
    path = tmp_path / "invoices.parquet"
    cut(online_retail.file_of(REAL / "online_retail"), path, f"SELECT * FROM {{file}} WHERE InvoiceNo IN ({first})")
    now = system_clock.now()
    online_retail.import_chain(path, now=now)
    report = replay.online_retail_invoices(path, limit=None, now=now)
    assert report.agrees, (say(report), report.refused)
    assert clean() == []
