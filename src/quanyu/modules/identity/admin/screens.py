"""Console screens of people, roles, devices and other software. Secrets are shown once, by the deed that makes them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.identity import api
from quanyu.modules.identity.admin import deeds as can
from quanyu.modules.identity.admin import permission_texts
from quanyu.modules.identity.models import ApiClient, Device, Role, Staff
from quanyu.platform.console.content import Column, Facts, Page, Table
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    listed,
    moment,
    moment_column,
    name_column,
    name_of,
    tick,
)
from quanyu.platform.console.scoped_admin import EVERYWHERE, ScopedAdmin, unit_filter

VIEW = "identity.view"


@admin.register(Staff)
class StaffAdmin(ScopedAdmin[Staff]):
    """People of the units one may see."""

    view_permission = VIEW
    unit_lookups = ("unit_id",)
    list_display = ("username", "name", "home", "roles_shown", "two_step", "active_shown")
    list_filter = ("is_active", unit_filter("unit"))
    search_fields = ("username", "name")
    search_help_text = _("Sign-in name or name")
    list_select_related = ("unit",)
    ordering = ("username",)
    list_deeds = can.STAFF_LIST_DEEDS
    deeds = can.STAFF_DEEDS

    home = name_column("unit", _("Home unit"), order="unit__code")
    two_step = column(_("Two-step sign-in"), lambda person: tick(person.totp_confirmed_at is not None))
    active_shown = column(_("Employed"), lambda person: tick(person.is_active), order="is_active")
    roles_shown = column(
        _("Roles"), lambda person: listed(name_of(one.role) for one in person.assignments.all()) or NOTHING
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Bring the roles along, for the column that names them."""
        return super().get_queryset(request).prefetch_related("assignments__role")

    def page(self, request: HttpRequest, row: Staff) -> Page:
        """Return the person and his roles."""
        member = api.staff(ids=[row.pk])[row.pk]
        facts: list[tuple[object, object]] = [
            (_("Sign-in name"), row.username),
            (_("Full name"), row.name),
            (_("Home unit"), name_of(row.unit)),
            (_("Phone"), member.phone_masked or NOTHING),
            (_("Language"), dict(settings.LANGUAGES).get(row.language, row.language)),
            (_("Password for the console"), tick(member.has_password)),
            (_("PIN at the till"), tick(member.has_pin)),
            (_("Two-step sign-in since"), moment(row.totp_confirmed_at)),
            (_("Last console sign-in"), moment(row.last_login)),
            (_("Created at"), moment(row.created_at)),
        ]
        held = row.assignments.select_related("role", "unit").order_by("id")
        rows = [
            (name_of(one.role), one.get_scope_display(), name_of(one.unit) if one.unit_id else gettext("Whole chain"))
            for one in held
        ]
        columns = [Column(_("Role")), Column(_("Data scope")), Column(_("Unit"))]
        roles = Table(_("Roles"), columns, rows, empty=_("No role yet: the person can do nothing."))
        state = badge(_("Employed"), "good") if row.is_active else badge(_("Has left"))
        return Page(title=row.name, badges=[state], main=[Facts("", facts), roles])


@admin.register(Role)
class RoleAdmin(ScopedAdmin[Role]):
    """Roles and what they permit."""

    view_permission = VIEW
    unit_lookups = EVERYWHERE
    list_display = ("shown_name", "code", "pattern_count", "totp_shown", "built_in_shown")
    search_fields = ("code", "name", "name_en")
    ordering = ("id",)

    shown_name = column(_("Name"), name_of, order="name")
    pattern_count = column(_("Permissions"), lambda role: len(role.permissions), numeric=True)
    totp_shown = column(_("Needs two-step sign-in"), lambda role: tick(role.needs_totp))
    built_in_shown = column(_("Built in"), lambda role: tick(role.is_built_in))

    def page(self, request: HttpRequest, row: Role) -> Page:
        """Return what the role permits, by module."""
        rows = [
            (title, listed(text for code, text in found if any(fnmatchcase(code, one) for one in row.permissions)))
            for _module, title, found in permission_texts.grouped()
        ]
        rows = [(title, texts) for title, texts in rows if texts]
        facts: list[tuple[object, object]] = [
            (_("Code"), row.code),
            (_("Needs two-step sign-in"), tick(row.needs_totp)),
            (_("Built in"), tick(row.is_built_in)),
        ]
        permits = Table(_("What it permits"), [Column(_("Module")), Column(_("Permissions"))], rows)
        return Page(title=name_of(row), main=[Facts("", facts), permits])


@admin.register(Device)
class DeviceAdmin(ScopedAdmin[Device]):
    """Tills, kiosks and phones."""

    view_permission = VIEW
    unit_lookups = ("unit_id",)
    list_display = ("name", "kind", "store", "state_shown", "enrolled", "seen")
    list_filter = ("kind", unit_filter("unit", kind="store"))
    search_fields = ("name",)
    list_select_related = ("unit",)
    ordering = ("-created_at",)
    list_deeds = can.DEVICE_LIST_DEEDS
    deeds = can.DEVICE_DEEDS

    store = name_column("unit", _("Store"), order="unit__code")
    enrolled = moment_column("enrolled_at", _("Enrolled at"))
    seen = moment_column("last_seen_at", _("Last seen"))

    @admin.display(description=_("State"))
    def state_shown(self, device: Device) -> object:
        """Return whether the device may work."""
        if device.revoked_at is not None:
            return badge(_("Locked out"), "bad")
        return badge(_("Enrolled"), "good") if device.enrolled_at else badge(_("Waiting for its code"), "warn")

    def page(self, request: HttpRequest, row: Device) -> Page:
        """Return the device."""
        facts: list[tuple[object, object]] = [
            (_("Kind"), row.get_kind_display()),
            (_("Store"), name_of(row.unit)),
            (_("Created at"), moment(row.created_at)),
            (_("Enrolled at"), moment(row.enrolled_at)),
            (_("Last seen"), moment(row.last_seen_at)),
            (_("Locked out at"), moment(row.revoked_at)),
        ]
        return Page(title=row.name, badges=[self.state_shown(row)], main=[Facts("", facts)])


@admin.register(ApiClient)
class ApiClientAdmin(ScopedAdmin[ApiClient]):
    """Other software that may call the partner API."""

    view_permission = can.CLIENTS
    unit_lookups = ("unit_id",)
    list_display = ("name", "home", "permission_count", "seen", "revoked")
    search_fields = ("name",)
    list_select_related = ("unit",)
    ordering = ("name",)
    list_deeds = can.CLIENT_LIST_DEEDS
    deeds = can.CLIENT_DEEDS

    home = name_column("unit", _("Unit"))
    permission_count = column(_("Permissions"), lambda client: len(client.permissions), numeric=True)
    seen = moment_column("last_seen_at", _("Last seen"))
    revoked = moment_column("revoked_at", _("Locked out at"))

    def page(self, request: HttpRequest, row: ApiClient) -> Page:
        """Return what the software may do."""
        facts: list[tuple[object, object]] = [
            (_("Unit"), name_of(row.unit)),
            (_("Permissions"), listed(row.permissions)),
            (_("Created at"), moment(row.created_at)),
            (_("Last seen"), moment(row.last_seen_at)),
            (_("Locked out at"), moment(row.revoked_at)),
        ]
        return Page(title=row.name, main=[Facts("", facts)])
