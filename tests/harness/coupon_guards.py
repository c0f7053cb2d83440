"""What breaks the CHECKs of coupons and their hand-outs, and what makes a coupon a key (see ``table_guards``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

_AT = "2026-03-02T04:00:00Z"
_ID = "00000000-0000-7000-8000-000000000001"
KEYED: dict[str, Row] = {
    "coupons_coupon_once_per_cause": {"via": "trigger"},
    "coupons_coupon_handed_out_id_key": {"state": "redeemed", "handed_out_id": _ID},
}
BROKEN: dict[str, tuple[Row, ...]] = {
    "coupons_template_gives_something": (
        {"amount_fen": 0},
        {"kind": "percent"},
        {"kind": "gift"},
        {"kind": "service", "scope": "online"},
        {"kind": "service", "threshold_fen": 1},
        {"kind": "service", "amount_fen": -1},
    ),
    "coupons_coupon_order_while_taken": (
        {"state": "reserved"},
        {"order_id": _ID},
        {"amount_fen": 1},
        {"handed_out_id": _ID},
        {"state": "reserved", "handed_out_id": _ID},
        {"state": "redeemed", "order_id": _ID, "handed_out_id": _ID},
        {"state": "redeemed", "handed_out_id": _ID, "sales_fen": 1},
    ),
    "coupons_handed_out_put_back_whole": (
        {"put_back_at": _AT},
        {"put_back_by": "staff:1"},
        {"reason": "a mistake"},
        {"put_back_at": _AT, "put_back_by": "staff:1"},
    ),
}
