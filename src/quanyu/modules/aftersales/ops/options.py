"""The settings of after-sales, by brand, region and store."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.problem import N_
from quanyu.modules.aftersales.rules import Policy
from quanyu.platform import settings_tree
from quanyu.platform.settings_tree import Kind, Level, Setting

_SHOP_LEVELS = (Level.BRAND, Level.UNIT)
KEEP, CHARGE = "keep", "charge"
NEVER, WHOLE_ORDER = "never", "whole_order"

BELOW_THRESHOLD = settings_tree.define(
    Setting(
        key="aftersales.below_threshold",
        kind=Kind.CHOICE,
        default=KEEP,
        choices=(KEEP, CHARGE),
        choice_titles=(N_("The discount is kept"), N_("The discount is charged")),
        levels=_SHOP_LEVELS,
        title=N_("A return below the threshold of a discount: the customer keeps the discount, or is charged for it"),
    )
)
REFUND_FREIGHT = settings_tree.define(
    Setting(
        key="aftersales.refund_freight",
        kind=Kind.CHOICE,
        default=NEVER,
        choices=(NEVER, WHOLE_ORDER),
        choice_titles=(N_("Never"), N_("When the whole order came back")),
        levels=_SHOP_LEVELS,
        title=N_("Freight goes back: never, or when the whole order came back"),
    )
)

REQUEST_DAYS = settings_tree.define(
    Setting(
        key="aftersales.request_days",
        kind=Kind.INTEGER,
        default=7,
        minimum=0,
        maximum=365,
        levels=_SHOP_LEVELS,
        title=N_("Days after completion in which customers may ask for a return or an exchange; 0: never"),
    )
)


def request_days_at(path: Sequence[str]) -> int:
    """Return for how many days after its completion an order may be asked about."""
    return int(settings_tree.get(REQUEST_DAYS.key, path))


def policy_at(path: Sequence[str]) -> Policy:
    """Return the policy in force at the end of a settings path, in one query."""
    values = settings_tree.get_many([BELOW_THRESHOLD.key, REFUND_FREIGHT.key], path)
    return Policy(
        charges_lost_discounts=values[BELOW_THRESHOLD.key] == CHARGE,
        refunds_freight=values[REFUND_FREIGHT.key] == WHOLE_ORDER,
    )
