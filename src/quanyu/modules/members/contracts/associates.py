"""My associate and the codes by which associates are found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from quanyu.kernel.problem import N_, NotFound


class AssociateUnknown(NotFound):
    """No associate of a store has this code (any more)."""

    code = "members.associate_unknown"
    title = N_("There is no associate with this number.")
    remedy = N_("Ask in the store for the number under the associate's code.")


@dataclass(frozen=True, slots=True)
class MyAssociate:
    """Who looks after a member. When the associate has left, the store does: ``name`` is empty, and so is the code."""

    name: str
    store_id: int
    staff_code: str
    since: datetime


@dataclass(frozen=True, slots=True)
class PromotionCode:
    """The codes of an associate: ``token`` stands in the QR code, ``staff_code`` is typed.

    ``is_active``: works here; the code of one who left leads to the store alone.
    """

    staff_id: int
    store_id: int
    token: str
    staff_code: str
    is_active: bool
