"""Where the demo chain is: real cities and districts of China; names, streets and telephones are made up."""

from __future__ import annotations

import csv
from typing import NamedTuple

from quanyu.entrypoints.demo.goods import DATA


class Region(NamedTuple):
    """A region with its regional warehouse."""

    code: str
    name: str
    name_en: str
    warehouse: str
    warehouse_en: str
    area: str
    longitude: float
    latitude: float


class Store(NamedTuple):
    """A store; ``dealer`` names the franchisee who owns it and its stock.

    ``size``: its share of the chain's customers, the ordinary store has 10. ``format``: what it sells (``FORMATS``).
    """

    code: str
    region: str
    city: str
    city_en: str
    name: str
    name_en: str
    area: str
    street: str
    longitude: float
    latitude: float
    dealer: str | None
    size: int
    format: str


CENTRAL = Region("WH-C", "中央仓", "Central warehouse", "武汉中央仓", "Wuhan central", "420115", 114.3135, 30.3497)

REGIONS = (
    Region("R-S", "华南区", "South China", "广州区域仓", "Guangzhou regional", "440113", 113.3845, 22.9378),
    Region("R-E", "华东区", "East China", "昆山区域仓", "Kunshan regional", "320583", 120.9814, 31.3855),
    Region("R-N", "华北西南区", "North & Southwest", "成都区域仓", "Chengdu regional", "510115", 103.8565, 30.6823),
    Region("R-C", "华中区", "Central China", "长沙区域仓", "Changsha regional", "430111", 113.0360, 28.1360),
)

DEALERS = (
    ("D-FS", "佛山鲜生商贸", "Foshan Fresh Trading"),
    ("D-NB", "宁波好邻居", "Ningbo Good Neighbour"),
    ("D-CS", "长沙湘里商贸", "Changsha Xiangli Trading"),
)

SUPPLIERS = (
    ("S-FR", "岭南果园", "Lingnan Orchards"),
    ("S-DY", "塞上牧场乳业", "Saishang Dairy"),
    ("S-SN", "江南食品", "Jiangnan Foods"),
    ("S-HM", "云织家纺", "Yunzhi Home Textiles"),
    ("S-BB", "芽芽母婴用品", "Yaya Baby Goods"),
    ("S-BT", "素里日化", "Suli Cosmetics"),
    ("S-EY", "明眸光学", "Mingmou Optics"),
    ("S-AP", "布之语服饰", "Buzhi Apparel"),
)

# What a store leaves out, by the top category: stores for food only, for daily needs, and full ones.
FORMATS: dict[str, frozenset[str]] = {
    "full": frozenset(),
    "daily": frozenset({"EYE"}),
    "food": frozenset({"EYE", "APP", "HOME"}),
}


def _store(row: dict[str, str]) -> Store:
    return Store(
        code=row["code"],
        region=row["region"],
        city=row["city"],
        city_en=row["city_en"],
        name=row["name"],
        name_en=row["name_en"],
        area=row["area"],
        street=row["street"],
        longitude=float(row["longitude"]),
        latitude=float(row["latitude"]),
        dealer=row["dealer"] or None,
        size=int(row["size"]),
        format=row["format"],
    )


def _stores() -> tuple[Store, ...]:
    with (DATA / "stores.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_store(row) for row in csv.DictReader(file))


STORES = _stores()
