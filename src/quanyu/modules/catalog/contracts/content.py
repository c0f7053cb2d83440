"""What crosses catalog's door of a product's content: size guide, photos, sections, services; and shared codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SECTIONS_MAX, PICTURES_MAX, SERVICES_MAX, GOODS_MAX = 12, 12, 8, 12
COLUMNS_MAX, ROWS_MAX = 12, 60


class SectionKind(StrEnum):
    """What a section is about."""

    HOW_TO = "how_to"
    OUTFIT = "outfit"
    CARE = "care"
    STORY = "story"


@dataclass(frozen=True, slots=True)
class SizeGuide:
    """A table of sizes. Every row has a cell for each column."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title_en: str = ""
    note: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture at three sizes: paths below the media root."""

    thumb: str
    card: str
    full: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the content. ``sku_ids``: goods that go with it. The HTML is sanitised when it is written."""

    kind: SectionKind
    title: str
    title_en: str = ""
    body_html: str = ""
    body_html_en: str = ""
    pictures: tuple[Shot, ...] = ()
    sku_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A service offered with a product; ``minutes`` 0: not told."""

    name: str
    name_en: str = ""
    text: str = ""
    text_en: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class ProductContent:
    """All content of a product. ``version`` 0: none was written yet."""

    size_guide: SizeGuide | None = None
    photos: tuple[Shot, ...] = ()
    sections: tuple[Section, ...] = ()
    services: tuple[Service, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class SharedPlace:
    """Where a shared code leads."""

    token: str
    product_id: int
    unit_id: int
