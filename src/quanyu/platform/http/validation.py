"""What pydantic finds wrong, said in the reader's language and without repeating the value sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext

from quanyu.kernel.problem import N_
from quanyu.platform.http.problems import FieldError

_OTHER = N_("This value is not valid.")
_TEXTS = {
    "missing": N_("This field is required."),
    "extra_forbidden": N_("This field is not known."),
    "json_invalid": N_("This is not valid JSON."),
    "literal_error": N_("Choose one of: %(expected)s."),
    "enum": N_("Choose one of: %(expected)s."),
    "greater_than": N_("Must be greater than %(gt)s."),
    "greater_than_equal": N_("Must be %(ge)s or more."),
    "less_than": N_("Must be less than %(lt)s."),
    "less_than_equal": N_("Must be %(le)s or less."),
    "string_too_short": N_("Needs at least %(min_length)s characters."),
    "string_too_long": N_("May have at most %(max_length)s characters."),
    "too_short": N_("Needs at least %(min_length)s entries."),
    "too_long": N_("May have at most %(max_length)s entries."),
    "string_pattern_mismatch": N_("Does not have the expected form."),
}
_FAMILIES = (
    ("int", N_("Must be a whole number.")),
    ("float", N_("Must be a number.")),
    ("decimal", N_("Must be a number.")),
    ("bool", N_("Must be true or false.")),
    ("string", N_("Must be a text.")),
    ("uuid", N_("Must be a UUID.")),
    ("datetime", N_("Must be a date and time with a time zone.")),
    ("timezone", N_("Must be a date and time with a time zone.")),
    ("date", N_("Must be a date.")),
    ("time", N_("Must be a time.")),
    ("list", N_("Must be a list.")),
    ("dict", N_("Must be an object.")),
    ("model", N_("Must be an object.")),
)
_NAMED_IN_TEXT = frozenset({"expected", "gt", "ge", "lt", "le", "min_length", "max_length"})


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Turn pydantic's errors into ours; ``loc`` is the path as the caller knows it."""
    return [
        FieldError(
            field=".".join(str(part) for part in error["loc"]) or "body",
            code=str(error["type"]),
            message=_message(str(error["type"]), error.get("ctx") or {}),
        )
        for error in errors
    ]


def _message(kind: str, context: Mapping[str, Any]) -> str:
    text = _TEXTS.get(kind)
    if text is None:
        text = next((said for family, said in _FAMILIES if kind.startswith(family)), _OTHER)
    figures = {name: context[name] for name in _NAMED_IN_TEXT & context.keys()}
    try:
        return gettext(text) % figures if "%(" in text else gettext(text)
    except KeyError:
        return gettext(_OTHER)
