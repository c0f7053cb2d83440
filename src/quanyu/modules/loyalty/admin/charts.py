"""Small charts as figures the template can draw: columns of months, bars of channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext

from quanyu.modules.loyalty.contracts import ChannelSpend, MonthSpend
from quanyu.platform.console.formats import number, yuan

LEAST_HEIGHT = 3


def months(spend: Sequence[MonthSpend]) -> list[dict[str, object]]:
    """Return a column per month: its height in percent of the highest one."""
    highest = max((month.spend_fen for month in spend), default=0)
    return [
        {
            "label": date_format(month.month, "n"),
            "title": f"{date_format(month.month, 'Y-m')}: {yuan(month.spend_fen)}",
            "height": max(month.spend_fen * 100 // highest, LEAST_HEIGHT) if month.spend_fen > 0 else 0,
            "is_last": month is spend[-1],
        }
        for month in spend
    ]


def channels(spend: Sequence[ChannelSpend], *, labels: Mapping[str, object]) -> list[dict[str, object]]:
    """Return a bar per channel: its width in percent of all."""
    total = sum(channel.spend_fen for channel in spend)
    return [
        {
            "code": channel.channel,
            "label": labels.get(channel.channel, channel.channel),
            "spend": yuan(channel.spend_fen),
            "orders": gettext("%(count)s orders") % {"count": number(channel.orders)},
            "width": channel.spend_fen * 100 // total if total > 0 else 0,
        }
        for channel in spend
    ]


def ranks(rows: Iterable[tuple[str, int, int | None]]) -> list[dict[str, object]]:
    """Return a bar per (name, fen, orders), as wide as its part of the most; ``None`` orders are not told."""
    found = list(rows)
    most = max((fen for _name, fen, _orders in found), default=0)
    return [
        {
            "label": name,
            "spend": yuan(fen),
            "orders": "" if orders is None else gettext("%(count)s orders") % {"count": number(orders)},
            "width": fen * 100 // most if most > 0 else 0,
        }
        for name, fen, orders in found
    ]
