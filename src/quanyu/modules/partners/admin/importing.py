"""Sales of an old system from a file: one row for each line of a receipt, taken when the receipt is whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location
from quanyu.modules.partners import api
from quanyu.modules.partners.contracts import Partner
from quanyu.modules.partners.rules import receipts
from quanyu.platform.files import importer
from quanyu.platform.files.columns import Column, Kind
from quanyu.platform.files.importer import Deed, Importer, Known, Row, RowError, error

_THOUSAND = 1000
TENDERS = {
    "cash": ("现金", "Cash"),
    "card": ("银行卡", "Bank card"),
    "wechat": ("微信", "WeChat"),
    "alipay": ("支付宝", "Alipay"),
    "other": ("其他", "Other"),
}
COLUMNS = (
    Column(
        "partner",
        "旧系统",
        "Old system",
        Kind.CODE,
        ("合作方", "partner"),
        hint=N_("The partner's name as it is registered"),
        sample=("旧收银", "旧收银"),
        longest=80,
    ),
    Column(
        "till",
        "旧收银台",
        "Old till",
        Kind.CODE,
        ("收银台", "收银机号", "款台", "till", "pos"),
        hint=N_("The code by which the old system calls the till"),
        sample=("01", "01"),
        longest=40,
    ),
    Column(
        "receipt",
        "小票号",
        "Receipt",
        Kind.CODE,
        ("单号", "流水号", "销售单号", "receipt no", "receipt number"),
        hint=N_("The receipt's number in the old system"),
        sample=("20261123000017", "20261123000017"),
        longest=64,
    ),
    Column("line", "行号", "Line", Kind.WHOLE, ("序号", "line no"), sample=("1", "2"), least=1, most=200),
    Column(
        "seq",
        "流水序号",
        "Till's number",
        Kind.WHOLE,
        ("序列号", "sequence"),
        is_needed=True,
        hint=N_("Counts the till's receipts; each number once"),
        sample=("17", "17"),
        least=1,
        most=10**9,
    ),
    Column(
        "at",
        "销售时间",
        "Sold at",
        Kind.TEXT,
        ("时间", "交易时间", "time"),
        is_needed=True,
        hint=N_("Such as 2026-01-31 14:05, in the store's time"),
        sample=("2026-01-31 14:05", "2026-01-31 14:05"),
        longest=20,
    ),
    Column(
        "code",
        "商品编码",
        "Item code",
        Kind.CODE,
        ("编码", "货号", "条码", "商品条码", "barcode"),
        is_needed=True,
        hint=N_("Any code of the goods: the old system's once it is mapped, ours, or a barcode"),
        sample=("6901234567892", "AP-001"),
        longest=64,
    ),
    Column("quantity", "数量", "Quantity", Kind.QUANTITY, ("qty",), is_needed=True, sample=("1", "0.525"), most=10**7),
    Column(
        "net", "实收", "Paid", Kind.MONEY, ("金额", "实收金额", "小计", "net"), is_needed=True, sample=("6.50", "10.45")
    ),
    Column(
        "total",
        "小票金额",
        "Receipt amount",
        Kind.MONEY,
        ("合计", "整单金额", "total"),
        is_needed=True,
        hint=N_("The same on every line: the receipt is taken when its lines add up to it"),
        sample=("16.95", "16.95"),
    ),
    Column(
        "tender",
        "付款方式",
        "Tender",
        Kind.CHOICE,
        ("支付方式", "payment"),
        is_needed=True,
        choices=TENDERS,
        sample=("现金", "现金"),
    ),
    Column("member", "会员号", "Member number", Kind.CODE, ("会员卡号", "member"), sample=("", ""), longest=32),
)
Place = tuple[Partner, Location, SkuInfo]


def look_up(rows: Sequence[Row], actor: Actor, now: datetime, hold: bool) -> list[Known]:  # noqa: FBT001 - the protocol of importers
    """Return what is kept of these lines; a line is kept once, so nothing needs to be held."""
    partners = api.partners_named(names={row.text("partner") for row in rows})
    places: dict[str, dict[str, Location]] = {}
    goods: dict[str, dict[str, SkuInfo]] = {}
    for name, partner in partners.items():
        mine = [row for row in rows if row.text("partner") == name]
        tills = api.tills_of(partner_id=partner.id, codes={row.text("till") for row in mine})
        stores = organization.locations(ids=set(tills.values()))
        places[name] = {code: stores[store_id] for code, store_id in tills.items()}
        ids = api.skus_of(partner_id=partner.id, codes={row.text("code") for row in mine})
        skus = catalog.skus(ids=set(ids.values()))
        goods[name] = {code: skus[sku_id] for code, sku_id in ids.items()}
    kept = api.staged_lines(
        partner_ids=[partner.id for partner in partners.values()], receipts={row.text("receipt") for row in rows}
    )
    found = []
    for row in rows:
        name = row.text("partner")
        place = places.get(name, {}).get(row.text("till"))
        sku = goods.get(name, {}).get(row.text("code"))
        found.append(_known(row, partners.get(name), place, sku, kept, actor))
    return found


def write(deeds: Sequence[Deed], import_id: str, actor: Actor, now: datetime) -> None:
    """Keep the lines; whole receipts are taken by the clock."""
    api.stage_lines(lines=[deed.known.thing for deed in deeds], actor=actor, now=now)


def _known(
    row: Row,
    partner: Partner | None,
    place: Location | None,
    sku: SkuInfo | None,
    kept: Mapping[Any, Mapping[str, Any]],
    actor: Actor,
) -> Known:
    errors: list[RowError] = []
    if partner is None:
        errors.append(error("unknown", "partner", shown=row.text("partner")))
    elif place is None or not actor.reaches(api.EDIT, unit_path=place.unit.path):
        errors.append(error("unknown", "till", shown=row.text("till")))
    if partner is not None and sku is None:
        errors.append(error("unknown", "code", shown=row.text("code")))
    at = receipts.moment_of(row.text("at"), time_zone=place.time_zone) if place is not None else None
    if place is not None and at is None:
        errors.append(error("not_a_date", "at"))
    thousandths = _whole(row, "quantity")
    if thousandths == 0:
        errors.append(error("out_of_range", "quantity", least="0.001", most=str(10**7)))
    elif sku is not None and sku.quantity_scale == 1 and thousandths % _THOUSAND:
        errors.append(error("not_whole", "quantity"))
    if errors or partner is None or place is None or sku is None or at is None:
        return Known(errors=errors)
    quantity = thousandths if sku.quantity_scale == _THOUSAND else thousandths // _THOUSAND
    content = {
        "seq": _whole(row, "seq"),
        "at": at.isoformat(),
        "code": row.text("code"),
        "quantity": quantity,
        "unit_price_fen": _whole(row, "net") * sku.quantity_scale // quantity,
        "net_fen": _whole(row, "net"),
        "total_fen": _whole(row, "total"),
        "tender": row.text("tender"),
        "member": row.text("member"),
    }
    number = _whole(row, "line")
    thing = {
        "partner_id": str(partner.id),
        "till": row.text("till"),
        "receipt": row.text("receipt"),
        "line": number,
        "content": content,
    }
    before = kept.get((partner.id, row.text("till"), row.text("receipt"), number))
    if before is None:
        return Known(thing=thing)
    if before == content:
        return Known(exists=True, values=row.values, thing=thing)
    fault = RowError(
        "partners.key_reused",
        "receipt",
        N_("This line of the receipt was brought in before, with another content"),
        N_("A receipt that happened is not changed: bring the goods back by a return, or leave the row out."),
    )
    return Known(exists=True, values=row.values, errors=[fault], thing=thing)


def _whole(row: Row, column: str) -> int:
    value = row.values.get(column)
    return value if isinstance(value, int) else 0


importer.add(
    Importer(
        name="old_till_sales",
        title=_("Sales of old tills"),
        note=_("Receipts of an old system, line by line; each is taken once, when its lines add up."),
        icon="receipt_long",
        permission=api.EDIT,
        columns=COLUMNS,
        keys=("partner", "till", "receipt", "line"),
        look_up=look_up,
        write=write,
        order=70,
    )
)
