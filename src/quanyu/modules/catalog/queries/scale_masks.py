"""The layouts of scale labels that are in force at a place of the settings tree."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import structlog

from quanyu.modules.catalog.rules.scale_codes import ScaleMask, parse_mask
from quanyu.modules.catalog.rules.settings import SCALE_MASKS
from quanyu.platform import settings_tree

_log = structlog.get_logger(__name__)


def in_force(settings_path: Sequence[str]) -> tuple[ScaleMask, ...]:
    """Return the masks that hold at the end of the path.

    A mask that cannot be read is left out with a warning: one typing mistake must not stop a till.
    """
    return tuple(mask for text in _written(settings_path) if (mask := _parsed(text)) is not None)


def texts(settings_path: Sequence[str]) -> list[str]:
    """Return the masks that hold at the end of the path as they are written, without those that cannot be read."""
    return [text for text in _written(settings_path) if _parsed(text) is not None]


def _written(settings_path: Sequence[str]) -> list[str]:
    found: list[str] = settings_tree.get(SCALE_MASKS.key, settings_path)
    return found


@lru_cache(maxsize=256)
def _parsed(text: str) -> ScaleMask | None:
    try:
        return parse_mask(text)
    except ValueError:
        _log.warning("catalog.scale_mask_unreadable", mask=text)
        return None
