"""Every address of the product: console, APIs by audience, health, media."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.static import serve

from quanyu.entrypoints import serve_faces
from quanyu.entrypoints.console.start import start_page
from quanyu.modules.identity import http as identity_http
from quanyu.modules.mall import http as mall_http
from quanyu.modules.mall.http import kiosk as kiosk_http
from quanyu.modules.partners import http as partners_http
from quanyu.modules.payments import http as payments_http
from quanyu.modules.pos import http as pos_http
from quanyu.modules.pricing import http as pricing_http
from quanyu.platform import health

handler404 = "quanyu.platform.http.problems.not_found"

urlpatterns = [
    path("", start_page, name="start"),
    path("readyz", health.ready_view, name="readyz"),
    path("metrics", health.metrics_view, name="metrics"),
    path("api/staff/v1/", identity_http.urls),
    path("api/mall/v1/", mall_http.urls),
    path("api/pos/v1/", pos_http.urls),
    path("api/kiosk/v1/", kiosk_http.urls),
    path("api/partner/v1/", partners_http.urls),
    path("api/payments/v1/", include(payments_http.urls)),
    path("i18n/", include("django.conf.urls.i18n")),
    path("q/<str:token>", pricing_http.scanned, name="scanned"),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
    # Reached only where the mall was not built: its files are answered before any address is looked up.
    path("mall/", serve_faces.not_built, name="mall"),
    path("pos/", serve_faces.till_not_built, name="till"),
    path("kiosk/", serve_faces.kiosk_not_built, name="kiosk"),
    path("pos/display", serve_faces.till_display, name="till-display"),
    path("console/", admin.site.urls),
]
