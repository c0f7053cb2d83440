"""Carry out a return that a second person approved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.modules.aftersales.contracts import ReturnCommand
from quanyu.modules.aftersales.ops.return_lines import KIND
from quanyu.modules.identity.contracts import Approval


def command_of(approval: Approval) -> ReturnCommand:
    """Return the command as it was asked for, word for word: its digest is what was approved."""
    return msgspec.convert(approval.request, ReturnCommand, strict=False)


@dataclass(frozen=True)
class ApprovedReturn:
    """Sends the approved command through the door it was refused at, as its asker."""

    return_lines: Callable[..., object]
    kind: str = KIND

    def carry_out(self, *, approval: Approval, asker: Actor, now: datetime) -> None:
        """Book the return. Raises what the door raises."""
        self.return_lines(command=command_of(approval), actor=asker, now=now)
