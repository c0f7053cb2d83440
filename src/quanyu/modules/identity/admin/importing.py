"""Staff from files: names, units, roles. Passwords and PINs never stand in a file; a manager hands them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor, Scope
from quanyu.kernel.problem import N_, Forbidden
from quanyu.modules.identity import api
from quanyu.modules.identity.contracts import RoleInfo, StaffMember
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit, UnitKind
from quanyu.platform import masking
from quanyu.platform.files import importer
from quanyu.platform.files.columns import Column, Kind, Value
from quanyu.platform.files.importer import Deed, Importer, Known, Row, RowError, error

EDIT, ROLES = "identity.staff", "identity.roles"
_SINGLE = (UnitKind.STORE, UnitKind.WAREHOUSE)
COLUMNS = (
    Column(
        "username",
        "登录名",
        "Sign-in name",
        Kind.CODE,
        ("账号", "用户名", "工号", "员工编号", "username", "account"),
        hint=N_("Letters and digits; stays for life"),
        sample=("zhang.san", "lisi"),
        longest=60,
    ),
    Column(
        "name",
        "姓名",
        "Full name",
        Kind.TEXT,
        ("员工姓名", "名字", "name"),
        is_needed=True,
        sample=("张三", "李四"),
        longest=60,
    ),
    Column(
        "unit",
        "所属门店编码",
        "Home unit code",
        Kind.CODE,
        ("门店编码", "门店", "组织编码", "所属门店", "部门编码", "unit", "store code"),
        is_needed=True,
        hint=N_("The code of a store, warehouse or region"),
        sample=("S0101", "S0101"),
        longest=20,
    ),
    Column(
        "phone",
        "手机号",
        "Phone",
        Kind.CODE,
        ("手机", "电话", "联系电话", "mobile"),
        is_clearable=True,
        sample=("13800138000", ""),
        longest=20,
        mask=masking.mask_phone,
    ),
    Column(
        "role",
        "角色",
        "Role",
        Kind.TEXT,
        ("岗位", "职位", "role"),
        hint=N_("Its name or code; it is given at the home unit, none is taken away"),
        sample=("店长", "收银员"),
        longest=60,
    ),
    Column(
        "language",
        "语言",
        "Language",
        Kind.CHOICE,
        ("界面语言",),
        hint=N_("Chinese, unless said"),
        choices={"zh-hans": ("中文", "Chinese", "简体中文"), "en": ("英文", "English", "英语")},
        sample=("zh-hans", "zh-hans"),
    ),
    Column("is_active", "在职", "Works here", Kind.FLAG, ("是否在职", "状态", "active"), sample=("1", "1")),
)


@dataclass(frozen=True, slots=True)
class _Thing:
    """The person as he stands, and what the row's unit and role are."""

    person: StaffMember | None
    unit: Unit | None
    role: RoleInfo | None


def look_up(rows: Sequence[Row], actor: Actor, now: datetime, hold: bool) -> list[Known]:  # noqa: FBT001 - the protocol of importers
    """Return the people who have these sign-in names, as far as the actor may change them."""
    people = api.staff_by_usernames(usernames=[row.text("username") for row in rows])
    units = organization.units_by_code(codes={row.text("unit") for row in rows if row.text("unit")})
    homes = organization.units(ids={person.unit_id for person in people.values()})
    roles = {name.casefold(): role for role in api.roles() for name in (role.name, role.name_en, role.code) if name}
    phones = {
        person.id: row.text("phone")
        for row in rows
        if (person := people.get(row.text("username").casefold())) is not None and row.text("phone")
    }
    same_phone = api.staff_with_phones(phones=phones)
    return [_known(row, people, units, homes, roles, same_phone, actor) for row in rows]


