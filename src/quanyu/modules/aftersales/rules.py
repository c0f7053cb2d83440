"""What a return is worth: derived from the economics of the lines, to the fen, whatever the order of returns.

The paper with worked tables is docs/algorithms/refunds.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from quanyu.kernel.money import divide_half_up
from quanyu.modules.aftersales.contracts import Withheld
from quanyu.modules.orders.contracts import POINTS_MALL, Line, LineDiscount, Order

GIFT = "gift"
# What changes the price of one line, before any amount of goods is looked at.
_PRICE_KINDS = frozenset({"member", "timed", "tier", "manual", "new_customer", POINTS_MALL})
_COUPON_SOURCE = "coupon:"

Offer = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Refundable:
    """A payment with what is left of it, in fen."""

    payment_id: UUID
    tender: str
    left_fen: int


@dataclass(frozen=True, slots=True)
class Policy:
    """What the house decided: are lost discounts charged, and does the freight of a whole order come back."""

    charges_lost_discounts: bool = False
    refunds_freight: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One line's part of a return: its share of the net, and of the points that were spent for it."""

    line: Line
    quantity: int
    restock: str
    amount_fen: int
    points: int


@dataclass(frozen=True, slots=True)
class Refund:
    """A return in figures: ``amount_fen`` = its parts + freight - withheld, never negative.

    ``whole``: with it, everything that the order sold and gave away has come back.
    """

    parts: tuple[Part, ...]
    freight_fen: int
    withheld: tuple[Withheld, ...]
    whole: bool

    @property
    def withheld_fen(self) -> int:
        """What the refund is lowered by; negative when more comes back than was withheld now."""
        return sum(one.amount_fen for one in self.withheld)

    @property
    def amount_fen(self) -> int:
        """What goes back to the payments."""
        return sum(part.amount_fen for part in self.parts) + self.freight_fen - self.withheld_fen

    @property
    def points(self) -> int:
        """The spent points that come back."""
        return sum(part.points for part in self.parts)


def line_refund(*, net_fen: int, quantity: int, returned: int, returning: int) -> int:
    """Return the fen that go back for ``returning`` of a line's ``quantity`` when ``returned`` came back before.

    Cumulative rounding: the refunds of any sequence of returns add up to the rounded share of what has come
    back in all, so a line that comes back whole refunds exactly its net, never a fen more or less. Points that were
    spent for a line come back by the same rule.
    """
    return divide_half_up(net_fen * (returned + returning), quantity) - divide_half_up(net_fen * returned, quantity)


def part_of(line: Line, *, quantity: int, restock: str) -> Part:
    """Return what ``quantity`` of a line brings back now."""
    shares = [
        line_refund(net_fen=whole, quantity=line.quantity, returned=line.returned_quantity, returning=quantity)
        for whole in (line.net_fen, line.points_spent)
    ]
    return Part(line=line, quantity=quantity, restock=restock, amount_fen=shares[0], points=shares[1])


def refund(order: Order, parts: Sequence[Part], *, standing: Mapping[Offer, Withheld], policy: Policy) -> Refund:
    """Return the figures of a return; ``standing``: what earlier returns withheld, by kind and source.

    What is withheld after a return depends on what is kept then and on nothing else, so the sum of all returns is the
    same whatever their order, and an order that came back whole refunds exactly what was paid for its goods.
    """
    back = {part.line.number: part.quantity for part in parts}
    kept = [replace(line, returned_quantity=line.returned_quantity + back.get(line.number, 0)) for line in order.lines]
    whole = all(line.returned_quantity == line.quantity for line in kept)
    freight_fen = order.freight_fen - order.freight_refunded_fen if whole and policy.refunds_freight else 0
    changes = _changes(lost_discounts(kept), standing, charges=policy.charges_lost_discounts)
    most = sum(part.amount_fen for part in parts) + freight_fen
    return Refund(tuple(parts), freight_fen, _limited(changes, most_fen=most), whole)


