"""``@idempotent``: a POST that is repeated with the same ``Idempotency-Key`` is executed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from django.http import HttpRequest, HttpResponse
from ninja.operation import Operation

from quanyu.platform import idempotency
from quanyu.platform.http.access import actor_of

View = TypeVar("View", bound=Callable[..., Any])
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_MARK = "_quanyu_idempotent"
_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": True,
    "description": "Made once by the client for one intention and sent again with every repeat.",
    "schema": {"type": "string", "pattern": idempotency.KEY_PATTERN},
}


@overload
def idempotent(view: View) -> View: ...
@overload
def idempotent(*, one_transaction: bool = False) -> Callable[[View], View]: ...
def idempotent(view: View | None = None, *, one_transaction: bool = False) -> View | Callable[[View], View]:
    """Mark the operation below ``@router.post``; the header becomes required (400 without it).

    A repeat gets the first answer with ``Idempotency-Replayed: true``; 409 while the first runs;
    422 when the body differs. A refusal is not kept: it changed nothing, so a repeat tries again.

    ``one_transaction`` keeps the answer in the very transaction of the effect. It fits a view that
    only calls doors (no provider, no network); without it the natural key of the thing made must
    guard against the one gap left, a crash between the effect and its answer.
    """

    def mark(marked: View) -> View:
        setattr(marked, _MARK, "one" if one_transaction else "own")
        return marked

    return mark if view is None else mark(view)


def bind(operation: Operation) -> None:
    """Wrap a marked operation once it is bound to its API."""
    mode = getattr(operation.view_func, _MARK, None)
    if mode is None:
        return
    extra = operation.openapi_extra or {}
    operation.openapi_extra = {**extra, "parameters": [*extra.get("parameters", []), _PARAMETER]}
    inner = operation.view_func

    def view(request: HttpRequest, **values: Any) -> HttpResponse:
        def work() -> tuple[int, bytes]:
            fresh = operation.api.create_temporal_response(request)
            response = operation._result_to_response(request, inner(request, **values), fresh)  # noqa: SLF001 - ninja has no public way to render a result
            assert isinstance(response, HttpResponse)
            return response.status_code, response.content

        status, content, replayed = idempotency.run(
            actor=actor_of(request),
            key=request.headers.get(HEADER, ""),
            route=f"{request.method} {request.path}",
            body=request.body,
            work=work,
            one_transaction=mode == "one",
        )
        response = HttpResponse(content, status=status, content_type=operation.api.get_content_type())
        if replayed:
            response[REPLAYED] = "true"
        return response

    view.__module__, view.__name__ = inner.__module__, inner.__name__
    operation.view_func = view
