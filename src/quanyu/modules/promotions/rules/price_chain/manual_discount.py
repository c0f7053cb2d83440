"""Link 4: what the cashier takes off a line. The store bears it; whether he may is the till's question."""

from __future__ import annotations

from quanyu.kernel.money import format_yuan
from quanyu.modules.promotions.contracts import MANUAL_LABEL, DiscountKind, ManualDiscountTooLarge
from quanyu.modules.promotions.rules.price_chain.draft import STORE_BEARS, Draft


def apply(draft: Draft) -> None:
    """Take each line's discount off. Raises ``ManualDiscountTooLarge`` when it is more than is left of the line."""
    for line in draft.lines:
        amount_fen = line.line.manual_discount_fen
        if amount_fen == 0:
            continue
        if not 0 < amount_fen <= line.net_fen:
            raise ManualDiscountTooLarge(
                field=f"lines.{line.number}.manual_discount_fen",
                limit_fen=line.net_fen,
                limit_yuan=format_yuan(line.net_fen),
            )
        draft.take((line,), amount_fen, kind=DiscountKind.MANUAL, source="till", label=MANUAL_LABEL, shares=STORE_BEARS)
