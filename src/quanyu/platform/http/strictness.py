"""A query parameter that nobody declared is refused: a misspelt filter must not show everything."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.operation import Operation

from quanyu.platform.http import validation
from quanyu.platform.http.problems import RequestInvalid


def bind(operation: Operation) -> None:
    """Make an operation that is bound to its API refuse unknown query parameters."""
    known = _declared(operation)
    inner = operation.view_func

    def view(request: HttpRequest, **values: Any) -> Any:
        unknown = sorted(set(request.GET) - known)
        if unknown:
            raise RequestInvalid(
                validation.field_errors({"loc": (name[:100],), "type": "extra_forbidden"} for name in unknown)
            )
        return inner(request, **values)

    view.__module__, view.__name__ = inner.__module__, inner.__name__
    operation.view_func = view


def _declared(operation: Operation) -> frozenset[str]:
    names: set[str] = set()
    for model in operation.models:
        if model.__ninja_param_source__ == "query":
            flat = getattr(model, "__ninja_flatten_map__", None)
            names.update(flat or model.model_fields)
    return frozenset(names)
