"""What can be done with people, devices and other software on the console; every deed calls the api."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Scope
from quanyu.modules.identity import api
from quanyu.modules.identity.contracts import DeviceKind
from quanyu.modules.identity.models import DEVICE_LABELS, SCOPE_LABELS, Assignment
from quanyu.modules.organization import api as organization
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import in_language, moment, name_of
from quanyu.platform.console.forms import DeedForm, unit_choices

EDIT, ROLES, DEVICES, CLIENTS = (
    "identity.staff",
    "identity.roles",
    "identity.devices",
    "identity.clients",
)


def _reachable_units(form: DeedForm, permission: str) -> list[tuple[str, str]]:
    reach = api.visible_unit_ids(actor=form.actor, permission=permission)
    return unit_choices(unit for unit in organization.units_of_kind() if reach is None or unit.id in reach)


class StaffForm(DeedForm):
    """Asks for a new person; without a role he can do nothing yet."""

    username = forms.CharField(label=_("Sign-in name"), max_length=60)
    name = forms.CharField(label=_("Full name"), max_length=60)
    unit_id = forms.ChoiceField(label=_("Home unit"))
    phone = forms.CharField(label=_("Phone"), max_length=20, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    password = forms.CharField(label=_("Password for the console"), widget=forms.PasswordInput, required=False)
    pin = forms.CharField(label=_("PIN at the till"), max_length=12, required=False)

    def prepare(self) -> None:
        """Offer the units within reach."""
        self.fields["unit_id"].choices = _reachable_units(self, EDIT)  # type: ignore[attr-defined]


class RoleForm(DeedForm):
    """Asks which role, how far, and where it hangs."""

    role_code = forms.ChoiceField(label=_("Role"))
    scope = forms.ChoiceField(
        label=_("Data scope"), choices=[(kind.value, text) for kind, text in SCOPE_LABELS.items()]
    )
    unit_id = forms.ChoiceField(label=_("Unit"), required=False)

    def prepare(self) -> None:
        """Offer the roles, and the units within reach."""
        roles = [(role.code, in_language(role.name, role.name_en)) for role in api.roles()]
        self.fields["role_code"].choices = roles  # type: ignore[attr-defined]
        self.fields["unit_id"].choices = [("", "–"), *_reachable_units(self, ROLES)]  # type: ignore[attr-defined]
        self.fields["scope"].initial = Scope.STORE.value


class TakeAwayForm(DeedForm):
    """Asks which role to take away."""

    assignment = forms.ChoiceField(label=_("Role"))

    def prepare(self) -> None:
        """Offer the roles the person has."""
        held = self.subject.assignments.select_related("role", "unit")
        self.fields["assignment"].choices = [(str(one.pk), _role_text(one)) for one in held]  # type: ignore[attr-defined]


class PasswordForm(DeedForm):
    """Asks for a new password; one's own needs the present one."""

    password = forms.CharField(label=_("New password"), widget=forms.PasswordInput)
    current_password = forms.CharField(
        label=_("Present password (only for one's own)"), widget=forms.PasswordInput, required=False
    )


class PinForm(DeedForm):
    """Asks for a new PIN; one's own needs the password."""

    pin = forms.CharField(label=_("New PIN"), max_length=12, widget=forms.PasswordInput)
    current_password = forms.CharField(
        label=_("Present password (only for one's own)"), widget=forms.PasswordInput, required=False
    )


