"""The demo's outfits and tutorials: what hangs together on the screens of all stores, and how things are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from quanyu.entrypoints.demo.catalogue import PICTURES
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.api import guides
from quanyu.modules.catalog.contracts.guides import Guide, GuideKind, GuideStep


@dataclass(frozen=True)
class _Told:
    """What one says: title and text in Chinese and English, the codes of its goods, its steps."""

    kind: GuideKind
    title: tuple[str, str]
    text: tuple[str, str]
    goods: tuple[str, ...]
    steps: tuple[tuple[str, str], ...] = ()


def _outfit(title: tuple[str, str], text: tuple[str, str], *goods: str) -> _Told:
    return _Told(GuideKind.OUTFIT, title, text, goods)


def _tutorial(title: tuple[str, str], text: tuple[str, str], goods: tuple[str, ...], *steps: tuple[str, str]) -> _Told:
    return _Told(GuideKind.TUTORIAL, title, text, goods, steps)


# The last one stands first on the screens.
_ALL = (
    _tutorial(
        ("宝宝第一口米粉", "The first spoon of cereal"),
        ("六个月起，少量、稀糊、慢慢来。", "From six months: little, thin and slowly."),
        ("K03", "K09", "K01"),
        ("取一勺米粉，加 30 毫升 60 ℃ 温水。", "One spoon of cereal, 30 ml of water at 60 °C."),
        ("静置一分钟，顺着一个方向搅匀。", "Let it stand for a minute, then stir one way."),
        ("第一周每天一次，一次两小勺。", "In the first week once a day, two small spoons."),
    ),
    _tutorial(
        ("五分钟通勤妆", "Make-up in five minutes"),
        ("气色好、不脱妆，出门前刚刚好。", "Fresh, lasting, and done before you leave."),
        ("P13", "P14", "P12", "P17"),
        ("气垫由内向外轻拍，鼻翼少量多次。", "Dab the cushion outwards; little and often beside the nose."),
        ("眉笔先描眉尾，再用余粉带出眉头。", "Draw the end of the brow first, then lead on with what is left."),
        ("口红点在唇中，用刷子晕开。", "Lipstick in the middle, blended with a brush."),
    ),
    _tutorial(
        ("换季保湿四步", "Four steps against dry skin"),
        ("从洁面到面霜，顺序对了才有用。", "From cleansing to cream: the order matters."),
        ("P01", "P08", "P06", "P07"),
        ("洁面乳打出泡沫，按摩 30 秒后洗净。", "Lather the face wash, massage for 30 seconds, rinse."),
        ("爽肤水拍至半干。", "Pat the toner in until it is half dry."),
        ("精华三到四滴，由内向外按压。", "Three or four drops of serum, pressed in outwards."),
        ("面霜取珍珠大小，点涂抹匀。", "A pearl of cream, dotted on and spread."),
    ),
    _tutorial(
        ("铺出酒店般的床", "A bed as in a hotel"),
        ("平整、蓬松、睡得好。", "Smooth, soft, slept well."),
        ("H01", "H02", "H03", "H08"),
        ("床笠四角拉紧，先铺对角。", "Stretch the fitted sheet, opposite corners first."),
        ("冬被对齐床头，留出一掌宽翻边。", "Lay the quilt to the head, a hand's width turned over."),
        ("枕头拍松，枕口朝外。", "Beat the pillows up, openings outwards."),
    ),
    _outfit(
        ("早八商务", "Monday at eight"),
        ("西装外套配亚麻衬衫，利落但不拘谨。", "Blazer and linen shirt: neat, not stiff."),
        "A09", "A03", "A11", "A21",
    ),
    _outfit(
        ("晨跑三公里", "Three kilometres"),
        ("轻、透气，跑完直接去上班。", "Light and airy; to work straight after."),
        "A12", "A20", "A17", "A25",
    ),
    _outfit(
        ("初冬暖咖", "Early winter, warm brown"),
        ("羊毛衫打底，羊绒围巾点睛。", "A wool jumper below, the cashmere scarf on top."),
        "A06", "A27", "A24", "A28",
    ),
    _outfit(
        ("海边度假", "By the sea"),
        ("碎花裙、遮阳帽，别忘了防晒霜。", "Floral dress and sun hat; do not forget the sunscreen."),
        "A14", "A26", "A23", "P09",
    ),
    _outfit(
        ("周末出游", "A day out"),
        ("防晒衣加双肩包，一整天都轻松。", "Sun jacket and backpack: easy all day."),
        "A08", "A05", "A10", "A30",
    ),
    _outfit(
        ("城市牛仔", "Denim in town"),
        ("纯棉 T 恤配直筒牛仔裤，帆布鞋收尾。", "Cotton T-shirt, straight jeans, canvas shoes."),
        "A01", "A10", "A22", "A29",
    ),
)  # fmt: skip


def make(unit_id: int, products: Mapping[str, int], *, now: datetime) -> None:
    """Write and publish them for all stores below a unit, an hour apart, the last one newest."""
    first = now - timedelta(hours=len(_ALL))
    for place, told in enumerate(_ALL):
        known = [code for code in told.goods if code in products]
        cover = None
        if told.kind is GuideKind.TUTORIAL:
            cover = catalog.store_shot(content=(PICTURES / f"{known[0]}.webp").read_bytes(), alt=told.title[0])
        guide = Guide(
            kind=told.kind,
            unit_id=unit_id,
            title=told.title[0],
            title_en=told.title[1],
            text=told.text[0],
            text_en=told.text[1],
            steps=tuple(GuideStep(*step) for step in told.steps),
            cover=cover,
            product_ids=tuple(products[code] for code in known),
            published_from=first + timedelta(hours=place),
        )
        guides.write_guide(guide=guide, actor=SYSTEM, now=now)
