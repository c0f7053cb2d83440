"""A field for shares: typed in percent, kept in basis points."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms


class PercentField(forms.DecimalField):
    """A share typed in percent, clean as basis points; ``None`` for an empty field."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=100, decimal_places=2, **kwargs)

    def clean(self, value: Any) -> int | None:
        """Return basis points. Raises ``ValidationError``."""
        typed = super().clean(value)
        return None if typed is None else int(typed * 100)


def percent_of(basis_points: int) -> Decimal:
    """Return a share as a person would type it."""
    return (Decimal(basis_points) / 100).normalize() if basis_points % 100 else Decimal(basis_points // 100)