def _known(
    row: Row,
    people: Mapping[str, StaffMember],
    units: Mapping[str, Unit],
    homes: Mapping[int, Unit],
    roles: Mapping[str, RoleInfo],
    same_phone: frozenset[int],
    actor: Actor,
) -> Known:
    person, unit = people.get(row.text("username").casefold()), units.get(row.text("unit"))
    role = roles.get(row.text("role").casefold())
    errors: list[RowError] = []
    if row.text("unit") and (unit is None or not actor.reaches(EDIT, unit_path=unit.path)):
        errors.append(error("unknown", "unit", shown=row.text("unit")))
    if row.text("role") and role is None:
        errors.append(error("unknown", "role", shown=row.text("role")))
    if person is not None and not actor.reaches(EDIT, unit_path=homes[person.unit_id].path):
        errors.append(error("unknown", "username", shown=row.text("username")))
    home = unit or (homes[person.unit_id] if person is not None else None)
    held = _held(person, role, home)
    if role is not None and not held and home is not None and not actor.reaches(ROLES, unit_path=home.path):
        errors.append(RowError(Forbidden.code, "role", Forbidden.title, Forbidden.remedy, {"permission": ROLES}))
    thing = _Thing(person, home, role)
    if person is None:
        return Known(errors=errors, thing=thing)
    values: dict[str, Value | None] = {
        "username": row.text("username"),
        "name": person.name,
        "unit": homes[person.unit_id].code,
        "phone": row.text("phone") if person.id in same_phone else person.phone_masked,
        "role": row.text("role") if held else ", ".join(one.role_name for one in person.roles),
        "language": person.language,
        "is_active": person.is_active,
    }
    return Known(True, values, errors, thing)


def write(deeds: Sequence[Deed], import_id: str, actor: Actor, now: datetime) -> None:
    """Ring at identity's doors for each person; somebody new has no password until one is handed out."""
    for deed in deeds:
        row, thing = deed.row, deed.known.thing
        person: StaffMember | None = thing.person
        if person is None:
            person = api.create_staff(
                username=row.text("username"),
                name=row.text("name"),
                unit_id=thing.unit.id,
                phone=row.text("phone"),
                language=row.text("language") or "zh-hans",
                actor=actor,
                now=now,
            )
        elif deed.changes & {"name", "unit", "phone", "language"}:
            api.update_staff(
                staff_id=person.id,
                name=row.text("name") if "name" in deed.changes else None,
                unit_id=thing.unit.id if "unit" in deed.changes else None,
                phone=row.text("phone") if "phone" in deed.changes else None,
                language=row.text("language") if "language" in deed.changes else None,
                actor=actor,
                now=now,
            )
        if thing.role is not None and not _held(person, thing.role, thing.unit):
            api.assign_role(
                staff_id=person.id,
                role_code=thing.role.code,
                scope=_scope(thing.unit),
                unit_id=thing.unit.id,
                actor=actor,
                now=now,
            )
        wanted = row.values.get("is_active")
        if wanted is False and person.is_active:
            api.deactivate_staff(staff_id=person.id, actor=actor, now=now)
        elif wanted is True and not person.is_active:
            api.reactivate_staff(staff_id=person.id, actor=actor, now=now)


def _held(person: StaffMember | None, role: RoleInfo | None, home: Unit | None) -> bool:
    """Tell whether the person has the role at the unit, or everywhere."""
    return (
        person is not None
        and role is not None
        and any(
            one.role_code == role.code and (one.scope is Scope.ALL or (home is not None and one.unit_id == home.id))
            for one in person.roles
        )
    )


def _scope(unit: Unit) -> Scope:
    return Scope.STORE if unit.kind in _SINGLE else Scope.SUBTREE


importer.add(
    Importer(
        name="staff",
        title=_("Staff"),
        note=_("People with their units and roles. Passwords never stand in a file: set them afterwards."),
        icon="badge",
        permission=EDIT,
        columns=COLUMNS,
        keys=("username",),
        look_up=look_up,
        write=write,
        columns_of={"unit_id": "unit", "role_code": "role"},
        order=40,
    )
)
