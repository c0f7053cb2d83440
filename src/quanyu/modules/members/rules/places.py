"""Where each encrypted value stands: the additional data that ties it to its row and column."""

from __future__ import annotations

from uuid import UUID


def of_name(member_id: UUID) -> str:
    """The place of a member's name."""
    return f"members_member|name_encrypted|{member_id}"


def of_key(identity_id: UUID) -> str:
    """The place of an identity's value."""
    return f"members_identity|value_encrypted|{identity_id}"


def of_address(address_id: UUID) -> str:
    """The place of an address."""
    return f"members_address|detail_encrypted|{address_id}"


def of_contact(contact_id: UUID) -> str:
    """The place of a contact's value."""
    return f"members_contact|value_encrypted|{contact_id}"


def of_import(part_id: str) -> str:
    """The place of the rows of one part of an import (``job:number``)."""
    return f"members_import_part|rows_encrypted|{part_id}"


def of_card_secret(device_id: UUID) -> str:
    """The place of the secret of a phone's member code."""
    return f"members_card_device|secret_encrypted|{device_id}"


def of_ticket(ticket_id: UUID) -> str:
    """The place of a WeChat account that waits for its phone."""
    return f"members_wechat_ticket|account_encrypted|{ticket_id}"
