"""The demo's shop windows: head office's home page, one store's own, and what products' pages tell further."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from quanyu.entrypoints.demo import goods, guides
from quanyu.entrypoints.demo.catalogue import PICTURES
from quanyu.entrypoints.demo.chain import BRAND, Chain
from quanyu.entrypoints.demo.telling import CARE, GUIDES, HOW_TO, OUTFITS, SERVICES, guide_of
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.catalog.contracts.content import ProductContent, Section, SectionKind, Shot
from quanyu.modules.insights import api as insights
from quanyu.modules.insights.contracts import HabitRules
from quanyu.modules.mall import api as mall
from quanyu.modules.mall.contracts.window import Block, BlockItem, LinkTo

OWN_PAGE = "0009"
_CATEGORIES = {item.code: item.category for item in goods.ITEMS}
# A demo sells for days, not for half a year.
_HABITS = HabitRules(least_orders=3, least_lift=150)


def make(chain: Chain, skus: Mapping[str, SkuInfo], *, now: datetime) -> None:
    """Arrange and publish the pages, write the contents, and learn what is bought together."""
    ids = {category.code: category.id for category in catalog.categories()}
    products = {sku.code.partition("-")[0]: sku.product_id for sku in skus.values()}
    _publish(chain.units[BRAND].id, _head_office(ids, products), now=now)
    _publish(chain.units[OWN_PAGE].id, _store(ids, products), now=now)
    firsts = {code: _first(skus, code) for code in products}
    for code in sorted({*GUIDES, *HOW_TO, *OUTFITS, *CARE} & set(products)):
        catalog.write_content(product_id=products[code], content=_content(code, firsts), actor=SYSTEM, now=now)
    guides.make(chain.units[BRAND].id, products, now=now)
    insights.learn_habits(rules=_HABITS, now=now)


def _publish(unit_id: int, blocks: tuple[Block, ...], *, now: datetime) -> None:
    mall.save_page(unit_id=unit_id, version=0, blocks=blocks, actor=SYSTEM, now=now)
    mall.publish_page(unit_id=unit_id, version=1, actor=SYSTEM, now=now)


def _head_office(ids: Mapping[str, int], products: Mapping[str, int]) -> tuple[Block, ...]:
    banners = (
        _banner(
            "banner-fresh", "当季鲜果，产地直达", "Fruit in season, straight from the grove", _category(ids, "FRUIT")
        ),
        _banner("banner-wear", "换季穿搭，轻装出门", "New season, light on your feet", _category(ids, "APP")),
        _banner("banner-home", "好好睡一觉", "A good night's sleep", LinkTo("product", str(products["H01"]))),
    )
    return (
        Block(kind="banner", items=banners),
        _shortcuts(),
        Block(kind="categories", title="逛分类", title_en="Shop by category"),
        Block(kind="flash", title="限时抢购", title_en="Flash sales", more=LinkTo("flash")),
        _goods("今日特价", "On offer today", "on_offer"),
        Block(kind="coupons", title="领券中心", title_en="Coupons for you", more=LinkTo("coupons")),
        _goods("大家都在买", "Best sellers", "best_sellers"),
        _goods("新品上架", "New arrivals", "newest"),
        Block(
            kind="goods",
            title="新鲜水果",
            title_en="Fresh fruit",
            rule="category",
            category_id=ids["FRUIT"],
            most=6,
            more=_category(ids, "FRUIT"),
        ),
    )


def _store(ids: Mapping[str, int], products: Mapping[str, int]) -> tuple[Block, ...]:
    banner = _banner("banner-store", "下班顺路带走", "Pick it up on your way home", _category(ids, "DRINK"))
    return (
        Block(
            kind="notice",
            text="陆家嘴店：工作日 8 点起现磨咖啡，下单 15 分钟可取。",
            text_en="Lujiazui: fresh coffee from 8 on weekdays, ready in 15 minutes.",
        ),
        Block(kind="banner", items=(banner,)),
        _shortcuts(),
        Block(
            kind="goods",
            title="办公室下午茶",
            title_en="Afternoon tea at the office",
            rule="category",
            category_id=ids["SNACK"],
            most=6,
            more=_category(ids, "SNACK"),
        ),
        _goods("本店热卖", "Best sellers here", "best_sellers"),
        _goods("今日特价", "On offer today", "on_offer"),
        Block(kind="categories", title="逛分类", title_en="Shop by category"),
        Block(kind="coupons", title="领券中心", title_en="Coupons for you", more=LinkTo("coupons")),
    )


def _shortcuts() -> Block:
    told = (
        ("ticket", "领券", "Coupons", "coupons"),
        ("zap", "抢购", "Flash", "flash"),
        ("coins", "积分商城", "Points", "points"),
        ("qr-code", "会员码", "My code", "member_code"),
        ("store", "门店", "Stores", "stores"),
    )
    items = (BlockItem(icon=icon, title=title, title_en=en, link=LinkTo(kind)) for icon, title, en, kind in told)
    return Block(kind="shortcuts", items=tuple(items))


def _goods(title: str, title_en: str, rule: str) -> Block:
    return Block(kind="goods", title=title, title_en=title_en, rule=rule, most=8)


def _category(ids: Mapping[str, int], code: str) -> LinkTo:
    return LinkTo("category", str(ids[code]))


def _banner(name: str, title: str, title_en: str, link: LinkTo) -> BlockItem:
    return BlockItem(image=_shot(name).full, title=title, title_en=title_en, link=link)


def _shot(name: str) -> Shot:
    return catalog.store_shot(content=(PICTURES / f"{name}.webp").read_bytes())


def _first(skus: Mapping[str, SkuInfo], code: str) -> SkuInfo:
    return skus[code] if code in skus else skus[f"{code}-1"]


def _content(code: str, firsts: Mapping[str, SkuInfo]) -> ProductContent:
    sections = []
    if code in HOW_TO:
        sections.append(_section(SectionKind.HOW_TO, "怎么用", "How to use it", HOW_TO[code]))
    if code in OUTFITS:
        beside = [one for one in OUTFITS[code] if one in firsts]
        section = _section(
            SectionKind.OUTFIT, "这样搭配", "Goes well with", ("成套搭配，一起带走。", "Made to go together.")
        )
        sections.append(
            Section(
                kind=section.kind,
                title=section.title,
                title_en=section.title_en,
                body_html=section.body_html,
                body_html_en=section.body_html_en,
                pictures=tuple(_shot(one) for one in (code, *beside)),
                sku_ids=tuple(firsts[one].id for one in beside),
            )
        )
    care = CARE.get(code)
    if care is not None:
        sections.append(_section(SectionKind.CARE, "洗护与存放", "Care", care))
    return ProductContent(
        size_guide=guide_of(code), sections=tuple(sections), services=SERVICES.get(_CATEGORIES.get(code, ""), ())
    )


def _section(kind: SectionKind, title: str, title_en: str, told: tuple[str, str]) -> Section:
    return Section(
        kind=kind, title=title, title_en=title_en, body_html=f"<p>{told[0]}</p>", body_html_en=f"<p>{told[1]}</p>"
    )
