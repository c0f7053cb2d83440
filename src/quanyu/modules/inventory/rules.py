"""Decisions about stock: who may sell whose, who leaves the safety stock alone, what a deed moves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from quanyu.kernel.problem import N_
from quanyu.modules.inventory.contracts import Goods, KindInvalid, MovementKind, QuantityInvalid, SharingRule, Want

# Whoever buys there has the goods in hand: the safety stock protects only promises made from afar.
_CHANNELS_AT_THE_SHELF = frozenset({"pos"})

RECEIPT_KINDS = frozenset({MovementKind.OPENING, MovementKind.RECEIPT, MovementKind.CUSTOMER_RETURN})

# Above its safety stock, fewer pieces (kilograms) than this are little.
LOW_STOCK = 5

# (on hand, damaged) per unit moved, for the kinds that stay within one row.
_EFFECTS = {
    MovementKind.ADJUSTMENT: (1, 0),
    MovementKind.COUNT_GAIN: (1, 0),
    MovementKind.COUNT_LOSS: (-1, 0),
    MovementKind.DAMAGE: (-1, 1),
    MovementKind.REPAIR: (1, -1),
    MovementKind.SCRAP: (0, -1),
}


def keeps_safety(channel: str) -> bool:
    """Tell whether a channel must leave the safety stock untouched."""
    return channel not in _CHANNELS_AT_THE_SHELF


def may_sell(
    *, owner_id: int, seller_id: int, category_path: Sequence[int], channel: str, rules: Iterable[SharingRule]
) -> bool:
    """Tell whether ``seller_id`` may sell ``owner_id``'s stock of a SKU in these categories.

    One's own stock: always. Somebody else's: as the most specific matching rule says, and not at
    all without one. A rule that names the seller is more specific than one that does not; then the
    one with the deeper category; then the one that names the channel. SQL decides the same in
    ``inventory_allowed_owners``; a property test holds the two together.
    """
    if owner_id == seller_id:
        return True
    matching = [
        rule
        for rule in rules
        if rule.owner_id == owner_id
        and rule.seller_owner_id in (None, seller_id)
        and (rule.category_id is None or rule.category_id in category_path)
        and rule.channel in (None, channel)
    ]
    if not matching:
        return False

    def specificity(rule: SharingRule) -> tuple[bool, int, bool]:
        depth = 0 if rule.category_id is None else 1 + list(category_path).index(rule.category_id)
        return rule.seller_owner_id is not None, depth, rule.channel is not None

    return max(matching, key=specificity).is_shared


def owners_allowed(
    *, seller_id: int, category_path: Sequence[int], channel: str, rules: Sequence[SharingRule]
) -> tuple[int, ...]:
    """Return whose stock of a SKU the seller may sell: its own first, then the others by id. ``rules``: by owner."""
    owners = dict.fromkeys(rule.owner_id for rule in rules if rule.owner_id != seller_id)
    others = [
        owner_id
        for owner_id in owners
        if may_sell(owner_id=owner_id, seller_id=seller_id, category_path=category_path, channel=channel, rules=rules)
    ]
    return (seller_id, *sorted(others))


def check_wants(wants: Sequence[Want]) -> None:
    """Raise ``QuantityInvalid`` unless every line wants at least one base unit."""
    for want in wants:
        if want.quantity <= 0:
            raise QuantityInvalid(field=f"lines.{want.line}.quantity", reason=N_("it must be at least one"))


def check_goods(goods: Sequence[Goods], *, signed: bool = False) -> None:
    """Raise ``QuantityInvalid`` for a zero quantity, or a negative one where it has no meaning."""
    for index, item in enumerate(goods):
        if item.quantity == 0 or (item.quantity < 0 and not signed):
            raise QuantityInvalid(field=f"lines.{index}.quantity", reason=N_("it must be at least one"))


def one_of(kind: str, kinds: Collection[MovementKind]) -> MovementKind:
    """Return the kind when it is one of those a door moves stock by. Raises ``KindInvalid``."""
    if kind not in kinds:
        raise KindInvalid(field="kind", reason=N_("stock does not move this way here"))
    return MovementKind(kind)


def line_name(item: Goods, index: int) -> str:
    """Return what a moved line is called within its cause: its own name, else its position from one."""
    return item.line or str(index + 1)


def effect(kind: MovementKind, quantity: int) -> tuple[int, int]:
    """Return the change of stock on hand and of damaged stock when ``quantity`` units move so.

    Raises ``KeyError`` for a kind that needs a second place or a reservation.
    """
    on_hand, damaged = _EFFECTS[kind]
    return on_hand * quantity, damaged * quantity
