"""The API of screens in stores: the token of an enrolled screen reads the range and makes hand-overs, nothing else."""

from __future__ import annotations

from quanyu.modules.mall.http import kiosk_auth, kiosk_handovers, kiosk_range
from quanyu.platform import http

api = http.make_api(
    title="Quanyu kiosk",
    namespace="kiosk",
    auth=kiosk_auth.kiosk_token,
    description=(
        "For screens in stores. `Authorization: Bearer` carries the screen's token. It knows no person. "
        "Amounts in fen, quantities in base units."
    ),
)
for _room in (kiosk_handovers, kiosk_range):
    api.add_router("", _room.router)

urls = api.urls
