"""My associate: one at a time, the first stays, the history is kept, leavers and merges (GDE-01, GDE-07)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.problem import Forbidden
from quanyu.modules.identity import api as identity
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import MemberUnknown
from quanyu.modules.members.contracts.associates import AssociateUnknown, PromotionCode
from quanyu.platform import db
from tests.harness import identity as people
from tests.harness import members as build
from tests.harness import organization
from tests.harness.identity import Person
from tests.harness.parallel import parallel

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


def guide(store=None) -> tuple[Person, PromotionCode]:
    person = people.make_person("associate", unit_id=(store or organization.make_store()).unit.id)
    return person, members.promotion_code(staff_id=person.id, actor=SYSTEM, now=NOW)


def bound(code: PromotionCode):
    session = build.sign_in()
    assert members.bind_newcomer(member_id=session.member.id, staff_code=code.token, now=NOW)
    return session


def history(member_id) -> list[tuple[int, str, bool]]:
    rows = db.rows(
        "SELECT staff_id, cause, until IS NULL AS holds FROM members_associate WHERE member_id = %s ORDER BY since, id",
        [member_id],
    )
    return [(row["staff_id"], row["cause"], row["holds"]) for row in rows]


def test_gde_01_the_code_of_an_associate_is_short_and_for_ever_the_same():
    person, code = guide()
    assert 16 <= len(code.token) <= 32
    assert len(code.staff_code) == 6
    assert members.promotion_code(staff_id=person.id, actor=SYSTEM, now=LATER) == code
    assert members.associate_by_code(code=code.token) == members.associate_by_code(code=code.staff_code) == code
    assert members.associate_by_code(code="nobodys-code-1234") is None


def test_gde_01_codes_are_made_by_who_may_edit_members_of_that_store_and_by_nobody_else():
    here, there = organization.make_store(), organization.make_store()
    person = people.make_person("associate", unit_id=here.unit.id)
    cashier = people.make_actor("warehouse", unit_id=here.unit.id)
    neighbour = people.make_actor("store_manager", unit_id=there.unit.id)
    member = build.actor_of(build.sign_in())
    for actor, refusal in ((cashier, Forbidden), (member, Forbidden), (neighbour, AssociateUnknown)):
        with pytest.raises(refusal):
            members.promotion_code(staff_id=person.id, actor=actor, now=NOW)
        assert members.promotion_code_of(staff_id=person.id) is None
    manager = people.make_actor("store_manager", unit_id=here.unit.id)
    made = members.promotion_code(staff_id=person.id, actor=manager, now=NOW)
    assert members.promotion_code_of(staff_id=person.id) == made
    with pytest.raises(AssociateUnknown):
        members.promotion_code(staff_id=person.id, actor=neighbour, now=LATER)


def test_gde_07_a_member_is_handed_over_within_reach_only():
    here, there = organization.make_store(), organization.make_store()
    (first, code), (heir, _), (stranger, _) = guide(here), guide(here), guide(there)
    session = bound(code)
    binding = db.value("SELECT id FROM members_associate WHERE member_id = %s", [session.member.id])
    manager, neighbour = (people.make_actor("store_manager", unit_id=store.unit.id) for store in (here, there))
    for actor, taker, refusal in (
        (neighbour, stranger, MemberUnknown),
        (manager, stranger, AssociateUnknown),
        (people.make_actor("warehouse", unit_id=here.unit.id), heir, Forbidden),
    ):
        with pytest.raises(refusal):
            members.hand_over_member(binding_id=binding, staff_id=taker.id, actor=actor, now=LATER)
        assert history(session.member.id) == [(first.id, "joined", True)]
    members.hand_over_member(binding_id=binding, staff_id=heir.id, actor=manager, now=LATER)
    assert history(session.member.id) == [(first.id, "joined", False), (heir.id, "handed", True)]


def test_who_works_at_no_store_has_no_code():
    hq = people.make_person("head_office")
    with pytest.raises(AssociateUnknown):
        members.promotion_code(staff_id=hq.id, actor=SYSTEM, now=NOW)


def test_gde_01_who_comes_through_a_code_is_bound_and_the_first_stays():
    person, code = guide()
    session = bound(code)
    assert not members.bind_newcomer(member_id=session.member.id, staff_code=guide()[1].token, now=LATER)
    found = members.associate_of(member_id=session.member.id)
    assert (found.name, found.store_id, found.staff_code) == (
        identity.staff(ids=[person.id])[person.id].name, code.store_id, code.staff_code,
    )  # fmt: skip
    assert history(session.member.id) == [(person.id, "joined", True)]


def test_an_unknown_code_binds_nobody():
    session = build.sign_in()
    assert not members.bind_newcomer(member_id=session.member.id, staff_code="000000x", now=NOW)
    assert members.associate_of(member_id=session.member.id) is None


def test_the_member_chooses_another_and_the_history_is_kept():
    (first, code), (second, other) = guide(), guide()
    session = bound(code)
    members.choose_associate(
        member_id=session.member.id, staff_code=other.staff_code, actor=build.actor_of(session), now=LATER
    )
    assert history(session.member.id) == [(first.id, "joined", False), (second.id, "member", True)]
    members.choose_associate(
        member_id=session.member.id, staff_code=other.token, actor=build.actor_of(session), now=LATER
    )
    assert len(history(session.member.id)) == 2


def test_nobody_chooses_for_another():
    session, other = build.sign_in(), build.sign_in()
    with pytest.raises(MemberUnknown):
        members.choose_associate(
            member_id=session.member.id, staff_code=guide()[1].token, actor=build.actor_of(other), now=NOW
        )
    assert history(session.member.id) == []


def test_gde_07_a_leaver_is_shown_as_the_store_until_somebody_else_takes_over():
    store = organization.make_store()
    (leaver, code), (heir, _) = guide(store), guide(store)
    session = bound(code)
    identity.deactivate_staff(staff_id=leaver.id, actor=SYSTEM, now=LATER)
    found = members.associate_of(member_id=session.member.id)
    assert (found.name, found.staff_code, found.store_id) == ("", "", store.unit.id)
    with pytest.raises(AssociateUnknown):
        members.choose_associate(
            member_id=session.member.id, staff_code=code.token, actor=build.actor_of(session), now=LATER
        )
    binding = db.value("SELECT id FROM members_associate WHERE member_id = %s", [session.member.id])
    with pytest.raises(Forbidden):
        members.hand_over_member(
            binding_id=binding, staff_id=heir.id, actor=people.make_actor("warehouse", unit_id=store.unit.id), now=LATER
        )
    members.hand_over_member(binding_id=binding, staff_id=heir.id, actor=SYSTEM, now=LATER)
    assert history(session.member.id) == [(leaver.id, "joined", False), (heir.id, "handed", True)]


@pytest.mark.race
def test_ten_choices_at_once_leave_one_associate():
    session = build.sign_in()
    actor, codes = build.actor_of(session), [guide()[1] for _ in range(5)] * 2
    parallel(
        10,
        lambda turn: members.choose_associate(
            member_id=session.member.id, staff_code=codes[turn].token, actor=actor, now=NOW
        ),
    )
    assert [holds for *_, holds in history(session.member.id)].count(True) == 1


def test_the_table_itself_refuses_a_second_one_and_an_end_before_the_beginning():
    session = bound(guide()[1])
    row = "INSERT INTO members_associate (id, member_id, staff_id, store_id, cause, since, until, actor) SELECT gen_random_uuid(), member_id, staff_id, store_id, cause, since, %s, actor FROM members_associate WHERE member_id = %s LIMIT 1"  # noqa: E501
    for until, name in ((None, "members_associate_one_now"), (NOW - timedelta(days=1), "members_associate_period")):
        with pytest.raises(IntegrityError, match=name):
            db.in_transaction(lambda until=until: db.execute(row, [until, session.member.id]))


def test_in_a_merge_the_kept_members_associate_stays_and_undoing_gives_it_back():
    (first, code), (_, other) = guide(), guide()
    bare, kept, lost = build.sign_in(), bound(code), bound(other)
    merged = members.merge(
        one_id=bare.member.id, other_id=lost.member.id, reason="the same person", actor=SYSTEM, now=LATER
    )
    assert members.associate_of(member_id=bare.member.id).staff_code == other.staff_code
    members.undo_merge(merge_id=merged.id, reason="two people after all", actor=SYSTEM, now=LATER)
    assert members.associate_of(member_id=bare.member.id) is None
    assert members.associate_of(member_id=lost.member.id).staff_code == other.staff_code
    members.merge(one_id=kept.member.id, other_id=lost.member.id, reason="the same person", actor=SYSTEM, now=LATER)
    assert members.associate_of(member_id=lost.member.id).staff_code == code.staff_code
    assert history(kept.member.id) == [(first.id, "joined", True)]


def test_gde_01_a_merge_ends_the_merged_members_associate_and_undoing_restores_it():
    (first, code), (second, other) = guide(), guide()
    kept, lost = bound(code), bound(other)
    merged = members.merge(
        one_id=kept.member.id, other_id=lost.member.id, reason="the same person", actor=SYSTEM, now=LATER
    )
    assert history(lost.member.id) == [(second.id, "joined", False)]
    assert db.value("SELECT until FROM members_associate WHERE member_id = %s", [lost.member.id]) == LATER
    assert history(kept.member.id) == [(first.id, "joined", True)]
    with transaction.atomic():
        db.execute("UPDATE members_associate SET until = NULL WHERE member_id = %s", [lost.member.id])
        assert [row["id"] for row in db.rows("SELECT id FROM members_breach_merged_associate")] == [lost.member.id]
        transaction.set_rollback(True)
    members.undo_merge(merge_id=merged.id, reason="two people after all", actor=SYSTEM, now=LATER)
    assert history(lost.member.id) == [(second.id, "joined", True)]
    assert history(kept.member.id) == [(first.id, "joined", True)]
    assert members.associate_of(member_id=lost.member.id).staff_code == other.staff_code


def test_merges_of_before_are_mended_by_the_migration_and_can_still_be_undone():
    (_, code), (second, other) = guide(), guide()
    kept, lost = bound(code), bound(other)
    merged = members.merge(
        one_id=kept.member.id, other_id=lost.member.id, reason="the same person", actor=SYSTEM, now=LATER
    )
    # As merges left it before.
    db.execute("UPDATE members_associate SET until = NULL WHERE member_id = %s", [lost.member.id])
    db.execute("DELETE FROM members_merge_move WHERE merge_id = %s AND kind = 'associate_end'", [merged.id])
    (mend,) = import_module("quanyu.modules.members.migrations.0006_merged_associates").Migration.operations
    db.execute(mend.sql)
    assert history(lost.member.id) == [(second.id, "joined", False)]
    members.undo_merge(merge_id=merged.id, reason="two people after all", actor=SYSTEM, now=LATER)
    assert history(lost.member.id) == [(second.id, "joined", True)]


def test_the_own_copy_names_the_associates_and_erasing_ends_the_binding():
    _, code = guide()
    session = bound(code)
    copy = members.export_own_data(member_id=session.member.id, actor=build.actor_of(session), now=NOW)
    assert '"associates"' in copy.json.decode()
    assert members.associate_of(member_id=session.member.id).name in copy.json.decode()
    members.erase_member(member_id=session.member.id, actor=build.actor_of(session), now=LATER)
    assert [holds for *_, holds in history(session.member.id)] == [False]


def test_gde_01_a_printed_code_opens_the_mall_of_the_associates_store():
    person, code = guide()
    there = f"/mall/#/pages/home/index?store={code.store_id}"
    found = Client().get(f"/q/{code.token}")
    assert (found.status_code, found.headers["Location"]) == (302, f"{there}&staff={code.staff_code}")
    identity.deactivate_staff(staff_id=person.id, actor=SYSTEM, now=LATER)
    # Who has left is named to nobody; his store is still there.
    assert Client().get(f"/q/{code.token}").headers["Location"] == there
    assert Client().get("/q/AAAAAAAAAAAAAAAA").status_code == 404
