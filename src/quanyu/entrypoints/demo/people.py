"""The people of the demo chain. Names, numbers and passwords are made up and good for a demo only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from quanyu.kernel.actor import Scope

PASSWORD = "quanyu-demo-2026"  # noqa: S105 - printed by `quanyu up`; a demo has nothing to protect
MEMBERS = 2000
MEMBERS_LEAST = 200
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓韩冯曹彭曾肖田"
    "董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白"
    "邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_GIVEN = (
    "小雨", "建国", "思远", "佳怡", "浩然", "梓涵", "国强", "丽华", "子轩", "晓燕", "宇航", "欣怡", "志明", "雅婷",
    "一诺", "秀英", "文博", "静怡", "海涛", "春梅", "俊杰", "雪梅", "嘉豪", "玉兰", "晨曦", "桂芳", "明轩", "若曦",
    "永强", "婉清", "立新", "芷若", "振华", "书瑶",
)  # fmt: skip


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
    Person("east", "钱区域", "region_manager", "R-E", Scope.SUBTREE, "100012"),
    Person("manager8", "孙店长", "store_manager", "0008", Scope.STORE, "100013"),
    Person("cashier8", "徐收银", "cashier", "0008", Scope.STORE, "100014"),
    Person("guide8", "朱导购", "associate", "0008", Scope.STORE, "100015"),
    Person("buyer", "唐采购", "head_office", "HQ", Scope.ALL, "100016"),
)


def cashiers(codes: Sequence[str]) -> tuple[Person, ...]:
    """Return the cashiers of stores that have none among ``STAFF``: they sign in at tills by PIN, and nowhere else."""
    known = {person.unit for person in STAFF if person.role == "cashier"}
    return tuple(
        Person(f"till{code}", f"{_SURNAMES[number]}收银", "cashier", code, Scope.STORE, f"2{number:05d}")
        for number, code in enumerate(codes, start=1)
        if code not in known
    )


def members_of(days: int) -> int:
    """Return how many members a demo with so many days of history has: all of them after a quarter."""
    return max(MEMBERS_LEAST, min(MEMBERS, MEMBERS * days // 90))


def phone(index: int) -> str:
    """Return the phone of a demo member: a range that starts with 1990000."""
    return f"1990000{index:04d}"


def name(index: int) -> str:
    """Return the name of a demo member, different for each."""
    surname, turn = index % len(_SURNAMES), index // len(_SURNAMES)
    return _SURNAMES[surname] + _GIVEN[(surname * 5 + turn * 3) % len(_GIVEN)]


def birthday(index: int) -> date:
    """Return the day of birth of a demo member."""
    return date(1962 + index * 7 % 42, 1 + index * 5 % 12, 1 + index * 11 % 28)


def tells_birthday(index: int) -> bool:
    """Every other member told the day of birth."""
    return index % 2 == 0


def keeps_lunar_birthday(index: int) -> bool:
    """Some of those keep it by the lunar calendar."""
    return index % 18 == 4


def is_in_mall(index: int) -> bool:
    """Every fifth has proved the same phone to the mini-program."""
    return index % 5 == 0


class Double(NamedTuple):
    """A second file of a member, made by the mini-program."""

    name: str
    birthday: date
    phone: str = ""


# People of the stores who came to the mini-program as somebody new: probably one person each, for a person to say.
DOUBLES = (
    Double(name(4), birthday(4), "19912340004"),  # a new number
    Double(name(14), birthday(14), "19900001014"),  # a slip in the number
    Double(name(24), birthday(24)),  # no number at all
    Double("姚志铭", birthday(50)),  # 姚志明 by ear
    Double(name(44), date(1976, 9, 5), "19900010044"),  # 5 September for 9 May
    Double(name(5), birthday(5), phone(5)),  # a second account with the number of the first
)
