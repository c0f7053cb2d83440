"""The console's site: unfold's, with every address behind the house's own permissions and pages of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods
from unfold.sites import UnfoldAdminSite

from quanyu.platform.console import access, registry
from quanyu.platform.console.scoped_admin import ScopedAdmin


class ScopedSite(UnfoldAdminSite):
    """Lists of :class:`ScopedAdmin` and registered pages; an app index does not exist, and there is no search."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take lists that know data scopes; those of other packages (groups, sign-in attempts) are left out."""
        if admin_class is not None and issubclass(admin_class, ScopedAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let every active member of staff in; what is there to see depends on his roles."""
        return bool(request.user.is_authenticated and request.user.is_active)

    def extra_urls(self) -> list[URLPattern]:
        """Return the addresses of the registered pages."""
        return [path(f"{page.path}/", self.admin_view(self._shown(page)), name=page.name) for page in registry.pages()]

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> Any:
        """Answer 404: the menu on the left is the index."""
        raise Http404

    def search(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Answer 404: unfold's search over all models knows no data scopes."""
        raise Http404

    def _shown(self, page: registry.SitePage) -> Callable[[HttpRequest], HttpResponseBase]:
        @require_http_methods(["GET", "POST"])
        def view(request: HttpRequest) -> HttpResponseBase:
            if page.permission and not access.may(request, page.permission):
                raise PermissionDenied
            return page.view(request, {**self.each_context(request), "title": page.title})

        return view
