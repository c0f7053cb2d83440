"""What crosses catalog's door of outfits and tutorials (CNT-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quanyu.kernel.problem import N_, NotFound
from quanyu.modules.catalog.contracts.content import Shot

STEPS_MAX, GUIDE_GOODS_MAX, GUIDES_MAX = 12, 12, 200
GUIDE_TITLE_MAX, GUIDE_TEXT_MAX = 60, 300


class GuideUnknown(NotFound):
    """No such outfit or tutorial, or none that is shown."""

    code = "catalog.guide_unknown"
    title = N_("There is no such outfit or tutorial.")
    remedy = N_("Choose one from the list.")


class GuideKind(StrEnum):
    """What a guide is: goods worn together, or how something is done with them."""

    OUTFIT = "outfit"
    TUTORIAL = "tutorial"


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One step of a guide, as plain text."""

    text: str
    text_en: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """An outfit or a tutorial for the stores at and below a unit. ``id`` and ``version`` 0: not written yet.

    ``cover`` names paths below the media root. Without ``published_from`` it is a draft.
    """

    kind: GuideKind
    unit_id: int
    title: str
    title_en: str = ""
    text: str = ""
    text_en: str = ""
    steps: tuple[GuideStep, ...] = ()
    cover: Shot | None = None
    product_ids: tuple[int, ...] = ()
    published_from: datetime | None = None
    published_until: datetime | None = None
    id: int = 0
    version: int = 0

    def is_shown(self, now: datetime) -> bool:
        """Tell whether shoppers see it now."""
        begun = self.published_from is not None and self.published_from <= now
        return begun and (self.published_until is None or now < self.published_until)
