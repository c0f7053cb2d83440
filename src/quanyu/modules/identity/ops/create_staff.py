"""Take somebody on."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import make_password

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.identity import events
from quanyu.modules.identity.contracts import StaffMember, UsernameTaken
from quanyu.modules.identity.ops import credentials
from quanyu.modules.identity.queries import staff as staff_queries
from quanyu.modules.identity.rules import codes
from quanyu.platform import audit, db, outbox, pii

LANGUAGES = ("zh-hans", "en")
_NAME_LENGTH_MAX = 60


def create_staff(
    *,
    username: str,
    name: str,
    unit_id: int,
    password: str | None,
    pin: str | None,
    phone: str,
    language: str,
    actor: Actor,
    now: datetime,
) -> StaffMember:
    """Insert a person without any role. Raises ``Invalid`` or ``UsernameTaken``."""
    sign_in_name = codes.username(username)
    check_name(name)
    check_language(language)
    encoded = (
        make_password(None)
        if password is None
        else credentials.encoded_password(password, username=sign_in_name, name=name)
    )
    staff_id = db.value("SELECT nextval(pg_get_serial_sequence('identity_staff', 'id'))")
    inserted = db.execute(
        "INSERT INTO identity_staff (id, username, password, pin_hash, name, unit_id, language, created_at, "
        "created_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [
            staff_id,
            sign_in_name,
            encoded,
            "" if pin is None else credentials.encoded_pin(staff_id, pin),
            name.strip(),
            unit_id,
            language,
            now,
            actor.signature,
        ],
    )
    if not inserted:
        raise UsernameTaken(field="username")
    if phone:
        store_phone(staff_id, phone)
    outbox.append(events.StaffCreated(staff_id=staff_id, unit_id=unit_id), now=now)
    audit.record(
        actor=actor,
        action="identity.create_staff",
        subject_kind="staff",
        subject_id=staff_id,
        detail={"unit_id": unit_id},
        unit_id=unit_id,
        now=now,
    )
    return staff_queries.get(staff_id)


def check_name(name: str) -> None:
    """Raise ``Invalid`` for an empty or endless name."""
    if not name.strip() or len(name) > _NAME_LENGTH_MAX:
        raise Invalid(field="name", reason=N_("1 to 60 characters"))


def check_language(language: str) -> None:
    """Raise ``Invalid`` for a language without screens."""
    if language not in LANGUAGES:
        raise Invalid(field="language", reason=N_("Chinese (zh-hans) or English (en)"))


def store_phone(staff_id: int, phone: str) -> None:
    """Encrypt the person's phone and make it findable; an empty text removes it. Raises ``Invalid``."""
    digits = codes.phone_digits(phone)
    if digits and not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15):
        raise Invalid(field="phone", reason=N_("seven to fifteen digits"))
    db.execute(
        "UPDATE identity_staff SET phone_index = %s, phone_encrypted = %s WHERE id = %s",
        [
            pii.blind_index(digits, "staff.phone") if digits else None,
            pii.encrypt(digits, staff_queries.phone_place(staff_id)) if digits else None,
            staff_id,
        ],
    )


def update_staff(
    *,
    staff_id: int,
    name: str | None,
    unit_id: int | None,
    phone: str | None,
    language: str | None,
    actor: Actor,
    now: datetime,
) -> StaffMember:
    """Change what is given. Moving to another unit keeps roles: they hang on units of their own."""
    before = staff_queries.get(staff_id)
    if name is not None:
        check_name(name)
        db.execute("UPDATE identity_staff SET name = %s WHERE id = %s", [name.strip(), staff_id])
    if language is not None:
        check_language(language)
        db.execute("UPDATE identity_staff SET language = %s WHERE id = %s", [language, staff_id])
    if phone is not None:
        store_phone(staff_id, phone)
    if unit_id is not None and unit_id != before.unit_id:
        db.execute("UPDATE identity_staff SET unit_id = %s WHERE id = %s", [unit_id, staff_id])
        moved = events.StaffMoved(staff_id=staff_id, unit_id_before=before.unit_id, unit_id=unit_id)
        outbox.append(moved, now=now)
    given = {"name": name, "unit_id": unit_id, "phone": phone, "language": language}
    audit.record(
        actor=actor,
        action="identity.update_staff",
        subject_kind="staff",
        subject_id=staff_id,
        detail={"fields": sorted(key for key, value in given.items() if value is not None)},
        unit_id=before.unit_id,
        now=now,
    )
    return staff_queries.get(staff_id)
