"""How the built front ends (`make mall`) are served: by WhiteNoise from the package, names with a hash for ever."""

from __future__ import annotations

import re
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

FOLDER = Path(__file__).parent / "faces"
# The build puts a digest of the content into these names.
_HASHED = re.compile(r"^/mall/assets/[^/]+[-.][\w-]{8}\.\w+(\.gz)?$")
_DAY_S = 24 * 3600


def never_changes(path: str, url: str) -> bool:
    """Tell whether a file under this address always has this content."""
    return bool(_HASHED.match(url))


def add_headers(headers: dict[str, str], path: str, url: str) -> None:
    """Let the browser keep pictures for a day, and ask every time whether the page itself is new."""
    if not url.startswith("/mall/") or never_changes(path, url):
        return
    is_page = url.endswith(("/", ".html"))
    headers["Cache-Control"] = "no-cache" if is_page else f"public, max-age={_DAY_S}"


@require_safe
def not_built(request: HttpRequest) -> HttpResponse:
    """Say what is missing where a front end was not built."""
    text = _("The mall is not built here yet. Run `make mall` in the project's folder, then start again.")
    return HttpResponse(text, status=503, content_type="text/plain; charset=utf-8")
