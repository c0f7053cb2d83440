"""The door of tiers: what a tier gives, where a member stands, and the growth that carries it.

Growth is whole points; basis points: 10,000 is once. Write doors open the durable transaction here, or join that
of the door they are called from.
"""

from __future__ import annotations

__all__: list[str] = []
