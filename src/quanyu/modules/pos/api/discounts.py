"""Discounts by hand: who may give them, a manager's word by PIN, and what of a till's own sale was permitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from quanyu.kernel.actor import Actor
from quanyu.kernel.money import line_amount
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api as catalog
from quanyu.modules.checkout.contracts import Quote
from quanyu.modules.identity import api as identity
from quanyu.modules.pos.api.authority import demand, may
from quanyu.modules.pos.contracts import DISCOUNT, SELL, Approval, ApprovalNeeded, Sale, Till
from quanyu.modules.pos.ops import approve
from quanyu.modules.pos.queries import settings
from quanyu.modules.pos.rules import discounts as rules
from quanyu.modules.pos.rules.discounts import ApprovalNotNeeded, ApprovalSpent, Discounted, GivenApproval
from quanyu.modules.pos.rules.till_sales import MadeSale
from quanyu.platform import db


@dataclass(frozen=True, slots=True)
class Permit:
    """What the discounts by hand of a sale rest on.

    ``limit_bp`` ``None``: whoever gave them may give any. ``approval`` where the limit was not enough.
    """

    lines: tuple[Discounted, ...]
    cashier_id: int
    limit_bp: int | None
    approval: GivenApproval | None

    def note(self, *, sale: Sale, till: Till, actor: Actor, now: datetime) -> None:
        """Write down in the audit trail what was given. Inside a transaction."""
        approve.note_given(
            sale_id=sale.id,
            lines=self.lines,
            cashier_id=self.cashier_id,
            approval=self.approval,
            limit_bp=self.limit_bp,
            till=till,
            actor=actor,
            now=now,
        )


def approve_discounts(
    *, approval: Approval, lines: Sequence[Discounted], till: Till, actor: Actor, now: datetime
) -> GivenApproval:
    """Let a manager at the till allow these discounts for one sale, by his PIN. Audited.

    Raises ``ApprovalNotNeeded``, ``SignInRefused``, ``SignInLocked`` and ``ApprovalRefused``.
    """
    demand(actor, SELL, till)
    limit_bp = settings.discount_limit_bp(till=till)
    above = rules.above(lines, limit_bp=limit_bp)
    if not above:
        raise ApprovalNotNeeded(field="lines")
    return approve.approve_discounts(
        approval=approval,
        lines=[lines[place] for place in above],
        limit_bp=limit_bp,
        till=till,
        device=identity.device_of(actor=actor),
        cashier=actor,
        now=now,
    )


def permitted(*, sale: Sale, quote: Quote, till: Till, actor: Actor, now: datetime) -> Permit:
    """Let a manager's discount pass, a cashier's within the limit, and one above it with a manager's word.

    Raises ``ApprovalNeeded`` with the line in ``field``, and for an approval sent with the sale what
    :func:`approve_discounts` raises. A line that cannot be priced is left to checkout, which says why. An approval
    that is needed is used up for this sale.
    """
    listed = {line.number: line.list_fen for line in quote.lines}
    lines = [
        Discounted(line.sku_id, line.quantity, listed[place], line.discount_fen, line.discount_reason)
        if place in listed
        else None
        for place, line in enumerate(sale.lines, 1)
    ]
    lines = _rounded(lines, [line.rounding_fen for line in sale.lines], till=till)
    known = tuple(line for line in lines if line is not None)
    if may(actor, DISCOUNT, till):
        return Permit(known, int(actor.id), None, None)
    limit_bp = settings.discount_limit_bp(till=till)
    above = rules.above(lines, limit_bp=limit_bp)
    if not above:
        return Permit(known, int(actor.id), limit_bp, None)
    if sale.approval is not None:
        wanted = [cast(Discounted, lines[place]) for place in above]
        word = approve_discounts(approval=sale.approval, lines=wanted, till=till, actor=actor, now=now)
        return Permit(known, int(actor.id), limit_bp, word)
    given = None if sale.approval_id is None else approve.given(approval_id=sale.approval_id, till=till)
    if given is None or not rules.covers(given, lines, limit_bp=limit_bp):
        raise ApprovalNeeded(
            field=f"lines.{above[0]}.discount_fen", permission=DISCOUNT, limit_percent=rules.percent(limit_bp)
        )
    return Permit(known, int(actor.id), limit_bp, given)


def of_made(*, made: MadeSale, till: Till, happened_at: datetime) -> tuple[Permit, MadeSale]:
    """Return what a till's own sale rests on, and the sale without the discounts that nobody allowed.

    They happened; without them the server's price says how much was given away, and somebody looks at it.
    """
    if not any(line.discount_fen or line.rounding_fen for line in made.lines):
        return Permit((), made.staff_id, None, None), made
    rounded = _rounded(_listed(made), [line.rounding_fen for line in made.lines], till=till)
    lines = tuple(line for line in rounded if line is not None)
    limit_bp = None if _seller_may(made, till) else settings.discount_limit_bp(till=till)
    above = [] if limit_bp is None else rules.above(lines, limit_bp=limit_bp)
    if limit_bp is None or not above:
        return Permit(lines, made.staff_id, limit_bp, None), made
    if made.approval_id is not None:
        approval_id = made.approval_id
        try:
            word = db.in_transaction(
                lambda: approve.use(approval_id=approval_id, sale_id=made.id, till=till, at=happened_at)
            )
        except ApprovalSpent:
            word = None
        if word is not None and rules.covers(word, lines, limit_bp=limit_bp):
            return Permit(lines, made.staff_id, limit_bp, word), made
    allowed = tuple(
        replace(line, discount_fen=0, rounding_fen=lines[place].rounding_fen) if place in above else line
        for place, line in enumerate(made.lines)
    )
    return Permit(lines, made.staff_id, limit_bp, None), replace(made, lines=allowed)


def _rounded(lines: Sequence[Discounted | None], roundings: Sequence[int], *, till: Till) -> list[Discounted | None]:
    """Return the lines with what was rounded off; most sales are not, and ask for no setting."""
    if not any(roundings):
        return list(lines)
    return rules.with_roundings(lines, roundings, most_fen=settings.rounding_off_fen(till=till))


def _listed(made: MadeSale) -> tuple[Discounted, ...]:
    skus = catalog.skus(ids={line.sku_id for line in made.lines})
    return tuple(
        Discounted(
            line.sku_id,
            line.quantity,
            # Of goods that nobody knows any discount is too much.
            line_amount(
                unit_price_fen=line.unit_price_fen,
                quantity=line.quantity,
                quantity_scale=skus[line.sku_id].quantity_scale,
            )
            if line.sku_id in skus
            else 0,
            line.discount_fen,
            line.discount_reason,
        )
        for line in made.lines
    )


def _seller_may(made: MadeSale, till: Till) -> bool:
    """Tell whether whoever sold may give any discount here; who has left may not."""
    try:
        seller = identity.actor_for_staff(staff_id=made.staff_id)
    except Problem:
        return False
    return may(seller, DISCOUNT, till)
