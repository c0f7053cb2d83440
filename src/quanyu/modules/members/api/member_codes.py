"""Doors of the rotating member code: register a phone, show its code, read one at a till."""

from __future__ import annotations

import base64
import io
from datetime import datetime

import segno

from quanyu.modules.members.contracts import CardDevice, Member, MemberCode, MemberCodeRefused
from quanyu.modules.members.ops import member_codes as _codes
from quanyu.modules.members.ops import sign_in as _login
from quanyu.modules.members.queries import members as _members
from quanyu.modules.members.rules import member_codes as _rules
from quanyu.platform import db, rate

_HOUR_S = 3600
_WRONG_PER_TERMINAL = 60
_WRONG_PER_HANDLE = 20


def register_card_device(*, token: str, label: str = "", now: datetime) -> CardDevice:
    """Give the phone of a session the secret of its codes: this once; five phones per member.

    A phone that computes its codes itself shows them without a network (docs/algorithms/member-code.md). Raises
    ``SessionUnknown``.
    """
    device = db.in_transaction(lambda: _codes.register(token_hash=_login.hash_of(token), label=label, now=now))
    return CardDevice(handle=device.handle, secret=base64.b64encode(device.secret).decode())


def member_code(*, token: str, now: datetime) -> MemberCode:
    """Return the code of this minute for the phone of a session, and the picture to scan. Raises ``SessionUnknown``."""
    device = db.in_transaction(lambda: _codes.of_session(token_hash=_login.hash_of(token), now=now))
    text = _rules.code(secret=device.secret, handle=device.handle, window=_rules.window_of(now))
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=4, xmldecl=False, scale=8)
    return MemberCode(text=text, svg=out.getvalue().decode(), renew_at=_rules.end_of_window(now))


def by_member_code(*, text: str, terminal_id: str, now: datetime) -> Member:
    """Return the member whose phone shows the code; it is that till's then, and refused at every other one.

    The windows before and after the present one count too. Raises ``MemberCodeRefused`` (one text for malformed,
    wrong, old, used elsewhere and revoked) and ``RateLimited``: 60 wrong ones an hour per till, 20 per phone.
    """
    with rate.guessing("members.code.till", terminal_id, _WRONG_PER_TERMINAL, _HOUR_S, now, wrong=MemberCodeRefused):
        shown = _rules.read(text)
        if shown is None:
            raise MemberCodeRefused(field="code")
        with rate.guessing(
            "members.code.phone", shown.handle, _WRONG_PER_HANDLE, _HOUR_S, now, wrong=MemberCodeRefused
        ):
            member_id = db.in_transaction(lambda: _codes.claim(shown=shown, terminal_id=terminal_id, now=now))
            if member_id is None:
                raise MemberCodeRefused(field="code")
    return _members.members([member_id])[member_id]
