"""What the demo chain sells. Prices and costs in fen; names and brands are made up."""

from __future__ import annotations

from typing import NamedTuple

CATEGORIES = (
    ("FRUIT", "水果", "Fruit"),
    ("DAIRY", "乳品", "Dairy"),
    ("DRINK", "饮料", "Drinks"),
    ("SNACK", "零食", "Snacks"),
    ("STAPLE", "粮油", "Staples"),
    ("HOME", "家纺", "Home textiles"),
    ("BABY", "母婴", "Baby"),
    ("BEAUTY", "美妆个护", "Beauty"),
)


class Item(NamedTuple):
    """A product. ``variants``: (zh, en) of one attribute; empty: one SKU. Weighed goods are priced per kilogram."""

    code: str
    category: str
    name: str
    name_en: str
    unit: str
    price_fen: int
    cost_fen: int
    supplier: str
    member_fen: int | None = None
    weighed: bool = False
    attribute: str = ""
    variants: tuple[tuple[str, str], ...] = ()


_SIZES = (("1.5 米床", "1.5 m bed"), ("1.8 米床", "1.8 m bed"))
_COLOURS = (("雾蓝", "Mist blue"), ("米白", "Ivory"))

ITEMS = (
    Item("F01", "FRUIT", "红富士苹果", "Fuji apples", "kg", 1380, 760, "S-FR", 1280, weighed=True),
    Item("F02", "FRUIT", "海南香蕉", "Hainan bananas", "kg", 798, 420, "S-FR", weighed=True),
    Item("F03", "FRUIT", "赣南脐橙", "Gannan navel oranges", "kg", 1180, 640, "S-FR", 1080, weighed=True),
    Item("F04", "FRUIT", "巨峰葡萄", "Kyoho grapes", "kg", 2580, 1500, "S-FR", weighed=True),
    Item("F05", "FRUIT", "蓝莓 125 克", "Blueberries 125 g", "盒", 1990, 1180, "S-FR", 1790),
    Item("F06", "FRUIT", "奶油草莓 500 克", "Strawberries 500 g", "盒", 3980, 2400, "S-FR", 3680),
    Item("F07", "FRUIT", "泰国椰青", "Young coconut", "个", 1290, 780, "S-FR"),
    Item("F08", "FRUIT", "蜜柚", "Honey pomelo", "个", 1580, 820, "S-FR"),
    Item("D01", "DAIRY", "塞上纯牛奶 250 毫升 x 12", "Saishang milk 250 ml x 12", "箱", 5990, 4300, "S-DY", 5590),
    Item("D02", "DAIRY", "塞上鲜牛奶 950 毫升", "Saishang fresh milk 950 ml", "瓶", 1890, 1280, "S-DY"),
    Item("D03", "DAIRY", "原味酸奶 180 克", "Plain yogurt 180 g", "杯", 690, 420, "S-DY"),
    Item("D04", "DAIRY", "黄桃酸奶 180 克", "Peach yogurt 180 g", "杯", 790, 470, "S-DY"),
    Item("D05", "DAIRY", "马苏里拉奶酪 200 克", "Mozzarella 200 g", "袋", 2480, 1600, "S-DY", 2280),
    Item("D06", "DAIRY", "淡味黄油 227 克", "Butter 227 g", "块", 2680, 1850, "S-DY"),
    Item("B01", "DRINK", "山泉饮用水 550 毫升", "Spring water 550 ml", "瓶", 200, 90, "S-SN"),
    Item("B02", "DRINK", "无糖乌龙茶 500 毫升", "Oolong tea 500 ml", "瓶", 500, 260, "S-SN", 450),
    Item("B03", "DRINK", "可乐 330 毫升", "Cola 330 ml", "罐", 300, 170, "S-SN"),
    Item("B04", "DRINK", "苏打气泡水 480 毫升", "Sparkling water 480 ml", "瓶", 550, 280, "S-SN"),
    Item("B05", "DRINK", "鲜榨橙汁 300 毫升", "Orange juice 300 ml", "瓶", 1290, 760, "S-FR"),
    Item("B06", "DRINK", "冷萃咖啡 270 毫升", "Cold brew 270 ml", "瓶", 1190, 690, "S-SN", 1090),
    Item("B07", "DRINK", "精酿啤酒 500 毫升", "Craft beer 500 ml", "罐", 1380, 820, "S-SN"),
    Item("S01", "SNACK", "海盐薯片 70 克", "Sea salt crisps 70 g", "袋", 690, 380, "S-SN"),
    Item("S02", "SNACK", "每日坚果 25 克 x 7", "Daily nuts 25 g x 7", "盒", 4990, 3200, "S-SN", 4590),
    Item("S03", "SNACK", "黑巧克力 100 克", "Dark chocolate 100 g", "块", 1990, 1100, "S-SN"),
    Item("S04", "SNACK", "蛋黄酥 6 枚", "Egg yolk pastry x 6", "盒", 2990, 1800, "S-SN", 2690),
    Item("S05", "SNACK", "麻辣牛肉干 100 克", "Spicy beef jerky 100 g", "袋", 2680, 1750, "S-SN"),
    Item("S06", "SNACK", "山楂条 200 克", "Hawthorn strips 200 g", "袋", 990, 520, "S-SN"),
    Item("S07", "SNACK", "散装糖果", "Loose sweets", "kg", 3980, 2100, "S-SN", weighed=True),
    Item("G01", "STAPLE", "五常大米 5 千克", "Wuchang rice 5 kg", "袋", 6990, 4900, "S-SN", 6690),
    Item("G02", "STAPLE", "压榨花生油 1.8 升", "Peanut oil 1.8 l", "瓶", 5480, 3900, "S-SN"),
    Item("G03", "STAPLE", "挂面 1 千克", "Noodles 1 kg", "把", 1090, 620, "S-SN"),
    Item("G04", "STAPLE", "土鸡蛋 10 枚", "Free-range eggs x 10", "盒", 1690, 1150, "S-FR", 1590),
    Item(
        "H01",
        "HOME",
        "长绒棉四件套",
        "Long-staple cotton set",
        "套",
        39900,
        21000,
        "S-HM",
        36900,
        attribute="规格",
        variants=_SIZES,
    ),
    Item(
        "H02",
        "HOME",
        "羽丝绒冬被",
        "Down-feel quilt",
        "床",
        29900,
        15500,
        "S-HM",
        26900,
        attribute="规格",
        variants=_SIZES,
    ),
    Item("H03", "HOME", "乳胶枕", "Latex pillow", "只", 15900, 8200, "S-HM", 14900),
    Item(
        "H04",
        "HOME",
        "纯棉浴巾",
        "Cotton bath towel",
        "条",
        6900,
        3300,
        "S-HM",
        attribute="颜色",
        variants=_COLOURS,
    ),
    Item("K01", "BABY", "婴儿湿巾 80 抽", "Baby wipes 80", "包", 1290, 680, "S-HM"),
    Item(
        "K02",
        "BABY",
        "纸尿裤 50 片",
        "Nappies 50",
        "包",
        8990,
        5900,
        "S-HM",
        8490,
        attribute="尺码",
        variants=(("M 码", "M"), ("L 码", "L"), ("XL 码", "XL")),
    ),
    Item("K03", "BABY", "婴儿米粉 225 克", "Baby rice cereal 225 g", "盒", 4590, 2900, "S-SN"),
    Item("P01", "BEAUTY", "氨基酸洁面乳 120 克", "Amino face wash 120 g", "支", 5990, 2900, "S-HM", 5490),
    Item("P02", "BEAUTY", "玻尿酸面膜 5 片", "Hyaluronic masks x 5", "盒", 4990, 2200, "S-HM", 4490),
    Item("P03", "BEAUTY", "护手霜 50 克", "Hand cream 50 g", "支", 2990, 1300, "S-HM"),
    Item("P04", "BEAUTY", "洗发水 500 毫升", "Shampoo 500 ml", "瓶", 4590, 2300, "S-HM"),
    Item("P05", "BEAUTY", "牙膏 120 克", "Toothpaste 120 g", "支", 1590, 780, "S-HM"),
)

# What costs less for some weeks, in fen, for everybody.
TIMED_FEN = {"B06": 990, "G03": 890, "S03": 1690, "K01": 990}
