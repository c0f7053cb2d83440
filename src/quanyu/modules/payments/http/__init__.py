"""Where providers send their notifications."""

from quanyu.modules.payments.http.notifications import urls

__all__ = ["urls"]
