"""The staff API: sign-in, oneself, people, roles, devices, other software."""

from __future__ import annotations

from quanyu.modules.identity.http import auth, clients, devices, people, session
from quanyu.platform import http

api = http.make_api(
    title="Quanyu staff",
    namespace="staff",
    auth=auth.staff_token,
    description="For people who work with the product. What somebody may not see does not exist for him (404).",
)
for _room in (session, people, devices, clients):
    api.add_router("", _room.router)

urls = api.urls
