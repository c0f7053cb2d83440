"""What came of a template's coupons: in all, by store and by the staff who unlocked the claims."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from quanyu.kernel.apportion import apportion
from quanyu.modules.coupons.contracts import Figures, Statistics
from quanyu.modules.coupons.queries import templates
from quanyu.modules.promotions.contracts import Shares
from quanyu.platform import db

_FIGURES = (
    "count(*) FILTER (WHERE coupon.state = 'redeemed') AS used, "
    "coalesce(sum(coupon.sales_fen) FILTER (WHERE coupon.state = 'redeemed'), 0)::bigint AS sales_fen, "
    "coalesce(sum(coupon.amount_fen) FILTER (WHERE coupon.state = 'redeemed'), 0)::bigint AS cost_fen"
)


def statistics(*, template_id: int, unit_ids: Collection[int] | None) -> Statistics:
    """Return the figures of a template; with ``unit_ids`` only what concerns these stores.

    Raises ``TemplateUnknown``. The cost is split by the template's shares, exact in fen for each figure.
    """
    shares = templates.template(template_id).terms.shares
    units = None if unit_ids is None else sorted(unit_ids)
    claimed = db.rows(
        "SELECT coupon.claimed_store_id AS store_id, count(*) AS claimed FROM coupons_coupon AS coupon "
        "WHERE coupon.template_id = %s AND (%s::bigint[] IS NULL OR coupon.claimed_store_id = ANY (%s)) "
        "GROUP BY coupon.claimed_store_id",
        [template_id, units, units],
    )
    used = db.rows(
        f"SELECT coupon.used_store_id AS store_id, {_FIGURES} FROM coupons_coupon AS coupon "  # noqa: S608
        "WHERE coupon.template_id = %s AND coupon.state = 'redeemed' "
        "AND (%s::bigint[] IS NULL OR coupon.used_store_id = ANY (%s)) GROUP BY coupon.used_store_id",
        [template_id, units, units],
    )
    staff = db.rows(
        f"SELECT coupon.claimed_staff_id AS staff_id, count(*) AS claimed, {_FIGURES} "  # noqa: S608
        "FROM coupons_coupon AS coupon WHERE coupon.template_id = %s AND coupon.claimed_staff_id IS NOT NULL "
        "AND (%s::bigint[] IS NULL OR coupon.claimed_store_id = ANY (%s)) GROUP BY coupon.claimed_staff_id",
        [template_id, units, units],
    )
    claims = {row["store_id"]: row["claimed"] for row in claimed}
    uses = {row["store_id"]: row for row in used}
    return Statistics(
        total=_figures(_sum(used, claimed=sum(claims.values())), shares),
        by_store={
            store: _figures({**_NONE, **uses.get(store, {}), "claimed": claims.get(store, 0)}, shares)
            for store in {*claims, *uses}
        },
        by_staff={row["staff_id"]: _figures(row, shares) for row in staff},
    )


def totals(*, template_ids: Sequence[int], unit_ids: Collection[int] | None) -> dict[int, Figures]:
    """Return the figures of templates in all, or of what was claimed and used in some stores. Two queries."""
    known = templates.by_ids(template_ids)
    units = None if unit_ids is None else sorted(unit_ids)
    found = db.rows(
        "SELECT coupon.template_id, "
        "count(*) FILTER (WHERE %(units)s::bigint[] IS NULL OR coupon.claimed_store_id = ANY (%(units)s)) AS claimed, "
        "count(*) FILTER (WHERE mine.used) AS used, "
        "coalesce(sum(coupon.sales_fen) FILTER (WHERE mine.used), 0)::bigint AS sales_fen, "
        "coalesce(sum(coupon.amount_fen) FILTER (WHERE mine.used), 0)::bigint AS cost_fen "
        "FROM coupons_coupon AS coupon "
        "CROSS JOIN LATERAL (SELECT coupon.state = 'redeemed' AND (%(units)s::bigint[] IS NULL "
        "OR coupon.used_store_id = ANY (%(units)s)) AS used) AS mine "
        "WHERE coupon.template_id = ANY (%(templates)s) GROUP BY coupon.template_id",
        {"templates": list(template_ids), "units": units},
    )
    counted = {row["template_id"]: row for row in found}
    return {
        template_id: _figures(counted.get(template_id, {**_NONE, "claimed": 0}), known[template_id].terms.shares)
        for template_id in template_ids
        if template_id in known
    }


_NONE: Mapping[str, Any] = {"used": 0, "sales_fen": 0, "cost_fen": 0}


def _sum(rows: Sequence[Mapping[str, Any]], *, claimed: int) -> dict[str, Any]:
    return {name: sum(row[name] for row in rows) for name in _NONE} | {"claimed": claimed}


def _figures(row: Mapping[str, Any], shares: Shares) -> Figures:
    brand, store, supplier = apportion(row["cost_fen"], [shares.brand_bp, shares.store_bp, shares.supplier_bp])
    return Figures(
        claimed=row["claimed"],
        used=row["used"],
        sales_fen=row["sales_fen"],
        cost_fen=row["cost_fen"],
        brand_fen=brand,
        store_fen=store,
        supplier_fen=supplier,
    )
