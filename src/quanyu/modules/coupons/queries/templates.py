"""Templates with their terms, counters and places: one query for any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from quanyu.kernel.period import Period
from quanyu.modules.coupons.contracts import Template, TemplateState, TemplateUnknown, Terms, UseScope
from quanyu.modules.promotions.contracts import CouponKind, Shares
from quanyu.platform import db

COLUMNS = """
    template.id AS template_id, template.code, template.name, template.name_en, template.description,
    template.owner_unit_id, template.is_proposal, template.state AS template_state, template.revision, template.kind,
    template.amount_fen AS off_fen, template.percent_off_bp, template.cap_fen, template.threshold_fen,
    template.gift_sku_id, template.gift_quantity, template.category_ids, template.sku_ids, template.excluded_sku_ids,
    lower(template.claim_period) AS claim_from, upper(template.claim_period) AS claim_until,
    template.use_period IS NULL AS is_relative,
    lower(template.use_period) AS use_from, upper(template.use_period) AS use_until,
    template.starts_after_days, template.lasts_days, template.weekdays, template.hours, template.excluded_dates,
    template.scope, template.tiers, template.level, template.brand_share_bp, template.store_share_bp,
    template.supplier_share_bp, template.stacks_with_campaigns, template.stacks_with_coupons, template.transferable,
    template.points_price, template.needs_staff_code, template.is_new_member_pack, template.is_listed,
    template.extension_days, template.created_by, template.changed_by, template.decided_by, template.decided_at,
    template.reason, template.created_at, place.unit_ids,
    counter.total_limit, counter.issued, counter.budget_fen, counter.committed_fen, counter.per_person_limit
"""
JOINS = """
    JOIN coupons_counter AS counter ON counter.template_id = template.id
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(named.unit_id), '{}') AS unit_ids
        FROM coupons_template_units AS named
        WHERE named.template_id = template.id
    ) AS place
"""
# Both constants are this file's own text: nothing a caller says becomes part of a statement.
_SELECT = f"SELECT {COLUMNS} FROM coupons_template AS template {JOINS}"  # noqa: S608


def template(template_id: int) -> Template:
    """Return one template. Raises ``TemplateUnknown``."""
    return _one("WHERE template.id = %s", template_id)


def by_code(code: str) -> Template:
    """Return the template with a code. Raises ``TemplateUnknown``."""
    return _one("WHERE template.code = %s", code)


def by_ids(ids: Sequence[int]) -> dict[int, Template]:
    """Return templates by id."""
    found = db.rows(_SELECT + "WHERE template.id = ANY (%s)", [list(ids)])
    return {row["template_id"]: template_of(row) for row in found}


def all_of(*, states: Sequence[str] | None) -> list[Template]:
    """Return all templates, or those in some states, the newest first."""
    found = db.rows(
        _SELECT + "WHERE %s::text[] IS NULL OR template.state = ANY (%s) ORDER BY template.id DESC",
        [None if states is None else list(states)] * 2,
    )
    return [template_of(row) for row in found]


def pack(*, at: datetime) -> list[Template]:
    """Return the templates of the new-member pack that are open at a moment."""
    found = db.rows(
        _SELECT + "WHERE template.is_new_member_pack AND template.state = 'live' AND template.claim_period @> %s "
        "ORDER BY template.id",
        [at],
    )
    return [template_of(row) for row in found]


def listed(*, text: str, path: Sequence[int] | None, at: datetime, limit: int) -> list[Template]:
    """Return the offers of the coupon centre at a moment: those that begin within a week are shown as well.

    ``text`` is looked for in name, English name, words and code; ``path`` keeps what holds at a unit.
    """
    pattern = "%" + text.strip().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    found = db.rows(
        _SELECT + "WHERE template.is_listed AND NOT template.is_new_member_pack AND template.state = 'live' "
        "AND upper(template.claim_period) > %(at)s AND lower(template.claim_period) <= %(at)s + interval '7 days' "
        "AND (template.use_period IS NULL OR upper(template.use_period) > %(at)s) "
        "AND (template.name ILIKE %(text)s OR template.name_en ILIKE %(text)s OR template.description ILIKE %(text)s "
        "OR template.code ILIKE %(text)s) "
        "AND (%(path)s::bigint[] IS NULL OR place.unit_ids = '{}' OR place.unit_ids && %(path)s::bigint[]) "
        # What can be had now, what holds here alone before what holds everywhere, what ends first.
        "ORDER BY lower(template.claim_period) > %(at)s, place.unit_ids = '{}', upper(template.claim_period), "
        "template.id LIMIT %(limit)s",
        {"at": at, "text": pattern, "path": None if path is None else list(path), "limit": limit},
    )
    return [template_of(row) for row in found]


def template_of(row: dict[str, Any]) -> Template:
    """Make the contract of a row with ``COLUMNS``."""
    return Template(
        id=row["template_id"],
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        description=row["description"],
        owner_unit_id=row["owner_unit_id"],
        is_proposal=row["is_proposal"],
        state=TemplateState(row["template_state"]),
        revision=row["revision"],
        terms=_terms(row),
        issued=row["issued"],
        committed_fen=row["committed_fen"],
        created_by=row["created_by"],
        changed_by=row["changed_by"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        reason=row["reason"],
        created_at=row["created_at"],
    )


def hours_of(row: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    """Return the hour ranges of a row: jsonb comes as text."""
    hours = row["hours"]
    pairs = msgspec.json.decode(hours) if isinstance(hours, str) else hours
    return tuple((start, end) for start, end in pairs)


def shares_of(row: dict[str, Any]) -> Shares:
    """Return who bears the coupons of a row."""
    return Shares(row["brand_share_bp"], row["store_share_bp"], row["supplier_share_bp"])


def _terms(row: dict[str, Any]) -> Terms:
    return Terms(
        kind=CouponKind(row["kind"]),
        claim_period=Period(row["claim_from"], row["claim_until"]),
        amount_fen=row["off_fen"],
        percent_off_bp=row["percent_off_bp"],
        cap_fen=row["cap_fen"],
        threshold_fen=row["threshold_fen"],
        gift_sku_id=row["gift_sku_id"],
        gift_quantity=row["gift_quantity"],
        category_ids=frozenset(row["category_ids"]),
        sku_ids=frozenset(row["sku_ids"]),
        excluded_sku_ids=frozenset(row["excluded_sku_ids"]),
        use_period=None if row["is_relative"] else Period(row["use_from"], row["use_until"]),
        starts_after_days=row["starts_after_days"],
        lasts_days=row["lasts_days"],
        weekdays=frozenset(row["weekdays"]),
        hours=hours_of(row),
        excluded_dates=frozenset(row["excluded_dates"]),
        scope=UseScope(row["scope"]),
        unit_ids=frozenset(row["unit_ids"]),
        tiers=frozenset(row["tiers"]),
        level=row["level"],
        per_person_limit=row["per_person_limit"],
        total_limit=row["total_limit"],
        budget_fen=row["budget_fen"],
        shares=shares_of(row),
        stacks_with_campaigns=row["stacks_with_campaigns"],
        stacks_with_coupons=row["stacks_with_coupons"],
        transferable=row["transferable"],
        points_price=row["points_price"],
        needs_staff_code=row["needs_staff_code"],
        is_new_member_pack=row["is_new_member_pack"],
        is_listed=row["is_listed"],
        extension_days=row["extension_days"],
    )


def _one(where: str, *parameters: object) -> Template:
    found = db.row(_SELECT + where, parameters)
    if found is None:
        raise TemplateUnknown(field="template_id")
    return template_of(found)
