"""What every HTTP room of a module needs: one import, ``from quanyu.platform import http``."""

from quanyu.platform.http.access import actor_of, request_id_of, require
from quanyu.platform.http.api import make_api
from quanyu.platform.http.cursors import Page, PageQuery, after, page
from quanyu.platform.http.etags import etag
from quanyu.platform.http.problems import CursorInvalid, RequestInvalid, RequestUnreadable, text
from quanyu.platform.http.replay import idempotent
from quanyu.platform.http.schemas import (
    BigId,
    Fen,
    LongText,
    OneLine,
    ProblemOut,
    Quantity,
    QuerySchema,
    Schema,
    ShortText,
    SignedFen,
)

__all__ = [
    "BigId",
    "CursorInvalid",
    "Fen",
    "LongText",
    "OneLine",
    "Page",
    "PageQuery",
    "ProblemOut",
    "Quantity",
    "QuerySchema",
    "RequestInvalid",
    "RequestUnreadable",
    "Schema",
    "ShortText",
    "SignedFen",
    "actor_of",
    "after",
    "etag",
    "idempotent",
    "make_api",
    "page",
    "request_id_of",
    "require",
    "text",
]
