"""The people of the demo chain. Names, numbers and passwords are made up and good for a demo only."""

from __future__ import annotations

from typing import NamedTuple

from quanyu.kernel.actor import Scope

PASSWORD = "quanyu-demo-2026"  # noqa: S105 - printed by `quanyu up`; a demo has nothing to protect
MEMBER_COUNT = 200
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
_GIVEN = (
    "小雨",
    "建国",
    "思远",
    "佳怡",
    "浩然",
    "梓涵",
    "国强",
    "丽华",
    "子轩",
    "晓燕",
    "宇航",
    "欣怡",
    "志明",
    "雅婷",
)


class Person(NamedTuple):
    """A staff account."""

    username: str
    name: str
    role: str
    unit: str
    scope: Scope
    pin: str
    language: str = "zh-hans"


STAFF = (
    Person("hq", "沈总部", "head_office", "HQ", Scope.ALL, "100001"),
    Person("south", "林区域", "region_manager", "R-S", Scope.SUBTREE, "100002"),
    Person("manager1", "周店长", "store_manager", "0001", Scope.STORE, "100003"),
    Person("cashier1", "陈收银", "cashier", "0001", Scope.STORE, "100004"),
    Person("guide1", "何导购", "associate", "0001", Scope.STORE, "100005"),
    Person("manager2", "赵店长", "store_manager", "0002", Scope.STORE, "100006"),
    Person("cashier2", "吴收银", "cashier", "0002", Scope.STORE, "100007"),
    Person("warehouse", "马仓管", "warehouse", "WH-R-S", Scope.STORE, "100008"),
    Person("supplier", "黄供货", "supplier", "S-FR", Scope.STORE, "100009"),
    Person("dealer", "郭加盟", "dealer", "D-FS", Scope.SUBTREE, "100010"),
    Person("auditor", "Grace Auditor", "auditor", "HQ", Scope.ALL, "100011", "en"),
)


def phone(index: int) -> str:
    """Return the phone of a demo member: a range that starts with 1990000."""
    return f"1990000{index:04d}"


def name(index: int) -> str:
    """Return the name of a demo member."""
    return _SURNAMES[index % len(_SURNAMES)] + _GIVEN[index * 7 % len(_GIVEN)]
