"""How the built front ends (`make mall pos kiosk`) are served: by WhiteNoise, names with a hash for ever."""

from __future__ import annotations

import re
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

FOLDER = Path(__file__).parent / "faces"
# The build puts a digest of the content into these names.
_HASHED = re.compile(r"^/(mall|pos|kiosk)/assets/[^/]+[-.][\w-]{8}\.\w+(\.gz)?$")
# What tells a browser that something is new must itself be asked for every time.
_ASKED = ("/", ".html", "/sw.js", ".webmanifest")
_DAY_S = 24 * 3600


def never_changes(path: str, url: str) -> bool:
    """Tell whether a file under this address always has this content."""
    return bool(_HASHED.match(url))


def add_headers(headers: dict[str, str], path: str, url: str) -> None:
    """Let the browser keep pictures for a day, and ask every time whether the page itself is new."""
    if not url.startswith(("/mall/", "/pos/", "/kiosk/")) or never_changes(path, url):
        return
    headers["Cache-Control"] = "no-cache" if url.endswith(_ASKED) else f"public, max-age={_DAY_S}"


@require_safe
def not_built(request: HttpRequest) -> HttpResponse:
    """Say what is missing where a front end was not built."""
    return _missing(_("The mall is not built here yet. Run `make mall` in the project's folder, then start again."))


@require_safe
def till_not_built(request: HttpRequest) -> HttpResponse:
    """Say the same of the till."""
    return _missing(_("The till is not built here yet. Run `make pos` in the project's folder, then start again."))


@require_safe
def kiosk_not_built(request: HttpRequest) -> HttpResponse:
    """Say the same of the kiosk."""
    return _missing(_("The kiosk is not built here yet. Run `make kiosk` in the project's folder, then start again."))


@require_safe
def till_display(request: HttpRequest) -> HttpResponse:
    """Serve the till's page as the customer's display: the page looks at its address."""
    page = FOLDER / "pos" / "index.html"
    if not page.is_file():
        return till_not_built(request)
    return HttpResponse(page.read_bytes(), headers={"Cache-Control": "no-cache"})


def _missing(text: str) -> HttpResponse:
    return HttpResponse(text, status=503, content_type="text/plain; charset=utf-8")
