"""What a till may know of members while it is cut off (POS-05, POS-07): masked, its own store's, as they are now."""

from __future__ import annotations

import base64

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Member
from quanyu.modules.orders import api as orders
from quanyu.platform import settings_tree
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.clients import TillClient, cash
from tests.harness.members import make_member, phone
from tests.modules.pos.test_till_sales import OfflineTill


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


@pytest.fixture
def till(chain: Chain) -> TillClient:
    made = TillClient(chain.store).sign_in(chain.cashier)
    made.open_shift()
    return made


def buys(till: TillClient, chain: Chain, member: Member) -> None:
    till.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN), member_id=str(member.id)).expect(201)


def known(till: TillClient) -> dict[str, str]:
    """Return the members the till may know: masked phones by id."""
    found = till.get("/members/kept").expect(200)["members"]
    return {one["member"]["id"]: one["member"]["phone_masked"] for one in found}


def test_pos05_a_till_knows_who_bought_in_its_store_masked_and_by_a_key_of_its_own(chain: Chain, till: TillClient):
    number = phone()
    member, stranger = make_member(phone_number=number, name="钱多多"), make_member(name="孙七")
    buys(till, chain, member)
    answer = till.get("/members/kept").expect(200)
    kept = {one["member"]["id"]: one for one in answer["members"]}
    assert str(stranger.id) not in kept
    one = kept[str(member.id)]
    assert (one["member"]["name_masked"], one["tier"]["code"]) == (member.name_masked, member.tier)
    assert number not in str(answer)
    assert "钱多多" not in str(answer)
    assert len(base64.b64decode(answer["key"])) == 32
    # What it has already is not sent again; another till has another key, another store other members.
    same = till.get(f"/members/kept?version={answer['version']}").expect(200)
    assert (same["members"], same["version"], same["key"]) == (None, answer["version"], answer["key"])
    beside = TillClient(chain.store).sign_in(chain.cashier)
    assert beside.get("/members/kept").expect(200)["key"] != answer["key"]
    other = TillClient(chain.other_store)
    assert str(member.id) not in {one["member"]["id"] for one in other.get("/members/kept").expect(200)["members"]}


def test_pos07_a_revoked_till_and_one_without_a_token_learn_nothing(chain: Chain, till: TillClient):
    token, till.token = till.token, "nobody"
    assert till.get("/members/kept").status == 401
    till.token = token
    identity.revoke_device(device_id=till.till["device_id"], actor=SYSTEM, now=system_clock.now())
    refused = till.get("/members/kept")
    assert (refused.status, "members" in refused.body) == (401, False)


def test_pos07_who_is_erased_leaves_and_the_owner_says_how_many(chain: Chain, till: TillClient):
    gone, stays = make_member(name="赵六"), make_member(name="周八")
    buys(till, chain, gone)
    buys(till, chain, stays)
    assert {str(gone.id), str(stays.id)} <= set(known(till))
    members.erase_member(member_id=gone.id, reason="asked for it", actor=SYSTEM, now=system_clock.now())
    assert str(gone.id) not in known(till)
    node = f"unit:{chain.store.unit.id}"
    for most in (1, 0):
        settings_tree.set_value(SYSTEM, node, "pos.members_kept", most, system_clock.now(), reason="a test")
        assert len(known(till)) == most
    settings_tree.set_value(SYSTEM, node, "pos.members_kept", None, system_clock.now(), reason="a test")
    assert str(stays.id) in known(till)


def test_pos07_a_sale_made_offline_for_who_was_merged_or_erased_meanwhile_is_booked_all_the_same(
    chain: Chain, till: TillClient
):
    offline = OfflineTill(till, chain)
    merged, winner, erased = make_member(name="吴九"), make_member(name="吴九"), make_member(name="郑十")
    first = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)], member_id=str(merged.id))
    second = offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)], member_id=str(erased.id))
    members.merge(one_id=winner.id, other_id=merged.id, reason="one person", actor=SYSTEM, now=system_clock.now())
    stands_for_both = members.member(id=merged.id).id
    assert stands_for_both == members.member(id=winner.id).id
    members.erase_member(member_id=erased.id, reason="asked for it", actor=SYSTEM, now=system_clock.now())
    for made, who in ((first, stands_for_both), (second, None)):
        taken = offline.send(made).expect(201)
        assert taken["state"] == "booked"
        (order,) = orders.orders(ids=[made["sale"]["id"]]).values()
        assert (order.member_id, order.payable_fen) == (who, MILK_FEN)
        # Sent again it is the same order.
        assert offline.send(made).expect(201)["number"] == order.number
