"""Announce a flash sale, and stop one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.period import Period
from quanyu.kernel.problem import N_
from quanyu.modules.catalog import api as catalog
from quanyu.modules.flash.contracts import Sale, SaleEnded, SaleInvalid, SaleOverlaps, SaleState
from quanyu.modules.flash.queries import sales
from quanyu.modules.flash.rules import board
from quanyu.modules.organization import api as organization
from quanyu.platform import audit, db, locks


def announce(
    *,
    sku_id: int,
    unit_ids: Collection[int],
    channels: Collection[str],
    closed_from: datetime,
    starts_at: datetime,
    ends_at: datetime,
    per_member_limit: int,
    units_total: int | None,
    actor: Actor,
    now: datetime,
) -> Sale:
    """Make a sale. Raises ``SaleInvalid`` (with the field), ``SaleOverlaps``. Audited."""
    board.check(
        closed_from=closed_from,
        starts_at=starts_at,
        ends_at=ends_at,
        per_member_limit=per_member_limit,
        units_total=units_total,
    )
    if ends_at <= now:
        raise SaleInvalid(field="ends_at", reason=N_("the end has passed"))
    if not channels:
        raise SaleInvalid(field="channels", reason=N_("at least one channel is needed"))
    sku = catalog.skus(ids=[sku_id]).get(sku_id)
    if sku is None or not sku.is_active or sku.is_weighed:
        raise SaleInvalid(field="sku_id", reason=N_("a product sold by the piece is needed"))
    # Two that announce the same SKU come one after the other, so that the second sees the first.
    locks.advisory(locks.Space.FLASH_SKU, sku_id)
    _check_overlap(sku_id, unit_ids, channels, Period(closed_from, ends_at), now=now)
    sale_id = db.value(
        "INSERT INTO flash_sale (sku_id, channels, closed_from, starts_at, ends_at, per_member_limit, units_total, "
        "announced_by, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [
            sku_id,
            sorted(set(channels)),
            closed_from,
            starts_at,
            ends_at,
            per_member_limit,
            units_total,
            f"{actor.kind}:{actor.id}",
            now,
        ],
    )
    db.execute(
        "INSERT INTO flash_sale_units (sale_id, unit_id) SELECT %s, unnest(%s::bigint[])",
        [sale_id, sorted(set(unit_ids))],
    )
    made = sales.sale(sale_id)
    _record("flash.announce", made, reason="", actor=actor, now=now)
    return made


def stop(*, sale_id: int, reason: str, actor: Actor, now: datetime) -> Sale:
    """End a sale before its time: from now on nobody buys under it. Raises ``SaleEnded``, ``SaleUnknown``. Audited.

    Orders that stand keep what they took; the goods sell on as any other, at the price that holds.
    """
    stopped = db.execute(
        "UPDATE flash_sale SET stopped_at = %s WHERE id = %s AND stopped_at IS NULL AND ends_at > %s",
        [now, sale_id, now],
    )
    found = sales.sale(sale_id)
    if not stopped:
        raise SaleEnded(field="sale_id", state=found.state(now).value)
    _record("flash.stop", found, reason=reason, actor=actor, now=now)
    return found


def _check_overlap(
    sku_id: int, unit_ids: Collection[int], channels: Collection[str], period: Period, *, now: datetime
) -> None:
    rivals = [
        other
        for other in sales.coming_of_sku(sku_id=sku_id, at=now)
        if other.state(now) in (SaleState.ANNOUNCED, SaleState.RUNNING)
        and other.channels & set(channels)
        and Period(other.closed_from, other.ends_at).overlaps(period)
    ]
    if not rivals:
        return
    paths = organization.paths(unit_ids={*unit_ids, *(unit_id for other in rivals for unit_id in other.unit_ids)})
    for other in rivals:
        if _meet(unit_ids, other.unit_ids, paths):
            raise SaleOverlaps(field="starts_at", sale_id=other.id)


def _meet(here: Iterable[int], there: Iterable[int], paths: dict[int, tuple[int, ...]]) -> bool:
    """Tell whether two scopes share a place: one is everywhere, or a unit of one lies on the path of another."""
    ours, theirs = list(here), list(there)
    if not ours or not theirs:
        return True
    return any(one in paths[other] or other in paths[one] for one in ours for other in theirs)


def _record(action: str, sale: Sale, *, reason: str, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="flash_sale",
        subject_id=sale.id,
        reason=reason,
        detail={
            "sku_id": sale.sku_id,
            "unit_ids": sorted(sale.unit_ids),
            "channels": sorted(sale.channels),
            "starts_at": sale.starts_at.isoformat(),
            "ends_at": sale.ends_at.isoformat(),
            "per_member_limit": sale.per_member_limit,
            "units_total": sale.units_total,
        },
        now=now,
    )
