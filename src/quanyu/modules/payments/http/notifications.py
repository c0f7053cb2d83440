"""The notification endpoint of each provider: raw bytes in, the provider's expected answer out.

Plain Django views instead of the API frame: a provider's signature covers the raw body, it sends no token of
ours, and it expects its own kind of answer.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from quanyu.kernel.clock import system_clock
from quanyu.modules.payments import api
from quanyu.modules.payments.contracts import PROVIDER_TENDERS, ProviderUnavailable, Tender
from quanyu.platform import http
from quanyu.platform.http import problems
from quanyu.platform.http.bodies import BodyTooLarge

BODY_BYTES_MAX = 64 * 1024


@csrf_exempt
@require_POST
def notify(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a notification; 413 for an absurd size before anything is read."""
    if provider not in PROVIDER_TENDERS:
        return HttpResponseNotFound()
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
        return problems.response(BodyTooLarge(), request_id=http.request_id_of(request))
    try:
        answer = api.take_notification(
            tender=Tender(provider),
            headers=dict(request.headers.items()),
            raw=request.body,
            source=str(request.META.get("REMOTE_ADDR", "")),
            now=system_clock.now(),
        )
    except ProviderUnavailable as problem:
        # Nobody here can read it (yet): the provider sends it again.
        return problems.response(problem, request_id=http.request_id_of(request))
    return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)


urls = [path("notify/<str:provider>", notify, name="payments-notify")]
