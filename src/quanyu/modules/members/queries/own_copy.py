"""Everything kept of a member, in clear, for the member itself: as JSON, and as a page to read."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils import translation
from django.utils.translation import gettext

from quanyu.kernel.problem import N_
from quanyu.modules.members.contracts import DataHolder, MemberUnknown, PersonalCopy
from quanyu.modules.members.queries import associates
from quanyu.modules.members.rules import places
from quanyu.platform import db, pii

_STYLE = (
    "body{font:15px/1.6 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem;color:#1f2937}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem;border-bottom:1px solid "
    "#e5e7eb;padding-bottom:.25rem}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #f3f4f6;"
    "padding:.35rem .75rem .35rem 0;text-align:left;vertical-align:top}th{color:#6b7280;font-weight:500}"
)


def family_of(member_id: UUID) -> list[UUID]:
    """Return the member that stands for the id and the files merged into it. Raises ``MemberUnknown``."""
    rows = db.rows(
        "SELECT m.id FROM members_member m WHERE m.id IN (SELECT members_family(%s)) AND m.erased_at IS NULL",
        [member_id],
    )
    if not rows:
        raise MemberUnknown(field="member_id")
    return [row["id"] for row in rows]


def copy_of(
    *, member_id: UUID, family: Sequence[UUID], holders: Sequence[DataHolder], language: str, now: datetime
) -> PersonalCopy:
    """Return the copy. The page is in the language asked for, the JSON has one form for all."""
    everything: dict[str, Any] = {"made_at": now.isoformat(), **own_file(member_id, family)}
    for holder in holders:
        everything[holder.name] = holder.export(member_ids=family, now=now)
    with translation.override(language):
        page = _page(everything)
    return PersonalCopy(json=msgspec.json.format(msgspec.json.encode(everything), indent=2), html=page.encode())


def own_file(member_id: UUID, family: Sequence[UUID]) -> dict[str, Any]:
    """Return what the members module itself keeps of a person, in clear."""
    wanted = list(family)
    row = db.row(
        "SELECT m.id, m.number, m.card_number, m.level, m.tier, m.name_encrypted, m.birthday, m.lunar_birthday, "
        "m.channel, m.language, m.created_at FROM members_member m WHERE m.id = members_current(%s)",
        [member_id],
    )
    if row is None:
        raise MemberUnknown(field="member_id")
    sealed = row.pop("name_encrypted")
    name = pii.decrypt(bytes(sealed), places.of_name(row["id"])) if sealed else ""
    return {
        "member": {**row, "name": name},
        "identities": [
            {**key, "value": pii.decrypt(bytes(key["value"]), places.of_key(key.pop("id")))}
            for key in db.rows(
                "SELECT id, kind, namespace, value_encrypted AS value, verified_at, created_at FROM members_identity "
                "WHERE member_id = ANY(%s) ORDER BY created_at, id",
                [wanted],
            )
        ],
        "contacts": [
            {**key, "value": pii.decrypt(bytes(key["value"]), places.of_contact(key.pop("id")))}
            for key in db.rows(
                "SELECT id, kind, value_encrypted AS value, created_at FROM members_contact "
                "WHERE member_id = ANY(%s) ORDER BY created_at, id",
                [wanted],
            )
        ],
        "addresses": [
            {
                "area_code": address["area_id"],
                "created_at": address["created_at"],
                **msgspec.json.decode(pii.open_sealed(bytes(address["detail"]), places.of_address(address["id"]))),
            }
            for address in db.rows(
                "SELECT id, area_id, detail_encrypted AS detail, created_at FROM members_address "
                "WHERE member_id = ANY(%s) AND removed_at IS NULL ORDER BY created_at, id",
                [wanted],
            )
        ],
        "associates": associates.history(wanted),
        **_ledgers(wanted),
    }


def _ledgers(family: list[UUID]) -> dict[str, Any]:
    """Return what happened to the file: consents, sign-ins, phones with a member code, changes, copies like this."""
    statements = {
        "consents": "SELECT purpose, is_given, policy_version, channel, at FROM members_consent "
        "WHERE member_id = ANY(%s) ORDER BY id",
        "sessions": "SELECT channel, created_at, expires_at, revoked_at FROM members_session "
        "WHERE member_id = ANY(%s) ORDER BY created_at, id",
        "devices": "SELECT device_label AS label, created_at, revoked_at FROM members_card_device "
        "WHERE member_id = ANY(%s) ORDER BY created_at, id",
        "changes": "SELECT field, at, actor FROM members_profile_change WHERE member_id = ANY(%s) ORDER BY id",
        "copies": "SELECT requested_at, ready_at FROM members_export_request WHERE member_id = ANY(%s) "
        "ORDER BY requested_at, id",
    }
    return {name: db.rows(statement, [family]) for name, statement in statements.items()}


def _page(everything: Mapping[str, Any]) -> str:
    title = gettext("What we keep of you")
    body = "".join(f"<h2>{_heading(name)}</h2>{_shown(part)}" for name, part in everything.items() if part)
    return f'<!doctype html><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{body}'


def _shown(value: Any) -> str:
    """Return a value as HTML: mappings as rows, lists of mappings as a table."""
    if isinstance(value, Mapping):
        rows = "".join(f"<tr><th>{_heading(str(key))}</th><td>{_shown(part)}</td></tr>" for key, part in value.items())
        return f"<table>{rows}</table>"
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(row, Mapping) for row in value):
            heads = list(dict.fromkeys(key for row in value for key in row))
            head = "".join(f"<th>{_heading(str(key))}</th>" for key in heads)
            rows = "".join(
                "<tr>" + "".join(f"<td>{_shown(row.get(k, ''))}</td>" for k in heads) + "</tr>" for row in value
            )
            return f"<table><tr>{head}</tr>{rows}</table>"
        return "<br>".join(_shown(part) for part in value)
    return html.escape("" if value is None else str(value))


def _heading(name: str) -> str:
    """Return a stable key as words; those a person does not know from the shop are translated below."""
    return html.escape(gettext(_HEADINGS[name]) if name in _HEADINGS else name.replace("_", " "))


_HEADINGS: Mapping[str, str] = {
    "made_at": N_("Made at"),
    "member": N_("Member file"),
    "identities": N_("Identities"),
    "contacts": N_("Contacts"),
    "addresses": N_("Addresses"),
    "consents": N_("Consents"),
    "sessions": N_("Sign-ins"),
    "devices": N_("Phones with the member code"),
    "changes": N_("Changes of your file"),
    "associates": N_("Your associates"),
    "associate": N_("Associate"),
    "since": N_("Since"),
    "until": N_("Until"),
    "copies": N_("Copies of your data"),
    "orders": N_("Orders"),
    "returns": N_("Returns"),
    "points": N_("Points"),
    "coupons": N_("Coupons"),
    "growth": N_("Growth"),
    "tiers": N_("Tiers"),
    "tier_changes": N_("Steps between tiers"),
    "cart": N_("Cart"),
    "id": N_("Id"),
    "number": N_("Number"),
    "card_number": N_("Card number"),
    "level": N_("Level of identification"),
    "tier": N_("Tier"),
    "name": N_("Name"),
    "birthday": N_("Birthday"),
    "lunar_birthday": N_("Birthday by the lunar calendar"),
    "channel": N_("Channel"),
    "language": N_("Language"),
    "created_at": N_("Since"),
    "kind": N_("Kind"),
    "namespace": N_("Namespace"),
    "value": N_("Value"),
    "verified_at": N_("Verified at"),
    "purpose": N_("Purpose"),
    "is_given": N_("Consent given"),
    "policy_version": N_("Policy version"),
    "at": N_("At"),
    "expires_at": N_("Expires at"),
    "revoked_at": N_("Ended at"),
    "label": N_("Label"),
    "field": N_("Part"),
    "actor": N_("By"),
    "requested_at": N_("Requested at"),
    "ready_at": N_("Ready at"),
    "area_code": N_("Area"),
    "phone": N_("Phone"),
    "text": N_("Text"),
    "balance": N_("Balance"),
    "available": N_("Available"),
    "pending": N_("Not usable yet"),
    "debt": N_("Points owed"),
    "state": N_("State"),
    "store": N_("Store"),
    "placed_at": N_("Placed at"),
    "paid_at": N_("Paid at"),
    "goods": N_("Goods"),
    "quantity": N_("Quantity"),
    "payable_fen": N_("To pay (fen)"),
    "paid_fen": N_("Paid (fen)"),
    "refunded_fen": N_("Refunded (fen)"),
    "amount_fen": N_("Amount (fen)"),
    "lines": N_("Lines"),
    "address": N_("Delivery address"),
    "note": N_("Note"),
    "reason": N_("Reason"),
    "amount": N_("Amount"),
    "from_tier": N_("From"),
    "to_tier": N_("To"),
    "cause": N_("Cause"),
    "movements": N_("Movements"),
    "order": N_("Order"),
    "parcels": N_("Parcels"),
    "carrier": N_("Carrier"),
    "shipped_at": N_("Given to the carrier at"),
    "delivered_at": N_("Delivered at"),
    "events": N_("What was said of it"),
    "sku_id": N_("SKU"),
}
