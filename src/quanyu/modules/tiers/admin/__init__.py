"""Console screens of tiers: the ladder and its figures, where members stand, the growth ledger, member days."""

from quanyu.modules.tiers.admin import days, ledger, tiers

__all__ = ["days", "ledger", "tiers"]
