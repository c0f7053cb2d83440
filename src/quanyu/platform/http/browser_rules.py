"""What a browser may do with our answers: nothing from elsewhere, nothing in a frame, no guessing of types."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# The console's theme runs Alpine, which evaluates expressions and sets styles; inline scripts stay forbidden.
PAGES = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# The till also talks to the print bridge of its own computer, whose port the shop chooses.
TILL = PAGES.replace("connect-src 'self'", "connect-src 'self' http://127.0.0.1:*")
# Answers of APIs and uploaded files: whoever gets a browser to open one as a page finds nothing that runs.
NOT_PAGES = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
PERMISSIONS = "camera=(self), geolocation=(self), microphone=(), payment=()"
HTTPS_SECONDS = 365 * 24 * 3600
_APIS = "/api/"
_UPLOADS = "/media/"
_TILL = "/pos/"


class BrowserRules:
    """Sets the headers on every answer, those of static files and of failures included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer and say what a browser may do with it."""
        response = self._get_response(request)
        for name, value in rules_of(request.path_info).items():
            response.headers.setdefault(name, value)
        return response


def rules_of(path: str) -> dict[str, str]:
    """Return the headers that an answer from this path has, unless it says otherwise itself."""
    pages = TILL if path.startswith(_TILL) else PAGES
    rules = {
        "Content-Security-Policy": NOT_PAGES if path.startswith((_APIS, _UPLOADS)) else pages,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": PERMISSIONS,
    }
    if settings.CONFIG.public_url.startswith("https://"):
        # Over plain HTTP browsers ignore it, so it does no harm where a proxy ends TLS.
        rules["Strict-Transport-Security"] = f"max-age={HTTPS_SECONDS}"
    if path.startswith(_APIS):
        # Answers depend on who asks and hold what is his; those with an ETag say how they may be kept.
        rules["Cache-Control"] = "no-store"
    return rules
