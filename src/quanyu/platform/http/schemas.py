"""Bases and common field types of request and response schemas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

BIGINT_MAX = 2**63 - 1
# One hundred billion yuan: no honest amount is larger, and sums of many stay within a bigint.
FEN_MAX = 10**13
QUANTITY_MAX = 10**9

BigId = Annotated[int, Field(ge=1, le=BIGINT_MAX)]
Fen = Annotated[int, Field(ge=0, le=FEN_MAX)]
SignedFen = Annotated[int, Field(ge=-FEN_MAX, le=FEN_MAX)]
Quantity = Annotated[int, Field(ge=1, le=QUANTITY_MAX)]
# What people write is printed: an escape character in a note would be an order to the printer (and open the
# drawer), and one that turns the direction of writing would make a name look like another.
_CONTROLS = r"\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
ONE_LINE = rf"^[^\u0000-\u000a{_CONTROLS}]*$"
# The same for msgspec, which asks Python's `re`: its `$` stands before a last line break as well.
ONE_LINE_IN_RE = ONE_LINE.removesuffix("$") + r"\Z"
OneLine = Annotated[str, Field(pattern=ONE_LINE)]
SHORT_TEXT = rf"^[^\u0000-\u0009{_CONTROLS}]*$"
ShortText = Annotated[str, Field(max_length=200, pattern=SHORT_TEXT)]
LongText = Annotated[str, Field(max_length=2000, pattern=SHORT_TEXT)]


def _refuse_text(value: Any) -> Any:
    if isinstance(value, str | bytes | bool):
        raise PydanticCustomError("int_type", "a number is not written as text")
    return value


def _refuse_unless_bool(value: Any) -> Any:
    if not isinstance(value, bool):
        raise PydanticCustomError("bool_type", "true or false")
    return value


_NOT_SCHEMAS = frozenset({"metadata", "serialization", "default", "cls", "config"})
_REFUSALS = {"int": _refuse_text, "float": _refuse_text, "bool": _refuse_unless_bool}


def _without_coercion(node: Any) -> Any:
    """Wrap every number and boolean in a core schema, so that ``"1"`` and ``1`` stay different."""
    if isinstance(node, list):
        return [_without_coercion(part) for part in node]
    if isinstance(node, tuple):
        return tuple(_without_coercion(part) for part in node)
    if not isinstance(node, dict):
        return node
    kind = node.get("type")
    if not isinstance(kind, str):
        # A mapping of names to schemas, where "type" may be the name of somebody's field.
        return {name: _without_coercion(part) for name, part in node.items()}
    if kind in _REFUSALS:
        # Nested models have been through here on their own; wrapping twice would only cost time.
        return _guarded(node, _REFUSALS[kind])
    return {key: part if key in _NOT_SCHEMAS else _without_coercion(part) for key, part in node.items()}


def _guarded(node: dict[str, Any], refusal: Callable[[Any], Any]) -> dict[str, Any]:
    metadata = node.get("metadata", {})
    if metadata.get("quanyu_guarded"):
        return node
    return {
        "type": "function-before",
        "function": {"type": "no-info", "function": refusal},
        "schema": {**node, "metadata": {**metadata, "quanyu_guarded": True}},
    }


class Schema(BaseModel):
    """Base of JSON bodies and answers: unknown fields are refused, nothing is guessed.

    A number sent as text is an error, not a number. Answers can be made from dicts, dataclasses
    and any object with the attributes. This is plain pydantic: ninja's ``resolve_*`` methods do
    not exist here, map in the view instead.
    """

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        exact: CoreSchema = _without_coercion(handler(source))
        return exact


class QuerySchema(BaseModel):
    """Base of query parameters, which are text by nature and are read as numbers where declared."""

    model_config = ConfigDict(extra="ignore")


class FieldErrorOut(Schema):
    """One wrong field of a request."""

    field: str
    code: str
    message: str


class ProblemOut(Schema):
    """The shape of every error, sent as ``application/problem+json``."""

    type: str = Field(examples=["urn:quanyu:problem:not_found"])
    title: str
    status: int
    code: str = Field(examples=["not_found"])
    remedy: str
    field: str | None
    params: dict[str, Any]
    errors: list[FieldErrorOut]
    request_id: str
