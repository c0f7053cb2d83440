"""The way of a simulated parcel: what is said of it, and when. The same number always goes the same way."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# A number that says when it was made (the demo's): its way takes days; any other one's takes minutes.
_TIMED = re.compile(r"^[A-Z]{2}(\d{10})\d{3}$")
LONG, SHORT = timedelta(hours=40), timedelta(minutes=6)
_STEPS = (
    (0.00, "0", "{sender}已收取快件"),
    (0.12, "0", "快件已到达{hub}"),
    (0.30, "0", "快件离开{hub}，发往{city}"),
    (0.62, "0", "快件到达{city}转运中心"),
    (0.85, "5", "快递员{courier}正在派送，请保持电话畅通"),
    (1.00, "3", "已签收，签收人：本人。感谢使用，期待再次为您服务"),
)
_HUBS = ("广州分拨中心", "东莞虎门转运中心", "深圳宝安集散中心", "佛山南海转运中心")
_CITIES = ("深圳", "广州", "佛山", "珠海", "东莞", "中山")
_COURIERS = ("小陈", "小林", "小黄", "小梁", "小何")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that is said: when, in which state the parcel is then, and the words."""

    at: datetime
    state: str
    text: str


def journey(number: str, *, first_seen: datetime, sender: str) -> list[Said]:
    """Return the whole way of a parcel."""
    digest = hashlib.sha256(number.encode()).digest()
    words = {
        "sender": sender,
        "hub": _HUBS[digest[0] % len(_HUBS)],
        "city": _CITIES[digest[1] % len(_CITIES)],
        "courier": _COURIERS[digest[2] % len(_COURIERS)],
    }
    timed = _TIMED.match(number)
    start = datetime.fromtimestamp(int(timed[1]), UTC) if timed else first_seen
    long = (LONG if timed else SHORT) * (0.8 + digest[3] / 640)
    return [
        Said((start + share * long).replace(microsecond=0), state, text.format(**words))
        for share, state, text in _STEPS
    ]
