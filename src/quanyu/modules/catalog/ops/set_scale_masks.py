"""Say how the labels of the scales at a place are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.catalog.ops import authorise
from quanyu.modules.catalog.rules.scale_codes import parse_mask
from quanyu.modules.catalog.rules.settings import SCALE_MASKS
from quanyu.platform import settings_tree


def set_scale_masks(*, node: str, masks: Sequence[str] | None, actor: Actor, now: datetime) -> None:
    """Store the masks at a node of the settings tree, or remove them there with ``None``."""
    authorise.demand_edit(actor)
    for text in masks or ():
        try:
            parse_mask(text)
        except ValueError as failure:
            raise Invalid(field="masks", reason=N_("this layout cannot be read"), mask=text) from failure
    settings_tree.set_value(actor, node, SCALE_MASKS.key, None if masks is None else list(masks), now)
