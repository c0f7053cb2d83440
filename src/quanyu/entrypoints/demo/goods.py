"""What the demo chain sells, read from the tables in ``data/``. Names and brands are made up; amounts are fen."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data"
TABLES = ("goods_fresh", "goods_drinks_snacks", "goods_home_baby", "goods_fashion")

# Code, Chinese, English; what stands below a category has its code before the hyphen.
CATEGORIES = (
    ("FRUIT", "水果", "Fruit"),
    ("FRUIT-POME", "苹果梨", "Apples and pears"),
    ("FRUIT-CITRUS", "柑橘柚", "Citrus"),
    ("FRUIT-BERRY", "葡萄浆果", "Grapes and berries"),
    ("FRUIT-TROPIC", "热带水果", "Tropical fruit"),
    ("FRUIT-MELON", "瓜与桃李", "Melons and stone fruit"),
    ("DAIRY", "乳品", "Dairy"),
    ("DAIRY-MILK", "牛奶", "Milk"),
    ("DAIRY-YOGURT", "酸奶", "Yogurt"),
    ("DAIRY-CHEESE", "奶酪黄油", "Cheese and butter"),
    ("DRINK", "饮料", "Drinks"),
    ("DRINK-WATER", "水", "Water"),
    ("DRINK-TEA", "茶与咖啡", "Tea and coffee"),
    ("DRINK-JUICE", "果汁汽水", "Juice and soda"),
    ("DRINK-ALC", "酒", "Beer and wine"),
    ("SNACK", "零食", "Snacks"),
    ("SNACK-CRISP", "饼干膨化", "Biscuits and crisps"),
    ("SNACK-NUT", "坚果果干", "Nuts and dried fruit"),
    ("SNACK-SWEET", "糖果巧克力", "Sweets and chocolate"),
    ("SNACK-BAKE", "糕点烘焙", "Pastry and bakery"),
    ("SNACK-SAVOURY", "肉脯卤味", "Savoury snacks"),
    ("STAPLE", "粮油", "Staples"),
    ("STAPLE-GRAIN", "米面", "Rice and noodles"),
    ("STAPLE-OIL", "油与调味", "Oil and seasoning"),
    ("STAPLE-EGG", "蛋与方便食品", "Eggs and ready meals"),
    ("HOME", "家纺", "Home textiles"),
    ("HOME-BED", "床品", "Bedding"),
    ("HOME-BATH", "毛巾浴巾", "Towels"),
    ("HOME-LIVING", "居家", "Living"),
    ("BABY", "母婴", "Baby"),
    ("BABY-CARE", "尿裤与护理", "Nappies and care"),
    ("BABY-FOOD", "辅食喂养", "Food and feeding"),
    ("BABY-TOY", "玩具绘本", "Toys and books"),
    ("BEAUTY", "美妆个护", "Beauty"),
    ("BEAUTY-SKIN", "护肤", "Skin care"),
    ("BEAUTY-MAKEUP", "彩妆", "Make-up"),
    ("BEAUTY-HAIR", "洗护", "Bath and hair"),
    ("EYE", "眼镜", "Eyewear"),
    ("EYE-FRAME", "镜框镜片", "Frames and lenses"),
    ("EYE-SUN", "太阳镜", "Sunglasses"),
    ("EYE-CARE", "隐形与护理", "Contact lenses and care"),
    ("APP", "服饰", "Apparel"),
    ("APP-TOP", "上装", "Tops"),
    ("APP-BOTTOM", "裤装裙装", "Trousers and dresses"),
    ("APP-INNER", "内衣家居服", "Underwear and nightwear"),
    ("APP-SHOE", "鞋帽包", "Shoes, hats and bags"),
)


class Brand(NamedTuple):
    """A brand of goods and who delivers it."""

    name: str
    name_en: str
    supplier: str


BRANDS = {
    "LING": Brand("岭鲜记", "Lingxian", "S-FR"),
    "SAI": Brand("塞上晨牧", "Saishang", "S-DY"),
    "MOYE": Brand("牧野小栈", "Muye", "S-DY"),
    "DAO": Brand("稻里人家", "Daoli", "S-SN"),
    "QUAN": Brand("泉屿", "Quanyu Spring", "S-SN"),
    "SHAN": Brand("山前一杯", "Shanqian", "S-SN"),
    "MAI": Brand("麦汀", "Maiting", "S-SN"),
    "MAN": Brand("慢慢铺子", "Manman", "S-SN"),
    "XIAO": Brand("晓炉", "Xiaolu Bakery", "S-SN"),
    "YUN": Brand("云织里", "Yunzhi", "S-HM"),
    "YAYA": Brand("芽芽屋", "Yaya House", "S-BB"),
    "SULI": Brand("素里", "Suli", "S-BT"),
    "HUA": Brand("花间集色", "Huajian", "S-BT"),
    "MING": Brand("明眸里", "Mingmou", "S-EY"),
    "BUZHI": Brand("布之语", "Buzhi", "S-AP"),
}

_UNITS_EN = (
    ("千克", "kg"), ("毫升", "ml"), ("厘米", "cm"), ("克", "g"), ("升", "l"), ("枚", "pcs"), ("片", "pcs"),
    ("抽", "sheets"), ("个", "pcs"), ("支", "pcs"), ("只", "pcs"), ("双", "pairs"), ("条", "pcs"),
    ("块", "pcs"), ("件", "pcs"), ("寸", "inch"), ("层", "ply"), ("一副", "pair"),
)  # fmt: skip
# Of these attributes the later values are the larger ones and cost more, in hundredths of the price each.
_DEARER = {"规格": 15, "折射率": 40}


class Variant(NamedTuple):
    """One SKU of an item: the end of its code and names, what sets it apart, and its amounts."""

    suffix: str
    label: str
    label_en: str
    specification: dict[str, str]
    price_fen: int
    cost_fen: int
    member_fen: int | None


class Item(NamedTuple):
    """A product. Weighed goods are priced per kilogram. ``icon`` tells the tool that draws pictures what to show."""

    code: str
    category: str
    name: str
    name_en: str
    brand: Brand
    spec: str
    origin: str
    unit: str
    price_fen: int
    cost_fen: int
    member_fen: int | None
    attributes: tuple[str, ...]
    variants: tuple[Variant, ...]
    icon: str

    @property
    def weighed(self) -> bool:
        return self.unit == "kg"

    @property
    def group(self) -> str:
        """The code of the category at the top: ``FRUIT``, ``APP`` ..."""
        return self.category.partition("-")[0]


class _Attribute(NamedTuple):
    name: str
    values: tuple[tuple[str, str], ...]


def in_english(spec: str) -> str:
    """Return a pack's size in English: ``250 毫升 x 12`` is ``250 ml x 12``."""
    for chinese, english in _UNITS_EN:
        spec = spec.replace(chinese, english)
    return spec


