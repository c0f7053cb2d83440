"""Staff from files: units, phones and roles, within reach; no password ever stands in a file."""

from __future__ import annotations

import secrets

import pytest

from quanyu.kernel.actor import Scope
from quanyu.modules.identity import api
from quanyu.platform.models import FileRow
from tests.harness import files, organization
from tests.harness.identity import make_person

HEAD = ["登录名", "姓名", "所属门店编码", "手机号", "角色", "在职"]


@pytest.fixture(scope="module")
def store():
    return organization.make_store()


def named() -> str:
    """Return a sign-in name that nobody has."""
    return f"k5{secrets.token_hex(4)}"


def test_people_are_taken_on_with_unit_phone_and_role_and_cannot_sign_in_yet(tmp_path, store):
    who = named()
    rows = [HEAD, [who, "张三", store.unit.code, 13800138000, "收银员", "是"]]
    job = files.applied("staff", files.xlsx(tmp_path / "a.xlsx", rows))
    assert job.outcome == {"written": 1}
    person = api.staff_by_username(username=who)
    assert (person.name, person.unit_id, person.phone_masked, person.has_password, person.has_pin) == (
        "张三", store.unit.id, "138****8000", False, False,
    )  # fmt: skip
    assert [(role.role_code, role.scope, role.unit_id) for role in person.roles] == [
        ("cashier", Scope.STORE, store.unit.id)
    ]
    assert files.checked("staff", files.text_file(tmp_path / "a.csv", rows)).counts == {"unchanged": 1}


def test_changes_are_shown_and_made_one_by_one(tmp_path, store):
    person = make_person("cashier", unit_id=store.unit.id, with_pin=False)
    who = api.staff(ids=[person.id])[person.id].username
    rows = [HEAD, [who.upper(), "李四", None, "13912345678", "店长", "否"]]
    job = files.applied("staff", files.xlsx(tmp_path / "a.xlsx", rows))
    assert (job.counts, job.outcome) == ({"changed": 1}, {"written": 1})
    after = api.staff(ids=[person.id])[person.id]
    assert (after.name, after.phone_masked, after.is_active, after.unit_id) == (
        "李四",
        "139****5678",
        False,
        store.unit.id,
    )
    assert {role.role_code for role in after.roles} == {"cashier", "store_manager"}


def test_a_manager_imports_people_of_her_store_and_gives_no_more_than_she_has(tmp_path, store):
    manager = make_person("store_manager", unit_id=store.unit.id, with_pin=False)
    elsewhere = organization.make_store()
    stranger = make_person("cashier", unit_id=elsewhere.unit.id, with_pin=False)
    stranger_name = api.staff(ids=[stranger.id])[stranger.id].username
    own, away, high = named(), named(), named()
    rows = [
        HEAD,
        [own, "王五", store.unit.code, None, "收银员", None],
        [away, "赵六", elsewhere.unit.code, None, None, None],
        [stranger_name, "改名", None, None, None, None],
        [high, "孙七", store.unit.code, None, "总部", None],
        [named(), "周八", store.unit.code, None, "没有的角色", None],
    ]
    job = files.applied("staff", files.xlsx(tmp_path / "a.xlsx", rows), actor=manager.actor)
    assert [(row, column) for row, column, _ in files.errors_of(job)] == [
        (3, "unit"), (4, "username"), (5, ""), (6, "role"),
    ]  # fmt: skip
    assert files.errors_of(job)[2][2] == "identity.beyond_authority"
    assert api.staff_by_usernames(usernames=[own, away, high]).keys() == {own}
    assert api.staff(ids=[stranger.id])[stranger.id].name == "测试员"


def test_phones_stand_nowhere_in_clear(tmp_path, store):
    rows = [HEAD, [named(), "钱九", store.unit.code, "13712345678", None, None]]
    job = files.checked("staff", files.xlsx(tmp_path / "a.xlsx", rows))
    kept = b"".join(bytes(row.content) for row in FileRow.objects.filter(job_id=job.id))
    assert b"13712345678" not in kept
    assert job.counts == {"new": 1}
