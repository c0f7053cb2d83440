"""The matrix of roles: what each role permits in words, who has which role where, and why somebody may do something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Scope
from quanyu.modules.identity import api
from quanyu.modules.identity.admin import permission_texts
from quanyu.modules.identity.contracts import RoleInfo
from quanyu.modules.identity.models import SCOPE_LABELS, Assignment
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit
from quanyu.platform.console import access
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import badge, in_language, link, name_of
from quanyu.platform.console.registry import SitePage, add_page

VIEW = "identity.view"
_PEOPLE_MAX = 500


@dataclass(frozen=True, slots=True)
class Group:
    """The permissions of one module with the roles that have them: rows of (text, code, [does the role have it])."""

    title: object
    rows: list[tuple[object, str, list[bool]]]


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the matrix; ``person`` and ``unit`` in the address ask what this person may do there."""
    units = access.units_of(request, VIEW)
    roles = api.roles()
    held = Assignment.objects.select_related("staff__unit", "role", "unit").order_by(
        "staff__unit__code", "staff__username"
    )
    held = held.filter(staff__is_active=True)
    if units is not None:
        held = held.filter(staff__unit_id__in=units)
    assignments = list(held[:_PEOPLE_MAX])
    known = {unit.id: unit for unit in organization.units_of_kind() if units is None or unit.id in units}
    person, unit = _chosen(request, "person"), _chosen(request, "unit")
    people = {one.staff_id: one.staff for one in assignments}
    if (person is not None and person not in people) or (unit is not None and unit not in known):
        raise Http404
    content = {
        **context,
        "roles": [in_language(role.name, role.name_en) for role in roles],
        "groups": _groups(roles),
        "width": len(roles) + 1,
        "held": _held(assignments, person=person, unit=known.get(unit) if unit is not None else None),
        "people": [(one.pk, f"{one.name} ({one.username})", one.pk == person) for one in people.values()],
        "units": [
            (one.id, f"{'　' * (len(one.path) - 1)}{in_language(one.name, one.name_en)}", one.id == unit)
            for one in sorted(known.values(), key=lambda one: one.path)
        ],
        # Who asks about somebody, or about a place, reads on there; who asks nothing sees the matrix first.
        "is_narrowed": person is not None or unit is not None,
        "answer": None,
    }
    if person is not None and unit is not None:
        mine = [one for one in assignments if one.staff_id == person]
        content["answer"] = _answer(people[person].name, mine, known[unit])
    return TemplateResponse(request, "identity/matrix.html", content)


def _chosen(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdigit() and len(text) < 19 else None


def _groups(roles: Sequence[RoleInfo]) -> list[Group]:
    return [
        Group(title, [(text, code, [_permits(role.permissions, code) for role in roles]) for code, text in found])
        for _module, title, found in permission_texts.grouped()
        if found
    ]


def _permits(patterns: Sequence[str], code: str) -> bool:
    return any(fnmatchcase(code, pattern) for pattern in patterns)


def _held(assignments: Sequence[Assignment], *, person: int | None, unit: Unit | None) -> Table:
    """Return who has which role where; by a person, and by a unit that the role reaches."""
    shown = [
        one
        for one in assignments
        if (person is None or one.staff_id == person) and (unit is None or _reaches(one, unit) or one.unit_id is None)
    ]
    rows = [
        (
            link("identity_staff_change", one.staff_id, one.staff.name),
            name_of(one.staff.unit),
            link("identity_role_change", one.role_id, name_of(one.role)),
            one.get_scope_display(),
            name_of(one.unit) if one.unit_id else gettext("Whole chain"),
        )
        for one in shown
    ]
    columns = [
        Column(_("Name")),
        Column(_("Home unit")),
        Column(_("Role")),
        Column(_("Data scope")),
        Column(_("Where")),
    ]
    return Table(_("Who has which role where"), columns, rows, empty=_("Nobody here has a role."))


def _reaches(one: Assignment, unit: Unit) -> bool:
    """Tell whether the assignment's data scope reaches the unit; own records reach no unit."""
    if one.scope == Scope.ALL:
        return True
    if one.scope == Scope.SUBTREE:
        return one.unit_id in unit.path
    return one.scope == Scope.STORE and one.unit_id == unit.id


def _answer(name: str, mine: Sequence[Assignment], unit: Unit) -> Table:
    """Return for each permission whether the person has it at the unit, and by which role and scope, or why not."""
    rows = []
    for _module, title, found in permission_texts.grouped():
        for code, text in found:
            by = [one for one in mine if _permits(one.role.permissions, code)]
            reaching = next((one for one in by if _reaches(one, unit)), None)
            if reaching is not None:
                rows.append((title, text, badge(_("Yes"), "good"), _because(reaching)))
            elif by:
                rows.append((title, text, badge(_("Not here"), "warn"), _because(by[0])))
    named = {"name": name, "place": in_language(unit.name, unit.name_en)}
    columns = [Column(_("Module")), Column(_("Permission")), Column(_("May")), Column(_("Because of"))]
    return Table(
        gettext("What %(name)s may do at %(place)s") % named,
        columns,
        rows,
        note=_("What is not listed no role of this person permits anywhere."),
        empty=_("No role yet: the person can do nothing."),
    )


def _because(one: Assignment) -> str:
    where = name_of(one.unit) if one.unit_id else gettext("Whole chain")
    return f"{name_of(one.role)} · {SCOPE_LABELS[Scope(one.scope)]} · {where}"


add_page(SitePage("staff_matrix", "staff-matrix", _("Roles and permissions"), VIEW, view))
