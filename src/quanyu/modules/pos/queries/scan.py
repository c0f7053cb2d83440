"""What a scanned or typed code is: a product with a proposal of a line, or a member."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import BarcodeUnknown
from quanyu.modules.members import api as members
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.contracts import LineProposal, ScanResult, ScanUnknown, Till
from quanyu.modules.pos.queries import catalogue
from quanyu.modules.pos.rules import scale_labels
from quanyu.modules.pricing import api as pricing

_MEMBER_READINGS = ("member_code", "member_number")


def scan(*, code: str, till: Till, actor: Actor, now: datetime) -> ScanResult:
    """Return the first reading of the code that is known here. Raises ``ScanUnknown``."""
    path = organization.settings_path(unit_id=till.store_id, terminal_id=str(till.device_id))
    first = next(iter(catalog.read_code(code=code, settings_path=path)), None)
    if first is not None and first.kind in _MEMBER_READINGS:
        found = members.find(text=first.text, actor=actor, now=now)
        if not found:
            raise ScanUnknown(field="code")
        return ScanResult(line=None, member=found[0].member)
    try:
        scanned = catalog.by_barcode(code=code, settings_path=path)
    except BarcodeUnknown:
        raise ScanUnknown(field="code") from None
    line = _proposal(scanned.sku_id, scanned.quantity, scanned.price_fen, till=till, now=now)
    if line is None:
        raise ScanUnknown(field="code")
    return ScanResult(line=line, member=None)


def _proposal(
    sku_id: int, quantity: int | None, label_fen: int | None, *, till: Till, now: datetime
) -> LineProposal | None:
    """Return the line to propose; ``None`` when the store does not list the SKU or it has no price.

    ``quantity`` is ``None`` when weighed goods must still be weighed.
    """
    if not catalog.sellable(unit_id=till.store_id, sku_ids=[sku_id])[sku_id].listed:
        return None
    prices = pricing.prices(unit_id=till.store_id, sku_ids=[sku_id], at=now)
    skus = catalog.skus(ids=[sku_id])
    found = catalogue.items(store_id=till.store_id, skus=list(skus.values()), prices=prices, now=now)
    if not found:
        return None
    item = found[0]
    if quantity is None and label_fen is not None:
        quantity = scale_labels.grams_of_label(
            label_fen=label_fen, unit_price_fen=item.price_fen, quantity_scale=item.quantity_scale
        )
    return LineProposal(item=item, quantity=quantity, label_fen=label_fen)
