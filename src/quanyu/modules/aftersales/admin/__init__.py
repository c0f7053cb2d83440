"""Console screens of after-sales; Django finds them here."""

from quanyu.modules.aftersales.admin import requests, returns

__all__ = ["requests", "returns"]
