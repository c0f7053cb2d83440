"""The settings of flash sales."""

from __future__ import annotations

from quanyu.kernel.problem import N_
from quanyu.platform import settings_tree
from quanyu.platform.settings_tree import Kind, Level, Setting

BINDS_TILL = settings_tree.define(
    Setting(
        "flash.binds_till", Kind.BOOLEAN, False, (Level.BRAND,),
        N_("New flash sales bind the till too: members only, up to the limit"),
    )
)  # fmt: skip


def binds_till() -> bool:
    """Tell whether new sales bind the till unless somebody says otherwise."""
    return bool(settings_tree.get(BINDS_TILL.key, ("brand",)))