def lost_discounts(lines: Sequence[Line]) -> dict[Offer, Withheld]:
    """Return what the kept goods have of discounts (and gifts) whose threshold they do not reach any more.

    ``returned_quantity`` of the lines says what is not kept. A discount is judged by the lines it was given on, at
    their amounts when the chain came to it; a gift by everything that was bought.
    """
    rows: dict[Offer, list[tuple[Line, int]]] = {}
    for line in lines:
        for index, discount in enumerate(line.discounts):
            if discount.threshold_fen:
                rows.setdefault((discount.kind, discount.source), []).append((line, index))
    lost = {}
    for offer, places in rows.items():
        discount = places[0][0].discounts[places[0][1]]
        bought_fen, kept_fen = _reach(offer, places, lines)
        # Judged by the order's own figures: a discount that they never reached is none that a return loses.
        if kept_fen < discount.threshold_fen <= bought_fen:
            share = sum(_kept_share(line, line.discounts[index].amount_fen) for line, index in places)
            lost[offer] = _withheld(discount, kept_fen=kept_fen, amount_fen=share)
    return {offer: one for offer, one in lost.items() if one.amount_fen}


def split_refund(*, amount_fen: int, payments: Sequence[Refundable]) -> list[tuple[Refundable, int]]:
    """Send the money back the way it came: the last payment first, each up to what is left of it.

    Raises ``ValueError`` when the payments together have not that much left.
    """
    parts = []
    for payment in reversed(payments):
        part = min(amount_fen, payment.left_fen)
        if part > 0:
            parts.append((payment, part))
            amount_fen -= part
    if amount_fen:
        raise ValueError("the payments have not that much left")
    return parts


def _withheld(discount: LineDiscount, *, kept_fen: int, amount_fen: int) -> Withheld:
    return Withheld(
        kind=discount.kind,
        source=discount.source,
        label=discount.label,
        threshold_fen=discount.threshold_fen,
        kept_fen=kept_fen,
        amount_fen=amount_fen,
    )


def _reach(offer: Offer, places: Sequence[tuple[Line, int]], lines: Sequence[Line]) -> tuple[int, int]:
    """Return what was bought and what is kept towards an offer's threshold, in fen."""
    kind, source = offer
    if kind == GIFT:
        bases = [(line, _gift_base(line, source)) for line in lines if not line.gift_of]
    else:
        bases = [(line, _base(line, line.discounts[:index])) for line, index in places]
    return sum(base for _, base in bases), sum(_kept_share(line, base) for line, base in bases)


def _gift_base(line: Line, source: str) -> int:
    """Return what a bought line counts towards a gift: a coupon's gift comes after the campaigns, theirs before."""
    if any(discount.kind == POINTS_MALL for discount in line.discounts):
        return 0
    if source.startswith(_COUPON_SOURCE):
        return line.list_fen - line.discount_fen
    return _base(line, [discount for discount in line.discounts if discount.kind in _PRICE_KINDS])


def _base(line: Line, earlier: Sequence[LineDiscount]) -> int:
    return line.list_fen - sum(discount.amount_fen for discount in earlier)


def _kept_share(line: Line, amount_fen: int) -> int:
    """Return the part of an amount of a line that belongs to what is kept of it."""
    return amount_fen - divide_half_up(amount_fen * line.returned_quantity, line.quantity)


def _changes(lost: Mapping[Offer, Withheld], standing: Mapping[Offer, Withheld], *, charges: bool) -> list[Withheld]:
    """Return by how much what is withheld changes, offer by offer; what is withheld already can only come back
    where nothing new is charged.
    """
    changes = []
    for offer in sorted({*lost, *standing}):
        before = standing[offer].amount_fen if offer in standing else 0
        now = lost[offer].amount_fen if offer in lost else 0
        change = (now if charges else min(now, before)) - before
        if change:
            changes.append(replace(lost.get(offer) or standing[offer], amount_fen=change))
    return changes


def _limited(changes: Sequence[Withheld], *, most_fen: int) -> tuple[Withheld, ...]:
    """Withhold no more than goes back now: a return never costs money. What did not fit waits for the next one."""
    left = most_fen - sum(min(change.amount_fen, 0) for change in changes)
    limited = []
    for change in changes:
        amount = min(change.amount_fen, left)
        left -= max(amount, 0)
        if amount:
            limited.append(replace(change, amount_fen=amount))
    return tuple(limited)
