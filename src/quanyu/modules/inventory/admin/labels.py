"""What figures, promises and causes are called on screens."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from quanyu.modules.inventory.contracts import Figure
from quanyu.modules.inventory.models import MOVEMENT_KIND_LABELS

CAUSES: dict[str, Any] = {
    "order": _("Order"),
    "return": _("Return"),
    "exchange": _("Exchange"),
    "demo": _("Demo"),
    "opening": _("Opening stock"),
    "console": _("Console"),
    "transfer": _("Transfer"),
    "import": _("Import"),
    "till": _("Set aside for a till"),
    "till_only": _("Set aside for a till"),
    "till_sale": _("Sale of a till"),
}
FIGURES: dict[Figure, Any] = {
    Figure.ON_HAND: _("On hand"),
    Figure.RESERVED: _("Reserved"),
    Figure.AVAILABLE: _("Available"),
    Figure.IN_TRANSIT: _("In transit"),
    Figure.DAMAGED: _("Damaged stock"),
}
PARTS: dict[str, Any] = {
    **{kind.value: label for kind, label in MOVEMENT_KIND_LABELS.items()},
    "pinned": _("Paid or being paid"),
    "held": _("Waiting for payment"),
    "aside": _("Set aside for tills"),
    "lapsed": _("Time is over"),
}
