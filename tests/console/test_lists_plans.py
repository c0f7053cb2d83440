"""The biggest lists at a size where it shows: each page is read from an index in the list's order, from anywhere."""

from __future__ import annotations

import pytest

from quanyu.platform import db
from quanyu.platform.console import keyset
from tests.harness import console, lists
from tests.harness import coupons as couponing
from tests.harness import points as pointing
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person

ROWS = 4000
_ID = "gen_random_uuid()"
_AT = "now() - n * interval '1 minute'"
# What differs between the rows of each list; everything else is a copy of one row.
FILLS: dict[str, tuple[str, dict[str, str]]] = {
    "orders.order": ("orders_order", {"id": _ID, "number": "'P' || n", "placed_at": _AT, "terminal_seq": "NULL",
                                      "terminal_id": "NULL", "pickup_code": "''"}),
    "inventory.movement": ("inventory_movement", {"id": "10000000 + n", "cause_id": "'plan-' || n", "at": _AT}),
    "inventory.reservation": ("inventory_reservation", {"id": _ID, "cause_id": "'plan-' || n", "created_at": _AT,
                                                        "state": "'released'", "closed_at": "now()"}),
    "members.member": ("members_member", {"id": _ID, "number": "'9' || n", "card_number": "'P' || n", "created_at": _AT,
                                          "phone_last4": "lpad((n % 10000)::text, 4, '0')"}),
    "payments.payment": ("payments_payment", {"id": _ID, "order_id": _ID, "out_trade_no": "'plan-' || n",
                                              "created_at": _AT, "provider_txn": "NULL", "tender": "'cash'"}),
    "coupons.coupon": ("coupons_coupon", {"id": _ID, "claimer": _ID, "cause_id": "'plan-' || n", "claimed_at": _AT,
                                          "code_index": "'\\x' || md5(n::text)"}),
    "points.movement": ("points_movement", {"id": "10000000 + n", "cause_id": "'plan-' || n", "at": _AT}),
}  # fmt: skip


@pytest.fixture(scope="module")
def chain() -> Chain:
    made = make_chain()
    life = console.live_a_little(made, made.store)
    couponing.make_coupon(member_id=life.member.id)
    pointing.give(life.member.id, 100)
    return made


@pytest.fixture(scope="module")
def owner() -> Person:
    return make_person("head_office", with_pin=False)


@pytest.mark.parametrize("place", FILLS)
def test_every_page_of_a_big_list_is_read_from_an_index_in_its_order(chain: Chain, owner: Person, place: str):
    table, columns = FILLS[place]
    listed = console.lists()[place]
    with lists.filled():
        lists.copied(table, ROWS, **columns)
        db.execute(f"ANALYZE {table}")
        middle = listed.model._default_manager.order_by(*(key.name for key in listed.keys))[ROWS // 2]
        cursor = keyset.encode(listed.keys, middle, ROWS // 2)
        for query in ("", f"after={cursor}", f"before={cursor}"):
            asked = lists.plans(owner, place, query)
            pages = [(question, plan) for question, plan in asked if "ORDER BY" in question]
            assert len(pages) == 1
            assert [lists.faults(plan, table) for _question, plan in pages] == [[]], (query, pages)