class DeviceForm(DeedForm):
    """Asks for a device to let in."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, label) for kind, label in DEVICE_LABELS.items()])
    unit_id = forms.ChoiceField(label=_("Store"))
    name = forms.CharField(label=_("Name"), max_length=60)

    def prepare(self) -> None:
        """Offer the stores within reach."""
        self.fields["unit_id"].choices = _reachable_units(self, DEVICES)  # type: ignore[attr-defined]


class ClientForm(DeedForm):
    """Asks for other software to let in."""

    name = forms.CharField(label=_("Name"), max_length=80)
    unit_id = forms.ChoiceField(label=_("Unit"))
    permissions = forms.CharField(
        label=_("Permissions"), help_text=_("One a line, such as orders.view"), widget=forms.Textarea(attrs={"rows": 4})
    )

    def prepare(self) -> None:
        """Offer the units within reach."""
        self.fields["unit_id"].choices = _reachable_units(self, CLIENTS)  # type: ignore[attr-defined]


def _role_text(one: Assignment) -> str:
    where = name_of(one.unit) if one.unit_id else ""
    return " · ".join(part for part in (name_of(one.role), one.get_scope_display(), where) if part)


def _create_staff(call: Call) -> Done:
    values = call.values
    made = api.create_staff(
        username=values["username"],
        name=values["name"],
        unit_id=int(values["unit_id"]),
        password=values["password"] or None,
        pin=values["pin"] or None,
        phone=values["phone"],
        language=values["language"],
        actor=call.actor,
        now=call.now,
    )
    address = reverse("admin:identity_staff_change", args=[made.id])
    return Done(gettext("%(name)s is taken on. Now give a role.") % {"name": made.name}, go_to=address)


def _assign(call: Call) -> Done:
    values = call.values
    api.assign_role(
        staff_id=call.subject.pk,
        role_code=values["role_code"],
        scope=Scope(values["scope"]),
        unit_id=int(values["unit_id"]) if values["unit_id"] else None,
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The role is given."))


def _take_away(call: Call) -> Done:
    api.revoke_assignment(
        staff_id=call.subject.pk, assignment_id=int(call.values["assignment"]), actor=call.actor, now=call.now
    )
    return Done(gettext("The role is taken away."))


def _set_password(call: Call) -> Done:
    api.set_password(
        staff_id=call.subject.pk,
        password=call.values["password"],
        current_password=call.values["current_password"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The password is set; other sign-ins have ended."))


def _set_pin(call: Call) -> Done:
    api.set_pin(
        staff_id=call.subject.pk,
        pin=call.values["pin"],
        current_password=call.values["current_password"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The PIN is set and its lock lifted."))


def _reset_totp(call: Call) -> Done:
    api.reset_totp(staff_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("Two-step sign-in is off until the person sets it up again."))


def _deactivate(call: Call) -> Done:
    api.deactivate_staff(staff_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("The person is signed out everywhere and cannot sign in any more."))


def _reactivate(call: Call) -> Done:
    api.reactivate_staff(staff_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("The person can sign in again."))


def _enrol(call: Call) -> Done:
    values = call.values
    made = api.enrol_code(
        kind=DeviceKind(values["kind"]),
        unit_id=int(values["unit_id"]),
        name=values["name"],
        actor=call.actor,
        now=call.now,
    )
    return _code(made.code, moment(made.expires_at), made.device_id)


def _renew(call: Call) -> Done:
    made = api.renew_enrol_code(device_id=str(call.subject.pk), actor=call.actor, now=call.now)
    return _code(made.code, moment(made.expires_at), made.device_id)


def _code(code: str, until: str, device_id: str) -> Done:
    return Done(
        gettext("Type this code at the device. It works once, until %(until)s.") % {"until": until},
        once=((_("Enrolment code"), code),),
        go_to=reverse("admin:identity_device_change", args=[device_id]),
    )


def _revoke_device(call: Call) -> Done:
    api.revoke_device(device_id=str(call.subject.pk), actor=call.actor, now=call.now)
    return Done(gettext("The device is locked out, with every sign-in on it."))


def _create_client(call: Call) -> Done:
    values = call.values
    made = api.create_client(
        name=values["name"],
        unit_id=int(values["unit_id"]),
        permissions=[line.strip() for line in values["permissions"].splitlines() if line.strip()],
        actor=call.actor,
        now=call.now,
    )
    return Done(
        gettext("Give this token to the other software."),
        once=((_("Token"), made.token),),
        go_to=reverse("admin:identity_apiclient_change", args=[made.client_id]),
    )


def _revoke_client(call: Call) -> Done:
    api.revoke_client(client_id=str(call.subject.pk), actor=call.actor, now=call.now)
    return Done(gettext("The software is locked out."))


STAFF_LIST_DEEDS = (Deed("create", _("New member of staff"), EDIT, _create_staff, StaffForm, "person_add", "primary"),)
STAFF_DEEDS = (
    Deed("assign", _("Give a role"), ROLES, _assign, RoleForm, "shield_person", "primary", needs_step_up=True),
    Deed(
        "take-away",
        _("Take a role away"),
        ROLES,
        _take_away,
        TakeAwayForm,
        "remove_moderator",
        when=lambda person: person.assignments.exists(),
        needs_step_up=True,
    ),
    Deed("pin", _("Set PIN"), EDIT, _set_pin, PinForm, "pin"),
    Deed("password", _("Set password"), EDIT, _set_password, PasswordForm, "password"),
    Deed(
        "reset-two-step",
        _("Reset two-step sign-in"),
        EDIT,
        _reset_totp,
        icon="phonelink_erase",
        text=_("For a lost phone: the person signs in with the password alone and sets it up again."),
        when=lambda person: person.totp_confirmed_at is not None,
    ),
    Deed(
        "deactivate",
        _("Let go"),
        EDIT,
        _deactivate,
        icon="person_off",
        tone="danger",
        text=_("Every sign-in ends at once. What the person did stays in the books."),
        when=lambda person: person.is_active,
        is_batch=True,
    ),
    Deed("reactivate", _("Take back"), EDIT, _reactivate, icon="person", when=lambda person: not person.is_active),
)
DEVICE_LIST_DEEDS = (Deed("enrol", _("Enrol a device"), DEVICES, _enrol, DeviceForm, "add_to_queue", "primary"),)
DEVICE_DEEDS = (
    Deed(
        "renew",
        _("New code"),
        DEVICES,
        _renew,
        icon="qr_code",
        text=_("For a device whose browser was emptied. Its present token ends when the code is used."),
        when=lambda device: device.revoked_at is None,
    ),
    Deed(
        "revoke",
        _("Lock out"),
        DEVICES,
        _revoke_device,
        icon="phonelink_lock",
        tone="danger",
        text=_("For a device that was lost or sold. Every sign-in on it ends."),
        when=lambda device: device.revoked_at is None,
    ),
)
CLIENT_LIST_DEEDS = (
    Deed("create", _("Let software in"), CLIENTS, _create_client, ClientForm, "add", "primary", needs_step_up=True),
)
CLIENT_DEEDS = (
    Deed(
        "revoke",
        _("Lock out"),
        CLIENTS,
        _revoke_client,
        icon="block",
        tone="danger",
        when=lambda client: client.revoked_at is None,
    ),
)
