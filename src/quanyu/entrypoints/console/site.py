"""The console's site: signing in with identity's form, the reader's language, one's own account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from quanyu.entrypoints.console import account, home
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitUnknown
from quanyu.platform.console import access
from quanyu.platform.console.formats import in_language
from quanyu.platform.console.site import ScopedSite

View = Callable[..., Any]


class ConsoleSite(ScopedSite):
    """The one site of the product."""

    login_template = "identity/login.html"
    index_template = "console/home.html"
    index_title = _("Home")
    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # Named late: the form needs the app registry.
        from quanyu.modules.identity.http.login_form import StaffLoginForm

        self.login_form = StaffLoginForm

    def extra_urls(self) -> list[URLPattern]:
        """Return the registered pages and those of one's own account."""
        return [
            *super().extra_urls(),
            path("account/language/", self.admin_view(require_POST(self.set_language)), name="account_language"),
            path("account/password/", self.admin_view(account.password(self)), name="account_password"),
            path("account/two-step/", self.admin_view(account.two_step(self)), name="account_two_step"),
        ]

    def admin_view(self, view: View, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's own
        """Answer in the reader's own language, and lead who must set two-step sign-in up there first."""

        def in_language(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            user = request.user
            if not user.is_authenticated:
                return view(request, *args, **kwargs)
            # Stays active while the answer is rendered; the next request on this thread sets its own.
            translation.activate(getattr(user, "language", settings.LANGUAGE_CODE))
            request.LANGUAGE_CODE = translation.get_language()
            if account.must_set_up(request):
                return HttpResponseRedirect(reverse("admin:account_two_step"))
            return view(request, *args, **kwargs)

        return super().admin_view(in_language, cacheable)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Say whose console it is; asked only where it is shown."""
        return {**super().each_context(request), "chain_name": SimpleLazyObject(_chain_name)}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the home page with the numbers this person may see."""
        return super().index(request, {**(extra_context or {}), **home.content(request)})

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Lead Django's own address to ours, which changes the password through identity."""
        return HttpResponseRedirect(reverse("admin:account_password"))

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Lead home: the message says that it is done."""
        return HttpResponseRedirect(reverse("admin:index"))

    def set_language(self, request: HttpRequest) -> HttpResponse:
        """Remember the person's language and go back to where he was."""
        language = request.POST.get("language", "")
        if language in dict(settings.LANGUAGES):
            actor = access.actor_of(request)
            identity.update_staff(staff_id=int(actor.id), language=language, actor=actor, now=system_clock.now())
        following = request.POST.get("next") or request.META.get("HTTP_REFERER", "")
        if not url_has_allowed_host_and_scheme(following, allowed_hosts={request.get_host()}):
            following = resolve_url("admin:index")
        answer = HttpResponseRedirect(following)
        if language in dict(settings.LANGUAGES):
            # The sign-in page knows nobody yet, so the browser remembers too.
            answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax", max_age=365 * 24 * 3600)
        return answer


def _chain_name() -> str:
    try:
        chain = organization.enterprise()
    except UnitUnknown:
        return ""
    return in_language(chain.name, chain.name_en)
