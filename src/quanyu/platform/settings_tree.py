"""Business settings that hang on the tree brand > unit > ... > terminal; the nearest value wins.

A module defines its settings once, at import. A path runs from the root to the place asked about:
``["brand", "unit:1", "unit:12", "terminal:0190..."]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from django.db import transaction

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import N_, Invalid
from quanyu.platform import audit, db, locks, marks

_TEXT_LENGTH_MAX = 2000


class Kind(StrEnum):
    """What a value is. ``FEN`` is an integer amount of money."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    FEN = "fen"
    TEXT = "text"
    CHOICE = "choice"
    TEXT_LIST = "text_list"


class Level(StrEnum):
    """Where a value may be set: the first word of a node."""

    BRAND = "brand"
    UNIT = "unit"
    TERMINAL = "terminal"


ANYWHERE = (Level.BRAND, Level.UNIT, Level.TERMINAL)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its dotted key, kind, default, where it may be set, and its title for screens."""

    key: str
    kind: Kind
    default: Any
    levels: tuple[Level, ...]
    title: str
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    # What a person reads for each choice, in their order.
    choice_titles: tuple[str, ...] = ()
    # It holds back insiders or guards personal data: changing it takes a reason, and on screens a fresh proof.
    is_sensitive: bool = False
    # Whether a text can be read, and what is said to whom wrote another.
    accepts: Callable[[str], bool] | None = None
    accepts_text: str = ""

    def title_of(self, choice: str) -> str:
        """Return what a person reads for a choice, to be translated."""
        return dict(zip(self.choices, self.choice_titles, strict=False)).get(choice, choice)


@dataclass(frozen=True, slots=True)
class Stored:
    """A value that is set at a node, since when and by whom (``staff:12``)."""

    node: str
    key: str
    value: Any
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Step:
    """One place on the path with the value set there; ``effective`` marks the one that wins."""

    node: str
    value: Any
    effective: bool


_defined: dict[str, Setting] = {}


def define(setting: Setting) -> Setting:
    """Register a setting and return it. Raises ``ValueError`` for a second one of the same key."""
    known = _defined.setdefault(setting.key, setting)
    if known != setting:
        raise ValueError(f"the setting {setting.key!r} is already defined differently")
    _check(setting, setting.default)
    return setting


def definitions() -> list[Setting]:
    """Return all settings by key."""
    return [_defined[key] for key in sorted(_defined)]


def get(key: str, path: Sequence[str]) -> Any:
    """Return the value that holds at the end of the path. Raises ``LookupError`` for an unknown key."""
    return get_many([key], path)[key]


def get_many(keys: Iterable[str], path: Sequence[str]) -> dict[str, Any]:
    """Return several values that hold at the end of the path, in one query."""
    wanted = {key: _setting(key) for key in keys}
    found = {(row["node"], row["key"]): row["value"] for row in _rows(list(wanted), path)}
    values = {}
    for key, setting in wanted.items():
        nearest = next((node for node in reversed(path) if (node, key) in found), None)
        values[key] = setting.default if nearest is None else found[nearest, key]
    return values


def want(reading: marks.Reading, keys: Iterable[str]) -> None:
    """Ask a batch's reading for all that ``read_many`` needs, for any number of paths."""
    reading.want(_KEPT, keys)


def read_many(reading: marks.Reading, keys: Iterable[str], path: Sequence[str]) -> dict[str, Any]:
    """Return what ``get_many`` would, from a reading that was asked for these keys. No query."""
    facts, values = reading.of(_KEPT), {}
    for key in keys:
        set_at = facts[key]
        value = _setting(key).default
        if set_at:
            value = next((set_at[node] for node in reversed(path) if node in set_at), value)
        values[key] = value
    return values


def defaults(keys: Iterable[str]) -> dict[str, Any]:
    """Return what holds where nothing is set: what ``platform_settings_at`` wants. Raises ``LookupError``."""
    return {key: _setting(key).default for key in keys}


def explain(key: str, path: Sequence[str]) -> list[Step]:
    """Return the default (node ``""``) and every value set along the path, root first."""
    setting = _setting(key)
    found = {row["node"]: row["value"] for row in _rows([key], path)}
    steps = [("", setting.default), *((node, found[node]) for node in path if node in found)]
    return [Step(node, value, effective=index == len(steps) - 1) for index, (node, value) in enumerate(steps)]


def stored(*, keys: Iterable[str] | None = None) -> list[Stored]:
    """Return every value that is set anywhere (of these keys), in one query. For screens: what is set is little."""
    rows = db.rows(
        "SELECT node, key, value::text AS value, changed_at, changed_by FROM platform_setting "
        "WHERE %s::text[] IS NULL OR key = ANY(%s) ORDER BY key, node",
        [*2 * [None if keys is None else list(keys)]],
    )
    return [Stored(**{**row, "value": msgspec.json.decode(row["value"])}) for row in rows if row["key"] in _defined]