def _rows(table: str) -> list[dict[str, str]]:
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _options() -> dict[str, _Attribute]:
    found = {}
    for row in _rows("options"):
        pairs = (value.partition("=") for value in row["values"].split(";"))
        found[row["code"]] = _Attribute(row["attribute"], tuple((zh, en) for zh, _, en in pairs))
    return found


def _member_price(price_fen: int) -> int:
    """About five in a hundred less, ending as prices in shops do."""
    less = price_fen * 95 // 100
    if price_fen >= 10_000:
        return less // 1000 * 1000 + 900 if less % 1000 >= 900 else less // 1000 * 1000 - 100
    return less // 100 * 100 - 10 if price_fen >= 1000 else less // 10 * 10


def _variants(
    attributes: tuple[_Attribute, ...], price_fen: int, margin: int, *, for_members: bool
) -> Iterator[Variant]:
    combinations = list(itertools.product(*(enumerate(one.values) for one in attributes)))
    for number, chosen in enumerate(combinations, start=1):
        percent = 100 + sum(
            _DEARER.get(one.name, 0) * position for one, (position, _) in zip(attributes, chosen, strict=True)
        )
        price = price_fen if percent == 100 else price_fen * percent // 10_000 * 100
        yield Variant(
            suffix=f"-{number}" if attributes else "",
            label=" ".join(zh for _, (zh, _) in chosen),
            label_en=" ".join(en for _, (_, en) in chosen),
            specification={one.name: zh for one, (_, (zh, _)) in zip(attributes, chosen, strict=True)},
            price_fen=price,
            cost_fen=price * (100 - margin) // 100,
            member_fen=_member_price(price) if for_members else None,
        )


def _item(row: dict[str, str]) -> Item:
    attributes = tuple(_options()[code] for code in row["options"].split("*") if code)
    yuan, _, tenth = row["price"].partition(".")
    price_fen = int(yuan) * 100 + int(tenth) * 10
    variants = tuple(_variants(attributes, price_fen, int(row["margin"]), for_members=row["member"] == "1"))
    return Item(
        code=row["code"],
        category=row["category"],
        name=f"{row['name']} {row['spec']}".strip(),
        name_en=f"{row['name_en']} {in_english(row['spec'])}".strip(),
        brand=BRANDS[row["brand"]],
        spec=row["spec"],
        origin=row["origin"],
        unit=row["unit"],
        price_fen=price_fen,
        cost_fen=variants[0].cost_fen,
        member_fen=variants[0].member_fen,
        attributes=tuple(one.name for one in attributes),
        variants=variants,
        icon=row["icon"],
    )


def of_sku(code: str) -> str:
    """Return the code of the product that a SKU's code belongs to."""
    return re.sub(r"-\d+$", "", code)


ITEMS: tuple[Item, ...] = tuple(_item(row) for table in TABLES for row in _rows(table))
BRAND_CODES = {brand: code for code, brand in BRANDS.items()}

# What costs less for some weeks, in fen, for everybody: the first SKU of these products.
TIMED_FEN = {"B06": 990, "G03": 890, "S03-1": 1690, "K01": 990, "P09": 6900, "A01-1": 5900}
