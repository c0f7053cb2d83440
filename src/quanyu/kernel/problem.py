"""Refusals as part of the door: a stable code, the field concerned, and what to do.

A :class:`Problem` is an *expected* refusal. Its subclass stands beside the function that raises
it, in the module's ``contracts.py``. ``title`` and ``remedy`` are message ids (English); the edge
translates them and fills in ``params``. HTTP turns it into ``application/problem+json``.
"""

from __future__ import annotations

from typing import Any, ClassVar


def N_(text: str) -> str:  # noqa: N802 - gettext's name for "mark for translation, do not translate"
    """Mark a text for translation and return it unchanged."""
    return text


class Problem(Exception):
    """A refusal the caller can understand and act on.

    Class attributes: ``code`` (stable, dotted, e.g. ``inventory.stock_short``), ``status`` (HTTP),
    ``title`` and ``remedy`` (message ids with ``%(name)s`` places). Instance: ``field`` (dotted
    path into the request, or ``None``) and ``params`` (values for the texts and for programs;
    never personal data).
    """

    code: ClassVar[str] = "problem"
    status: ClassVar[int] = 400
    title: ClassVar[str] = N_("The request was refused.")
    remedy: ClassVar[str] = N_("Check the request and try again.")

    def __init__(self, *, field: str | None = None, **params: Any) -> None:
        self.field = field
        self.params = params
        super().__init__(self.code, field, params)


class NotFound(Problem):
    """The thing does not exist, or the asker may not know that it does (404 for both)."""

    code = "not_found"
    status = 404
    title = N_("Not found.")
    remedy = N_("Check the address or the number; it may belong to another store.")


class Forbidden(Problem):
    """The actor is known but lacks the permission."""

    code = "forbidden"
    status = 403
    title = N_("You do not have the permission for this.")
    remedy = N_("Ask a manager to grant the permission %(permission)s.")


class Unauthenticated(Problem):
    """No valid credentials came with the request."""

    code = "unauthenticated"
    status = 401
    title = N_("Please sign in.")
    remedy = N_("Sign in again and repeat the request.")


class Invalid(Problem):
    """A value is not acceptable; ``field`` says which one."""

    code = "invalid"
    status = 422
    title = N_("A value is not valid: %(reason)s")
    remedy = N_("Correct the field and send it again.")


class Conflict(Problem):
    """The thing is not in a state that allows this, usually because somebody was quicker."""

    code = "conflict"
    status = 409
    title = N_("This was changed by somebody else in the meantime.")
    remedy = N_("Reload and look at the present state.")
