"""The demo chain, built once in a database of its own: what it promises is there, and its books are clean."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from quanyu.entrypoints.demo import build, goods, people, places
from tests.harness import database

pytestmark = pytest.mark.slow

NAME = f"{os.environ.get('QUANYU_TEST_DB', 'quanyu_test')}_demo"
TELL = """
import json, django
django.setup()
from quanyu.entrypoints import reconcile
from quanyu.entrypoints.demo import build
from quanyu.kernel.clock import system_clock
assert not build.exists()
build.build(now=system_clock.now())
assert build.exists()
checks = reconcile.run()
print("TOLD" + json.dumps({"checks": len(checks), "breaches": [one.name for one in checks if one.breaches]}))
"""


@pytest.fixture(scope="module")
def demo() -> Iterator[psycopg.Connection]:
    """A connection to a database that holds nothing but the demo."""
    server = os.environ["QUANYU_TEST_SERVER_URL"]
    home = database.ROOT / "var" / "test"
    template = database._template(server, home, os.environ.get("QUANYU_TEST_DB", "quanyu_test"))
    database._copy(server, template=template, name=NAME)
    done = subprocess.run(
        [sys.executable, "-c", TELL],
        cwd=database.ROOT,
        env=os.environ | {"DATABASE_URL": database.at(server, NAME), "PYTHONPATH": str(database.ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.partition("TOLD")[2].splitlines()[0])
    assert told["checks"] > 20
    assert told["breaches"] == []
    with psycopg.connect(database.at(server, NAME), autocommit=True) as connection:
        yield connection
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


def counted(demo: psycopg.Connection, query: str) -> int:
    return demo.execute(query).fetchone()[0]


def test_twenty_stores_of_which_two_are_franchised_and_four_warehouses(demo):
    kinds = dict(demo.execute("SELECT kind, count(*) FROM organization_unit GROUP BY kind").fetchall())
    assert kinds == {
        "enterprise": 1,
        "brand": 1,
        "region": 3,
        "dealer": len(places.DEALERS),
        "store": 20,
        "warehouse": 4,
        "supplier": 4,
    }
    owners = "SELECT count(*) FROM organization_location WHERE ownership = 'franchise'"
    assert counted(demo, owners) == 2


def test_every_product_has_a_picture(demo):
    assert counted(demo, "SELECT count(DISTINCT product_id) FROM catalog_image") == len(goods.ITEMS)


def test_every_barcode_is_a_valid_ean13_of_china(demo):
    codes = [code for (code,) in demo.execute("SELECT code FROM catalog_barcode")]
    assert len(codes) == len(set(codes)) > 20
    for code in codes:
        assert re.fullmatch(r"69\d{11}", code)
        assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(code)) % 10 == 0


def test_serial_numbers_give_the_check_digits_of_the_standard():
    assert build.ean13(1) == "6901234000016"
    assert build.ean13(56789) == "6901234567892"


def test_weighed_goods_are_there_and_everything_has_a_price(demo):
    assert counted(demo, "SELECT count(*) FROM catalog_product WHERE is_weighed") == sum(
        item.weighed for item in goods.ITEMS
    )
    unpriced = """
        SELECT count(*) FROM catalog_sku s WHERE NOT EXISTS (
            SELECT FROM pricing_price p JOIN pricing_price_book b ON b.id = p.book_id
            WHERE p.sku_id = s.id AND b.kind = 'base')
    """
    assert counted(demo, unpriced) == 0


def test_people_of_every_role_and_members_are_there(demo):
    roles = {
        code
        for (code,) in demo.execute(
            "SELECT DISTINCT r.code FROM identity_assignment a JOIN identity_role r ON r.id = a.role_id"
        )
    }
    assert (
        roles
        == {person.role for person in people.STAFF}
        == {code for (code,) in demo.execute("SELECT code FROM identity_role WHERE is_built_in")}
    )
    assert counted(demo, "SELECT count(*) FROM identity_staff") == len(people.STAFF)
    assert counted(demo, "SELECT count(*) FROM members_member") == people.MEMBER_COUNT


def test_passwords_of_the_demo_are_hashed_as_in_production(demo):
    for password, pin in demo.execute("SELECT password, pin_hash FROM identity_staff"):
        assert password.startswith("scrypt$")
        assert pin.startswith("scrypt$")


def test_the_demo_is_the_same_every_time(demo):
    assert counted(demo, "SELECT sum(on_hand) FROM inventory_stock") > 0
    assert len({people.phone(index) for index in range(people.MEMBER_COUNT)}) == people.MEMBER_COUNT
