"""Probable matches: evidence, what relatives look like, the scan and its queue (MEM-05)."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Evidence, Key, KeyKind, Member
from quanyu.modules.members.rules import matching, matching_blocks, matching_dates, matching_names, matching_text
from quanyu.modules.members.rules.matching import Profile
from quanyu.platform import db
from tests.harness import members as build
from tests.harness import organization

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
EDITOR = Actor(kind=ActorKind.STAFF, id="1", name="x", grants=(Grant(frozenset({"*"}), Scope.ALL),))
SPRING = date(1990, 3, 4)
HOME = frozenset({"科技园路1号2栋301"})
PHONE = frozenset({"13800138000"})


def person(name: str = "", birthday: date | None = None, **known) -> Profile:
    return Profile(name=matching_names.cleaned(name), birthday=birthday, **known)


def judged(one: Profile, other: Profile) -> tuple[float, list[tuple[str, str]]]:
    evidence = matching.compare(one, other)
    return matching.score(evidence), [(part.field, part.level) for part in evidence]


# --- fields ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("张伟", "张伟", "same"),
        ("张 伟", "张伟", "same"),
        ("张岩", "张妍", "same_sound"),
        ("欧阳修", "欧阳休", "same_sound"),
        ("张先生", "张伟", "part"),
        ("张小明", "张明", "part"),
        ("张小明", "张小华", "surname_only"),
        ("欧阳修", "欧阳靖", "surname_only"),
        ("张伟", "李伟", "different"),
        ("Zhang Wei", "张伟", "same_sound"),
        ("Wei Zhang", "张伟", "same_sound"),
        ("Robert Allen", "allen robert", "same"),
        ("Robert Allen", "Rob Alen", "close"),
        ("Robert Allen", "R Allen", "close"),
        ("Robert Allen", "Susan Allen", "surname_only"),
        ("Robert Allen", "Robert Kowalski", "given_name_only"),
        ("Robert Allen", "Xenia Kowalski", "different"),
    ],
)
def test_names_are_compared_as_people_write_them(one, other, level):
    assert matching_names.compare(matching_names.cleaned(one), matching_names.cleaned(other)) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (date(1990, 3, 4), date(1990, 3, 4), "same"),
        (date(1990, 3, 4), date(1990, 4, 3), "swapped"),
        (date(1990, 3, 4), date(1990, 3, 5), "slip"),
        (date(1990, 3, 4), date(1909, 3, 4), "slip"),
        (date(1990, 5, 20), date(1990, 4, 26), "lunar"),
        (date(1990, 3, 4), date(1991, 3, 5), "two_slips"),
        (date(1990, 3, 4), date(1990, 11, 28), "same_year"),
        (date(1990, 3, 4), date(1965, 11, 28), "different"),
        (date(1990, 1, 1), date(1990, 1, 1), "same_year"),
    ],
)
def test_birthdays_are_compared_with_the_slips_people_make(one, other, level):
    assert matching_dates.compare(one, other) == level
    assert matching_dates.compare(other, one) == level


def test_edits_count_neighbours_that_changed_places_once():
    counted = [
        matching_text.edits(one, other, most=3)
        for one, other in (("", ""), ("ab", "ba"), ("abc", "abd"), ("abc", "ab"), ("kitten", "sitting"), ("a", "bcdef"))
    ]
    assert counted == [0, 1, 1, 1, 3, 4]


def test_jaro_winkler_gives_the_values_of_its_paper():
    assert round(matching_text.likeness("martha", "marhta"), 4) == 0.9611
    assert round(matching_text.likeness("dwayne", "duane"), 4) == 0.84
    assert round(matching_text.likeness("dixon", "dicksonx"), 4) == 0.8133
    assert (matching_text.likeness("a", ""), matching_text.likeness("abc", "xyz")) == (0.0, 0.0)


# --- the worked table of docs/algorithms/oneid.md ----------------------------------------------------------------

WORKED = [
    (
        "one person, two slips",
        person("张岩", SPRING, phones=PHONE),
        person("张妍", date(1990, 4, 3), phones=frozenset({"13800138001"})),
        19.0,
        [("name", "same_sound"), ("birthday", "swapped"), ("phone", "slip")],
    ),
    (
        "mother and child on one phone",
        person("王芳", date(1980, 2, 3), phones=PHONE, addresses=HOME),
        person("李明", date(2010, 6, 7), phones=PHONE, addresses=HOME),
        -13.0,
        [
            ("name", "different"),
            ("birthday", "different"),
            ("phone", "same"),
            ("address", "same"),
            ("household", "counted_once"),
            ("household", "relatives"),
        ],
    ),
    (
        "father and son of one name",
        person("张伟", date(1960, 5, 1), phones=PHONE, addresses=HOME),
        person("张伟", date(1990, 8, 19), phones=PHONE, addresses=HOME),
        1.6,
        [
            ("name", "same"),
            ("birthday", "different"),
            ("phone", "same"),
            ("address", "same"),
            ("household", "counted_once"),
            ("household", "relatives"),
        ],
    ),
    (
        "twins at home",
        person("李大双", SPRING, addresses=HOME),
        person("李小双", SPRING, addresses=HOME),
        11.0,
        [("name", "surname_only"), ("birthday", "same"), ("address", "same"), ("household", "twins")],
    ),
    (
        "a recycled number",
        person("陈刚", date(1975, 3, 9), phones=PHONE),
        person("赵敏", date(1999, 12, 24), phones=PHONE),
        -14.0,
        [("name", "different"), ("birthday", "different"), ("phone", "same"), ("household", "relatives")],
    ),
    (
        "moved away, same mailbox",
        person("Robert Allen", SPRING, emails=frozenset({"roberta25@smith.net"}), areas=frozenset({"london"})),
        person("Rob Allen", SPRING, emails=frozenset({"roberta25@smith.com"}), areas=frozenset({"leeds"})),
        25.0,
        [("name", "close"), ("birthday", "same"), ("address", "different"), ("email", "same_local_part")],
    ),
]


@pytest.mark.parametrize(("case", "one", "other", "score", "evidence"), WORKED, ids=[row[0] for row in WORKED])
def test_the_worked_table_of_the_paper(case, one, other, score, evidence):
    assert judged(one, other) == (score, evidence)
    assert judged(other, one) == (score, evidence)


def test_a_common_name_says_less_than_a_rare_one():
    one, other = person("张伟"), person("张伟")
    common = matching.compare(one, other, share=lambda _name: 0.02)
    rare = matching.compare(one, other, share=lambda _name: 0.00001)
    assert (common, rare) == ((Evidence("name", "same", 5.3),), (Evidence("name", "same", 11.0),))


def test_only_full_agreement_counts_as_known_without_a_person():
    whole = person("张伟", SPRING, phones=PHONE)
    assert matching.agree_in_full(matching.compare(whole, person("张伟", SPRING, phones=PHONE)))
    for other in (
        person("张伟", None, phones=PHONE),
        person("张伟", SPRING),
        person("张玮", SPRING, phones=PHONE),
        person("张伟", date(1990, 4, 3), phones=PHONE),
        person("张小伟", SPRING, phones=PHONE),
    ):
        assert not matching.agree_in_full(matching.compare(whole, other))


def test_files_with_one_slip_each_share_a_trait():
    one = person("张岩", SPRING, phones=PHONE, emails=frozenset({"zhangyan@a.cn"}))
    for other in (
        person("张妍", SPRING),
        person("张岩", date(1990, 4, 3)),
        person("张岩", None, phones=frozenset({"13800138009"})),
        person("", None, emails=frozenset({"zhangyan@b.cn"})),
    ):
        assert matching_blocks.traits(one) & matching_blocks.traits(other)
    assert not matching_blocks.traits(one) & matching_blocks.traits(person("王芳", date(1970, 1, 5)))
    assert matching_blocks.traits(person()) == frozenset()


# --- the scan ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _areas() -> None:
    organization.enterprise()


def rare_name() -> str:
    return "".join(secrets.choice("甄邬晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红") for _ in range(3))


def enrol(name: str, birthday: date | None = None, *, key: Key | None = None) -> Member:
    member = members.find_or_create(keys=[key or Key(KeyKind.PHONE, build.phone())], channel="pos", name=name, now=NOW)
    if birthday:
        members.update_member(member_id=member.id, birthday=birthday, actor=EDITOR, now=NOW)
    return member


def scan() -> None:
    while members.scan_matches(limit=100, now=NOW):
        pass


def pairs_of(*ids: UUID) -> list[dict]:
    return db.rows(
        "SELECT state, cause, score, evidence::text AS evidence FROM members_match "
        "WHERE low_id = ANY(%s) AND high_id = ANY(%s)",
        [list(ids), list(ids)],
    )


def test_the_scan_queues_a_likely_pair_once_with_evidence_and_no_personal_data():
    name = rare_name()
    one, other = enrol(name, SPRING), enrol(name, date(1990, 4, 3))
    scan()
    [pair] = pairs_of(one.id, other.id)
    assert (pair["state"], pair["cause"]) == ("open", "scan")
    assert '"level": "swapped"' in pair["evidence"]
    assert name not in pair["evidence"]
    assert "1990" not in pair["evidence"]
    members.update_member(member_id=one.id, birthday=date(1990, 3, 4), actor=EDITOR, now=NOW)
    scan()
    assert pairs_of(one.id, other.id) == [pair]


def test_the_scan_leaves_relatives_apart():
    surname = "钱"
    father, son = enrol(f"{surname}{rare_name()[:2]}", date(1955, 2, 9)), enrol(f"{surname}建国", date(1985, 11, 30))
    scan()
    assert pairs_of(father.id, son.id) == []


def test_a_refused_pair_is_not_queued_again_after_one_of_them_was_merged():
    name = rare_name()
    one, other = enrol(name, SPRING), enrol(name, SPRING)
    scan()
    [match] = [
        it for it in members.matches(limit=1000, actor=EDITOR) if {it.left.id, it.right.id} == {one.id, other.id}
    ]
    members.refuse_match(match_id=match.id, reason="twins of one name", actor=EDITOR, now=NOW)
    third = enrol(name, SPRING)
    members.merge(one_id=one.id, other_id=third.id, reason="", actor=EDITOR, now=NOW)
    winner = members.member(id=one.id).id
    db.execute("UPDATE members_member SET matched_at = NULL WHERE id = ANY(%s)", [[winner, other.id]])
    scan()
    assert [pair["state"] for pair in pairs_of(winner, other.id)] in (["refused"], [])
    assert [
        it for it in members.matches(limit=1000, actor=EDITOR) if {it.left.id, it.right.id} == {winner, other.id}
    ] == []


def test_a_trait_that_too_many_share_compares_nobody():
    name = rare_name()
    crowd = [enrol(name) for _ in range(matching_blocks.FILES_MAX + 1)]
    scan()
    assert pairs_of(*(member.id for member in crowd)) == []


def test_nothing_in_clear_is_kept_by_the_scan():
    name, phone = rare_name(), build.phone()
    enrol(name, SPRING, key=Key(KeyKind.PHONE, phone))
    scan()
    kept = db.value("SELECT string_agg(b::text, ' ') FROM (SELECT * FROM members_block ORDER BY id DESC LIMIT 200) b")
    assert name not in kept
    assert phone not in kept
