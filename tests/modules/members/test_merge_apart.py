"""OneID never glues two people together: households, recycled numbers, relatives (MEM-05)."""

from __future__ import annotations

from datetime import date

import pytest

from quanyu.modules.members import api as members
from tests.harness import organization
from tests.harness.oneid import (
    EDITOR,
    LATER,
    NOW,
    enrol,
    pairs_of,
    phone_key,
    unionid,
)


@pytest.fixture(scope="module", autouse=True)
def _areas() -> None:
    organization.enterprise()


# --- never over-merge --------------------------------------------------------------------------------------------


def test_mem_05_a_household_phone_does_not_glue_mother_and_child():
    phone, mothers, childs = phone_key(), unionid(), unionid()
    mother = enrol(mothers, phone, name="王芳")
    child = enrol(childs, phone, name="李小明")
    assert child.id != mother.id
    assert (enrol(mothers, phone).id, enrol(childs, phone).id, enrol(phone).id) == (mother.id, child.id, mother.id)
    assert pairs_of(mother.id, child.id) == [("open", {mother.id, child.id})]
    # Staff finds both by the phone, and must ask which of them stands there.
    found = members.find(text=phone.value, actor=EDITOR, now=NOW)
    assert {(one.member.id, one.needs_confirmation) for one in found} == {(mother.id, True), (child.id, True)}


def test_mem_05_a_recycled_number_does_not_hand_the_old_owners_file_to_the_new_one():
    phone, olds, news = phone_key(), unionid(), unionid()
    old = enrol(olds, phone, name="陈刚")
    new = enrol(news, name="赵敏")
    assert enrol(news, phone).id == new.id
    assert members.member(id=old.id).id == old.id
    assert pairs_of(old.id, new.id) == [("open", {old.id, new.id})]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (("张伟", date(1960, 5, 1)), ("张伟", date(1990, 8, 9))),  # father and son of one name
        (("李大双", date(2001, 3, 4)), ("李小双", date(2001, 3, 4))),  # twins
        (("王芳", date(1980, 2, 3)), ("李明", date(2010, 6, 7))),  # mother and child
    ],
)
def test_mem_05_proved_keys_of_people_who_are_clearly_two_go_to_a_person_to_look_at(mine, theirs):
    phone, union = phone_key(), unionid()
    one = enrol(phone, name=mine[0], birthday=mine[1])
    other = enrol(union, name=theirs[0], birthday=theirs[1])
    assert enrol(phone, union).id == other.id
    assert members.member(id=one.id).id == one.id
    assert pairs_of(one.id, other.id) == [("open", {one.id, other.id})]
    # Asking again neither merges nor asks twice.
    assert enrol(phone, union).id == other.id
    assert len(pairs_of(one.id, other.id)) == 1


def test_mem_05_two_proved_phones_are_not_merged_unseen():
    mine, theirs, union = phone_key(), phone_key(), unionid()
    one = enrol(mine, union)
    other = enrol(theirs)
    assert enrol(union, theirs).id == one.id
    assert members.member(id=other.id).id == other.id
    assert pairs_of(one.id, other.id) == [("open", {one.id, other.id})]


def test_mem_05_a_slip_of_the_pen_in_the_name_is_no_contradiction():
    phone, union = phone_key(), unionid()
    one = enrol(phone, name="张岩", birthday=date(1990, 12, 1))
    enrol(union, name="张妍", birthday=date(1990, 1, 12), now=LATER)
    assert enrol(phone, union, now=LATER).id == one.id
