"""The problem responses in the OpenAPI document: what a client must expect, operation by operation."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema

from quanyu.platform.http.problems import CONTENT_TYPE
from quanyu.platform.http.schemas import ProblemOut

_ALWAYS = (400, 404, 422, 429, 500, 503)
_WITH_AUTH = (401, 403)
_CHANGING = (409,)
_READING_METHODS = frozenset({"get", "head", "options"})
_COMPONENT = "Problem"


def with_problems(document: OpenAPISchema) -> OpenAPISchema:
    """Add to every operation the problems it may answer; those it documents itself stay."""
    for operations in document["paths"].values():
        for method, operation in operations.items():
            for status in _statuses(method, operation):
                operation["responses"].setdefault(status, _response(status))
    model = ProblemOut.model_json_schema(ref_template=REF_TEMPLATE)
    schemas = document["components"]["schemas"]
    schemas.update(model.pop("$defs"))
    schemas[_COMPONENT] = model
    return document


def _statuses(method: str, operation: dict[str, Any]) -> tuple[int, ...]:
    auth = _WITH_AUTH if operation.get("security") else ()
    changing = () if method in _READING_METHODS else _CHANGING
    return tuple(sorted((*_ALWAYS, *auth, *changing)))


def _response(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {CONTENT_TYPE: {"schema": {"$ref": REF_TEMPLATE.format(model=_COMPONENT)}}},
    }
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return answer
