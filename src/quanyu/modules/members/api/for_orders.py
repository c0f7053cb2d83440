"""What placing a batch of orders asks of members' files."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from quanyu.modules.members.contracts import DeliveryAddress
from quanyu.modules.members.contracts.addresses import SealedAddress
from quanyu.modules.members.queries import files
from quanyu.platform.marks import Part


def addresses_part(*, wanted: Collection[tuple[UUID, UUID]]) -> Part[dict[tuple[UUID, UUID], SealedAddress]]:
    """Return the question for members' own addresses, ``(member, address)``, for a batch's reading.

    Those that a member does not have are left out.
    """
    return files.addresses_part(wanted)


def opened_address(*, sealed: SealedAddress, area_name: str) -> DeliveryAddress:
    """Return an address in clear, for an order."""
    return files.opened(sealed, area_name=area_name)
