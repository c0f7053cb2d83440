"""Kuaidi100's query of a parcel (``poll/query.do``): a signed form in, JSON out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quanyu.modules.fulfilment.providers.tracking import Said, Step, Track, Unanswered

PATH = "/poll/query.do"
_CHINA = ZoneInfo("Asia/Shanghai")
# Their states: 3 signed for, 4 given back by the receiver, 6 and 14 on its way back; all others are under way.
_SAID = {"3": Said.DELIVERED, "4": Said.RETURNED, "6": Said.RETURNED, "14": Said.RETURNED}
# These tell a parcel's way only to who knows the last four digits of its receiver's or sender's phone.
PHONE_WANTED = frozenset({"shunfeng", "zhongtong"})
# The number is not in their books (yet): no failure.
_NOTHING_KNOWN = "500"

# Sends a form, returns (status, body); status None: no answer.
Send = Callable[[str, Mapping[str, str]], tuple[int | None, bytes]]


class Kuaidi100Config(msgspec.Struct, frozen=True):
    """An account: its number, its key, and where the service is."""

    customer: str
    key: str
    base_url: str = "https://poll.kuaidi100.com"


@dataclass(frozen=True, slots=True)
class Kuaidi100:
    """Asks Kuaidi100 as one customer."""

    config: Kuaidi100Config
    send: Send

    def wants_phone(self, *, carrier: str) -> bool:
        """Tell whether this carrier answers only who knows the last digits of a phone of the parcel."""
        return carrier in PHONE_WANTED

    def track(self, *, carrier: str, number: str, phone_tail: str = "") -> Track:
        """Return a parcel's way so far. Raises ``Unanswered``, unasked where the wanted phone is not known."""
        asked = {"com": carrier, "num": number, "resultv2": "4"}
        if carrier in PHONE_WANTED:
            if not phone_tail:
                raise Unanswered("NO_PHONE")
            asked["phone"] = phone_tail
        param = msgspec.json.encode(asked).decode()
        form = {"customer": self.config.customer, "sign": sign(param, self.config), "param": param}
        status, body = self.send(self.config.base_url + PATH, form)
        if status is None:
            raise Unanswered("NO_ANSWER")
        if status != 200:
            raise Unanswered(f"HTTP_{status}")
        try:
            said = msgspec.json.decode(body, type=dict[str, Any])
            return _track(said, number=number)
        except (msgspec.DecodeError, ValueError, TypeError, KeyError) as failure:
            raise Unanswered("UNREADABLE") from failure


def sign(param: str, config: Kuaidi100Config) -> str:
    """Return the signature of a query: the MD5 of param, key and customer, in capital letters."""
    text = param + config.key + config.customer
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def _track(said: Mapping[str, Any], *, number: str) -> Track:
    if said.get("result") is False:
        if str(said.get("returnCode")) == _NOTHING_KNOWN:
            return Track(Said.MOVING, ())
        raise Unanswered(f"REFUSED_{said.get('returnCode')}")
    if said["nu"] != number:
        raise Unanswered("ANOTHER_PARCEL")
    steps = tuple(
        Step(datetime.strptime(one["ftime"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA), str(one["context"]))
        for one in said["data"]
    )
    return Track(_SAID.get(str(said["state"]), Said.MOVING), steps)