def set_value(actor: Actor, node: str, key: str, value: Any, now: datetime, *, reason: str = "") -> None:
    """Set a value at one node, or remove it there with ``None``; both are audited with the reason.

    The caller has checked that the actor may change settings at this node. Raises ``Invalid`` for
    an unknown key, a node the setting cannot be set at, a value of another kind, or a sensitive setting
    without a reason (of the system itself none is asked).
    """
    setting = _defined.get(key)
    if setting is None:
        raise Invalid(field="key", reason=N_("there is no such setting"))
    if node.partition(":")[0] not in setting.levels:
        raise Invalid(field="node", reason=N_("this setting is not made at this level"))
    if setting.is_sensitive and actor.kind is not ActorKind.SYSTEM and not reason.strip():
        raise Invalid(field="reason", reason=N_("this setting is changed with a reason"))
    if value is not None:
        _check(setting, value)
    with transaction.atomic():
        locks.advisory(locks.Space.SETTING, hash_of(node, key))
        before = {row["node"]: row["value"] for row in _rows([key], [node])}.get(node)
        _store(node=node, key=key, value=value, actor=actor, now=now)
        audit.record(
            actor=actor,
            action="settings.set",
            subject_kind="setting",
            subject_id=key,
            reason=reason,
            detail={"node": node, "before": before, "after": value},
            now=now,
        )


def hash_of(node: str, key: str) -> int:
    """Return a stable number for a value's place (Python's own ``hash`` differs per process)."""
    return int.from_bytes(f"{node}\0{key}".encode(), "big")


def _store(*, node: str, key: str, value: Any, actor: Actor, now: datetime) -> None:
    if value is None:
        db.execute("DELETE FROM platform_setting WHERE node = %s AND key = %s", [node, key])
        return
    db.execute(
        "INSERT INTO platform_setting (node, key, value, changed_at, changed_by) "
        "VALUES (%s, %s, %s::jsonb, %s, %s) ON CONFLICT (node, key) DO UPDATE SET "
        "value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        [node, key, msgspec.json.encode(value).decode(), now, f"{actor.kind}:{actor.id}"],
    )


def _values_part(keys: Sequence[str]) -> marks.Part[dict[str, dict[str, Any]]]:
    def made(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        values: dict[str, dict[str, Any]] = {}
        for row in rows:
            values.setdefault(row["key"], {})[row["node"]] = row["value"]
        return values

    return marks.Part("SELECT node, key, value FROM platform_setting WHERE key = ANY(%s)", [list(keys)], made)


# By key, the value at every node where one is set.
_KEPT: marks.Kept[str, dict[str, Any]] = marks.Kept(
    topics=["platform.setting"], part=_values_part, most=200_000, weight=len
)


def _setting(key: str) -> Setting:
    if key not in _defined:
        raise LookupError(f"no setting {key!r} is defined")
    return _defined[key]


def _rows(keys: list[str], path: Sequence[str]) -> list[dict[str, Any]]:
    found = db.rows(
        "SELECT node, key, value::text AS value FROM platform_setting WHERE key = ANY(%s) AND node = ANY(%s)",
        [keys, list(path)],
    )
    return [{**row, "value": msgspec.json.decode(row["value"])} for row in found]


def _check(setting: Setting, value: Any) -> None:
    """Raise ``Invalid`` when the value is not of the setting's kind and within its bounds."""
    if not _is_of_kind(setting, value):
        raise Invalid(field="value", reason=N_("the value is of another kind"))
    if setting.kind in (Kind.INTEGER, Kind.FEN) and not (
        (setting.minimum is None or value >= setting.minimum) and (setting.maximum is None or value <= setting.maximum)
    ):
        raise Invalid(field="value", reason=N_("the value is outside of the allowed range"))
    texts = value if setting.kind is Kind.TEXT_LIST else [value] if setting.kind is Kind.TEXT else []
    if setting.accepts is not None and not all(setting.accepts(text) for text in texts):
        raise Invalid(field="value", reason=setting.accepts_text)


def _is_of_kind(setting: Setting, value: Any) -> bool:
    match setting.kind:
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.INTEGER | Kind.FEN:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.TEXT:
            return isinstance(value, str) and len(value) <= _TEXT_LENGTH_MAX
        case Kind.CHOICE:
            return value in setting.choices
        case Kind.TEXT_LIST:
            return isinstance(value, list) and all(
                isinstance(part, str) and len(part) <= _TEXT_LENGTH_MAX for part in value
            )
