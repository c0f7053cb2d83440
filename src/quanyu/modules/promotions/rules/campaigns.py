"""What a campaign must look like."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.problem import N_
from quanyu.modules.promotions.contracts import CampaignInvalid, Scope, Shares, Step
from quanyu.modules.promotions.rules.price_chain import threshold

_WHOLE_BP = 10_000


def check(*, code: str, name: str, steps: Sequence[Step], repeats: bool, shares: Shares, scope: Scope) -> None:
    """Raise ``CampaignInvalid`` with the field unless the campaign could work as it is written."""
    if not code.strip():
        raise CampaignInvalid(field="code", reason=N_("it is empty"))
    if not name.strip():
        raise CampaignInvalid(field="name", reason=N_("it is empty"))
    _check_steps(steps, repeats=repeats)
    parts = (shares.brand_bp, shares.store_bp, shares.supplier_bp)
    if min(parts) < 0 or sum(parts) != _WHOLE_BP:
        raise CampaignInvalid(field="shares", reason=N_("the shares must add up to the whole discount"))
    if scope.sku_ids & scope.excluded_sku_ids:
        raise CampaignInvalid(field="scope.excluded_sku_ids", reason=N_("a product is both named and excluded"))


def _check_steps(steps: Sequence[Step], *, repeats: bool) -> None:
    if not steps:
        raise CampaignInvalid(field="steps", reason=N_("at least one step is needed"))
    lower: list[Step] = []
    for index, step in sorted(enumerate(steps), key=lambda pair: pair[1].threshold_fen):
        if not 0 < step.off_fen < step.threshold_fen:
            raise CampaignInvalid(
                field=f"steps.{index}.off_fen", reason=N_("a discount is more than zero and less than its threshold")
            )
        # Who buys more must never get less off.
        if step.off_fen <= threshold.saving(lower, step.threshold_fen - 1, repeats=repeats) or (
            lower and lower[-1].threshold_fen == step.threshold_fen
        ):
            raise CampaignInvalid(
                field=f"steps.{index}.off_fen", reason=N_("a higher threshold needs a larger discount")
            )
        lower.append(step)
