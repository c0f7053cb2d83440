"""The settings of the catalog, defined once."""

from __future__ import annotations

from quanyu.kernel.problem import N_
from quanyu.modules.catalog.rules.scale_codes import DEFAULT_MASKS
from quanyu.platform import settings_tree

SCALE_MASKS = settings_tree.define(
    settings_tree.Setting(
        key="catalog.scale_masks",
        kind=settings_tree.Kind.TEXT_LIST,
        default=list(DEFAULT_MASKS),
        levels=settings_tree.ANYWHERE,
        title=N_("Layouts of the labels that scales print"),
    )
)
