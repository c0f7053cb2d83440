"""Tables of points, in two rooms: the ledger, and the mall where points are spent."""

from quanyu.modules.points.models.ledger import (
    LOT_STATE_LABELS,
    MOVEMENT_KIND_LABELS,
    REQUEST_STATE_LABELS,
    Account,
    Adjustment,
    Earning,
    Lot,
    MergeMove,
    Movement,
    Range,
    Rule,
    Spending,
)
from quanyu.modules.points.models.offers import LEVEL_LABELS, Offer, OfferUse

__all__ = [
    "LEVEL_LABELS",
    "LOT_STATE_LABELS",
    "MOVEMENT_KIND_LABELS",
    "REQUEST_STATE_LABELS",
    "Account",
    "Adjustment",
    "Earning",
    "Lot",
    "MergeMove",
    "Movement",
    "Offer",
    "OfferUse",
    "Range",
    "Rule",
    "Spending",
]
