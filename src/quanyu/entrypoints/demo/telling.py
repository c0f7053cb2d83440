"""What the demo's products tell beside their description: sizes, how to use them, what goes with them, care."""

from __future__ import annotations

from quanyu.modules.catalog.contracts.content import Service, SizeGuide

_TOPS = ("A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A09", "A13", "A14", "A18", "A19")
_BOTTOMS = ("A10", "A11", "A12")
_SHOES = ("A20", "A21", "A22", "A23", "A24")
GUIDES = (*_TOPS, *_BOTTOMS, *_SHOES)
_NOTE = ("平铺测量，误差 1–2 厘米。", "Measured lying flat; 1–2 cm may differ.")
_TOP = SizeGuide(
    title="上装尺码（厘米）",
    title_en="Sizes of tops (cm)",
    note=_NOTE[0],
    note_en=_NOTE[1],
    columns=("尺码 Size", "胸围 Chest", "衣长 Length", "肩宽 Shoulder"),
    rows=(("S", "92", "64", "40"), ("M", "96", "66", "42"), ("L", "100", "68", "44"), ("XL", "106", "70", "46")),
)
_BOTTOM = SizeGuide(
    title="下装尺码（厘米）",
    title_en="Sizes of trousers (cm)",
    note=_NOTE[0],
    note_en=_NOTE[1],
    columns=("尺码 Size", "腰围 Waist", "臀围 Hip", "裤长 Length"),
    rows=(("S", "70", "92", "98"), ("M", "74", "96", "100"), ("L", "78", "100", "102"), ("XL", "84", "106", "104")),
)
_SHOE = SizeGuide(
    title="鞋码对照",
    title_en="Shoe sizes",
    note="脚长介于两码之间，选大一码。",
    note_en="Between two sizes, take the larger one.",
    columns=("鞋码 EU", "脚长 Foot (cm)", "UK", "US"),
    rows=(
        ("36", "23", "3.5", "6"),
        ("38", "24", "5", "7.5"),
        ("40", "25", "6.5", "8"),
        ("42", "26", "8", "9"),
        ("44", "27", "9.5", "10.5"),
    ),
)
HOW_TO = {
    "P01": (
        "取黄豆大小，加水打出泡沫，按摩面部 30 秒后洗净。早晚各一次。",
        "Lather a pea-sized amount, massage for 30 seconds and rinse. Morning and evening.",
    ),
    "P02": (
        "洁面后敷 15 分钟，取下轻拍至吸收，无需清洗。每周两到三次。",
        "After cleansing, leave on for 15 minutes and pat in the rest. Two or three times a week.",
    ),
    "P03": (
        "洗手后取适量涂匀，指缝与指缘不要漏掉。",
        "After washing your hands, spread evenly; do not forget the cuticles.",
    ),
    "P04": (
        "头发打湿后取两泵揉出泡沫，停留 1 分钟冲净。",
        "Work two pumps into wet hair, leave for a minute and rinse.",
    ),
    "P06": (
        "爽肤水之后，取三到四滴，由内向外按压。",
        "After toner, press three or four drops in from the middle outwards.",
    ),
    "P07": ("护肤最后一步，取一颗珍珠大小，点涂后抹匀。", "As the last step, dot on a pearl-sized amount and spread."),
    "P09": (
        "出门前 15 分钟涂抹，户外每两小时补涂一次。",
        "Apply 15 minutes before going out; again every two hours outdoors.",
    ),
    "P10": (
        "倒在化妆棉上，敷眼唇 10 秒再轻轻擦拭。",
        "Soak a pad, hold on eyes and lips for 10 seconds, then wipe gently.",
    ),
    "P12": ("先用润唇膏打底，再由唇中向外涂。", "Start with lip balm, then colour from the middle outwards."),
    "B06": (
        "冷藏 2 小时风味更佳；加冰或牛奶皆可，开封后当日饮用。",
        "Best after two hours in the fridge, with ice or milk. Drink on the day it is opened.",
    ),
    "E11": (
        "洗净双手再取镜片，日抛不过夜，取下即弃。",
        "Wash your hands first. Wear for a day, never overnight, then throw away.",
    ),
    "K02": (
        "分清前后，腰贴对称粘贴，立起侧边防漏。",
        "Mind front and back, fasten both tapes evenly and raise the leak guards.",
    ),
    "K03": (
        "一勺米粉加 30 毫升 60 ℃ 温水，静置后搅匀。",
        "One spoon to 30 ml of water at 60 °C; let it stand, then stir.",
    ),
    "S04": ("烤箱 160 ℃ 复烤 5 分钟，外皮更酥。", "Five minutes at 160 °C make the crust crisp again."),
}
OUTFITS = {
    "A01": ("A10", "A22"),
    "A03": ("A11", "A21"),
    "A05": ("A12", "A20"),
    "A06": ("A27", "A24"),
    "A09": ("A03", "A21"),
    "A13": ("A23", "A29"),
    "A14": ("A26", "A23"),
    "A20": ("A12", "A17"),
    "A30": ("A25", "A20"),
    "H01": ("H02", "H03"),
    "H04": ("H06", "H18"),
    "K02": ("K01", "K06"),
}
_WASH = (
    "30 ℃ 以下机洗，深浅分开；反面晾晒，避免暴晒。",
    "Wash below 30 °C, dark and light apart. Dry inside out, out of the sun.",
)
_WOOL = ("建议手洗或专业干洗，平铺晾干，放樟木片防虫。", "Wash by hand or have it cleaned; dry flat, store with cedar.")
_SHOE_CARE = ("软布擦净后自然风干，不要暴晒或烘烤。", "Wipe with a soft cloth and air-dry, away from sun and heat.")
_BED_CARE = (
    "首次使用前清洗一次；勤晾晒，收纳前确保干透。",
    "Wash once before use; air often and store only when quite dry.",
)
CARE = {
    **dict.fromkeys(("A01", "A02", "A03", "A04", "A05", "A08", "A10", "A11", "A12", "A14", "A18", "A19"), _WASH),
    **dict.fromkeys(("A06", "A07", "A09", "A13", "A27", "A28"), _WOOL),
    **dict.fromkeys(_SHOES, _SHOE_CARE),
    **dict.fromkeys(("H01", "H02", "H03", "H04", "H09", "H10"), _BED_CARE),
}
_HEM = Service("免费改裤长", "Free hemming", "凭小票到店修改，当日可取。", "In the store, ready on the same day.", 30)
_FIT = Service("到店量脚", "Foot measuring", "专业量脚，推荐合脚尺码。", "We measure and find your size.", 10)
_SKIN = Service("肤质检测", "Skin check", "到店免费检测，推荐适合的护理。", "Free in the store, with advice.", 15)
SERVICES = {"APP-BOTTOM": (_HEM,), "APP-SHOE": (_FIT,), "BEAUTY-SKIN": (_SKIN,)}
# What people who buy the one often take along.
TOGETHER = {
    "D01": "S27", "D02": "S28", "S27": "D01", "S28": "B06", "B06": "S28", "B02": "S14", "S01": "B20", "F01": "D03",
    "F19": "F28", "K02": "K01", "K01": "K02", "P01": "P02", "P04": "P19", "A10": "A01", "A01": "A10", "A20": "A17",
    "H01": "H03", "G01": "G02", "E11": "E13", "S02": "B02", "G03": "G05",
}  # fmt: skip


def guide_of(code: str) -> SizeGuide | None:
    """Return the size guide of a product."""
    if code in _TOPS:
        return _TOP
    return _BOTTOM if code in _BOTTOMS else _SHOE if code in _SHOES else None
