"""Opening stock from files: what a location has of an item on the first day, booked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.inventory import api
from quanyu.modules.inventory.contracts import Goods, MovementKind
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, Unit
from quanyu.platform.files import importer
from quanyu.platform.files.columns import Column, Kind, Value
from quanyu.platform.files.importer import Deed, Importer, Known, Row, RowError, error

CAUSE = "opening_import"
_THOUSAND = 1000
COLUMNS = (
    Column(
        "location",
        "门店编码",
        "Location code",
        Kind.CODE,
        ("仓库编码", "门店/仓库编码", "库位编码", "门店", "仓库", "location", "store code", "warehouse code"),
        hint=N_("The code of a store or warehouse"),
        sample=("S0101", "W0001"),
        longest=20,
    ),
    Column(
        "sku",
        "商品编码",
        "Item code",
        Kind.CODE,
        ("编码", "货号", "SKU编码", "SKU", "条码", "商品条码", "barcode", "sku code"),
        hint=N_("The item code, or one of its barcodes"),
        sample=("AP-001", "6901234567892"),
        longest=48,
    ),
    Column(
        "quantity",
        "数量",
        "Quantity",
        Kind.QUANTITY,
        ("期初数量", "库存", "库存数量", "期初库存", "实盘数量", "stock", "qty"),
        is_needed=True,
        hint=N_("Pieces; kilograms of weighed goods"),
        sample=("12.525", "24"),
        most=10**7,
    ),
    Column(
        "owner",
        "货主编码",
        "Owner code",
        Kind.CODE,
        ("货主", "owner"),
        hint=N_("Whose goods they are; the location's own, unless said"),
        sample=("", ""),
        longest=20,
    ),
    Column(
        "batch",
        "批次",
        "Batch",
        Kind.CODE,
        ("期初批次", "batch"),
        hint=N_("Opening stock is booked once for each batch; leave it empty the first time"),
        sample=("", ""),
        longest=40,
    ),
)


@dataclass(frozen=True, slots=True)
class _Thing:
    """Where the goods go, and under which cause; ``quantity`` in base units."""

    location_id: int
    owner_id: int
    cause_id: str
    sku_id: int
    quantity: int


def look_up(rows: Sequence[Row], actor: Actor, now: datetime, hold: bool) -> list[Known]:  # noqa: FBT001 - the protocol of importers
    """Return what was booked as opening stock before; a line of a cause is moved once, so nothing needs to be held."""
    units = organization.units_by_code(
        codes={text for row in rows for text in (row.text("location"), row.text("owner"))}
    )
    places = organization.locations(ids=[unit.id for unit in units.values()])
    skus = _skus({row.text("sku") for row in rows})
    judged = [_thing(row, units, places, skus, actor) for row in rows]
    things = [thing for thing in judged if isinstance(thing, _Thing)]
    booked = api.booked(
        cause_kind=CAUSE, cause_ids={thing.cause_id for thing in things}, sku_ids={thing.sku_id for thing in things}
    )
    scales = {sku.id: sku.quantity_scale for sku in skus.values()}
    return [
        _known(row, thing, booked, scales) if isinstance(thing, _Thing) else Known(errors=thing)
        for row, thing in zip(rows, judged, strict=True)
    ]


def write(deeds: Sequence[Deed], import_id: str, actor: Actor, now: datetime) -> None:
    """Ring at inventory's door once for each location, owner and batch."""
    by_cause: dict[tuple[int, int, str], list[Goods]] = {}
    for deed in deeds:
        thing: _Thing = deed.known.thing
        place = (thing.location_id, thing.owner_id, thing.cause_id)
        by_cause.setdefault(place, []).append(Goods(thing.sku_id, thing.quantity, str(thing.sku_id)))
    for (location_id, owner_id, cause_id), lines in sorted(by_cause.items()):
        api.receive(
            location_id=location_id,
            owner_id=owner_id,
            lines=lines,
            cause_kind=CAUSE,
            cause_id=cause_id,
            kind=MovementKind.OPENING,
            actor=actor,
            now=now,
        )


def _skus(codes: set[str]) -> dict[str, SkuInfo]:
    ids = catalog.sku_ids_by_code(codes=codes)
    by_barcode = catalog.sku_codes_of_barcodes(codes=[code for code in codes if code not in ids])
    of_barcodes = catalog.sku_ids_by_code(codes=by_barcode.values())
    ids |= {code: of_barcodes[sku] for code, sku in by_barcode.items()}
    known = catalog.skus(ids=set(ids.values()))
    return {code: known[sku_id] for code, sku_id in ids.items()}


def _thing(
    row: Row, units: Mapping[str, Unit], places: Mapping[int, Location], skus: Mapping[str, SkuInfo], actor: Actor
) -> _Thing | list[RowError]:
    unit, owner, sku = units.get(row.text("location")), units.get(row.text("owner")), skus.get(row.text("sku"))
    place = places.get(unit.id) if unit is not None else None
    errors = []
    if place is None or not place.unit.active or not actor.reaches(api.RECEIVE, unit_path=place.unit.path):
        errors.append(error("unknown", "location", shown=row.text("location")))
    if row.text("owner") and owner is None:
        errors.append(error("unknown", "owner", shown=row.text("owner")))
    if sku is None:
        errors.append(error("unknown", "sku", shown=row.text("sku")))
    thousandths = row.values.get("quantity")
    pieces = thousandths if isinstance(thousandths, int) else 0
    if sku is not None and sku.quantity_scale == 1 and pieces % _THOUSAND:
        errors.append(error("not_whole", "quantity"))
    if errors or place is None or sku is None:
        return errors
    owner_id = owner.id if owner is not None else place.owner_id
    cause_id = f"{place.unit.id}/{owner_id}/{row.text('batch')}"
    quantity = pieces if sku.quantity_scale == _THOUSAND else pieces // _THOUSAND
    return _Thing(place.unit.id, owner_id, cause_id, sku.id, quantity)


def _known(row: Row, thing: _Thing, booked: Mapping[tuple[str, int], int], scales: Mapping[int, int]) -> Known:
    before = booked.get((thing.cause_id, thing.sku_id))
    if before is None and thing.quantity == 0 and "quantity" in row.values:
        before = 0
    if before is None:
        return Known(thing=thing)
    values: dict[str, Value | None] = {**row.values, "quantity": before * _THOUSAND // scales[thing.sku_id]}
    if thing.quantity != before:
        fault = RowError(
            "inventory.opening_booked",
            "quantity",
            N_("Opening stock of this item was booked already: %(booked)s"),
            N_("Correct it by a stock count, or give the row a batch of its own."),
            {"booked": f"{before / scales[thing.sku_id]:g}"},
        )
        return Known(True, values, [fault], thing)
    return Known(True, values, thing=thing)


importer.add(
    Importer(
        name="opening_stock",
        title=_("Opening stock"),
        note=_("What stores and warehouses have on the first day; booked once."),
        icon="warehouse",
        permission=api.RECEIVE,
        columns=COLUMNS,
        keys=("location", "sku"),
        parts=("owner", "batch"),
        look_up=look_up,
        write=write,
        order=60,
    )
)
