"""``make_api``: a NinjaAPI whose errors are problems and whose OpenAPI says so."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.constants import NOT_SET
from ninja.errors import HttpError, Throttled, ValidationError, ValidationErrorContext
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.router import BoundRouter

from quanyu.kernel.problem import N_, Invalid, NotFound, Problem
from quanyu.platform import logs
from quanyu.platform.http import access, etags, openapi, problems, replay, strictness, validation

_log = structlog.get_logger(__name__)
Auth = Callable[[HttpRequest], Any]


class JsonParser(Parser):
    """Reads bodies with msgspec and refuses what PostgreSQL cannot store."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the JSON value of the body. Raises ``ValueError`` when it is not one."""
        if b"\\u0000" in request.body:
            raise ValueError("a NUL character cannot be stored")
        return msgspec.json.decode(request.body)


class JsonRenderer(BaseRenderer):
    """Writes answers with msgspec: fast, UTF-8, dates in ISO 8601."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """Return the JSON of an answer."""
        return msgspec.json.encode(data, enc_hook=str)


class Api(NinjaAPI):
    """One API for one audience. Use :func:`make_api` to make one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._documents: dict[str, OpenAPISchema] = {}

    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """Collect what is wrong, without the values sent and without our parameter names."""
        found: list[dict[str, Any]] = []
        for context in error_contexts:
            unnamed = 1 if hasattr(context.model, "__read_from_single_attr__") else 0
            raw = context.pydantic_validation_error.errors(include_url=False, include_input=False)
            # Query schemas are flat on the wire: a parameter goes by its own name.
            flat = getattr(context.model, "__ninja_flatten_map_reverse__", {})
            for error in raw:
                place = error["loc"]
                found.append({**error, "loc": flat.get(place, place[unnamed:])})
        return ValidationError(found)

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the OpenAPI document with the problem responses of every operation.

        It is made once: anybody may ask for it, and making it takes a second of a processor.
        """
        key = str(sorted(options.items()))
        if key not in self._documents:
            self._documents[key] = openapi.with_problems(super().get_openapi_schema(**options))
        return self._documents[key]

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return a short id: the module's name and the function's."""
        parts = operation.view_func.__module__.split(".")
        module = parts[2] if parts[:2] == ["quanyu", "modules"] else parts[-1]
        return f"{module}_{operation.view_func.__name__}"

    def _get_bound_routers(self) -> list[BoundRouter]:
        if self._bound_routers_cache is not None:
            return self._bound_routers_cache
        bound = super()._get_bound_routers()
        for router in bound:
            for view in router.path_operations.values():
                for operation in view.operations:
                    # Marks stand on the module's own function, so the wrapper that hides it comes last.
                    etags.bind(operation)
                    replay.bind(operation)
                    strictness.bind(operation)
        return bound


def make_api(
    *,
    title: str,
    namespace: str,
    auth: Auth | Sequence[Auth] | None,
    version: str = "1",
    description: str = "",
) -> NinjaAPI:
    """Return a NinjaAPI for one audience.

    ``auth`` are callables from a request to an :class:`Actor` (or ``None`` when these credentials
    are absent); ``auth=None`` makes the API public, operation by operation it can be given again.
    The document is served at ``<mount>/openapi.json``.
    """
    api = Api(
        title=title,
        version=version,
        description=description,
        urls_namespace=namespace,
        auth=NOT_SET if auth is None else auth,
        docs_url=None,
        parser=JsonParser(),
        renderer=JsonRenderer(),
    )
    for kind, to_problem in _HANDLERS.items():
        api.add_exception_handler(kind, functools.partial(_answer, to_problem=to_problem))
    return api


def _answer(request: HttpRequest, failure: Any, *, to_problem: Callable[[Any], Problem]) -> HttpResponse:
    problem = to_problem(failure)
    return problems.response(problem, request_id=access.request_id_of(request))


def _from_http_error(failure: HttpError) -> Problem:
    if isinstance(failure, Throttled) and failure.wait is not None:
        return problems.TooMany(retry_after_s=int(failure.wait) + 1)
    return problems.from_status(failure.status_code)


def _from_validation(failure: ValidationError) -> Problem:
    return problems.RequestInvalid(validation.field_errors(failure.errors))


def _from_data_error(failure: DataError) -> Problem:
    # A net, not a habit: a schema with bounds refuses such a value with the field's name.
    _log.warning("http.value_out_of_range", **logs.failure(failure))
    return Invalid(reason=N_("a figure or text is outside of what can be stored"))


def _from_database_failure(failure: Exception) -> Problem:
    _log.error("http.database_unavailable", **logs.failure(failure))
    return problems.Unavailable()


def _from_anything(failure: Exception) -> Problem:
    _log.error("http.unexpected", **logs.failure(failure))
    return problems.Internal()


_HANDLERS: dict[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    Http404: lambda _: NotFound(),
    PermissionDenied: lambda _: problems.Denied(),
    SuspiciousOperation: lambda _: problems.RequestUnreadable(),
    HttpError: _from_http_error,
    ValidationError: _from_validation,
    DataError: _from_data_error,
    OperationalError: _from_database_failure,
    InterfaceError: _from_database_failure,
    Exception: _from_anything,
}
