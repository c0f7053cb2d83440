"""What coupons do when somebody else's fact arrives: a new member gets the pack."""

from __future__ import annotations

from quanyu.modules.coupons import api as coupons
from quanyu.modules.members.events import MemberCreated
from quanyu.platform import outbox
from quanyu.platform.outbox import Delivery

# The channel of members that a file brought.
IMPORTED = "import"


def give_new_member_pack(delivery: Delivery) -> None:
    """Give a new member the pack (CPN-06); the same fact again gives nothing more.

    Who came in a file of members is no new customer, but one from before.
    """
    created = outbox.load(MemberCreated, delivery)
    if created.channel == IMPORTED:
        return
    coupons.give_new_member_pack(member_id=created.member_id, now=delivery.occurred_at)
