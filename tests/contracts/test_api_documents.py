"""Every operation answers what its OpenAPI document says, whatever it is sent: no 5xx, no undocumented status."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from quanyu.entrypoints.wsgi import application
from quanyu.modules.identity import http as identity_http
from quanyu.modules.mall import http as mall_http
from quanyu.modules.mall.http import kiosk as kiosk_http
from quanyu.modules.pos import http as pos_http

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8
# Data is committed and the database is real: time limits per example would only measure the machine.
FEW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
    derandomize=True,
    database=None,
)


def _document(api: Any, prefix: str) -> Any:
    schema = schemathesis.openapi.from_dict(_without_tuples(api.get_openapi_schema(path_prefix=prefix)))
    schema.app = application
    return schema


def _without_tuples(node: Any) -> Any:
    """Say of a tuple that it is a list of so many of these kinds.

    The generator of requests turns ``prefixItems`` into an older dialect in place, and the check of responses, which
    reads the same document, then refuses it: whether it does depends on which operation was asked before.
    """
    if isinstance(node, list):
        return [_without_tuples(one) for one in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _without_tuples(value) for key, value in node.items() if key != "prefixItems"}
    if "prefixItems" in node:
        plain["items"] = {"anyOf": _without_tuples(node["prefixItems"])}
    return plain


def assert_documented(case: schemathesis.Case, headers: dict[str, str]) -> None:
    """Send the case and hold the answer against the document."""
    case.call_and_validate(headers=headers, checks=CHECKS)


mall = _document(mall_http.api, "/api/mall/v1/")
pos = _document(pos_http.api, "/api/pos/v1/")
kiosk = _document(kiosk_http.api, "/api/kiosk/v1/")
staff = _document(identity_http.api, "/api/staff/v1/")


@pytest.mark.slow
# Signing out would turn everything after it into 401.
# The mini-program's sign-in asks WeChat, and there is none here: it says 503. Its own tests have a simulator.
@mall.exclude(method="DELETE", path="/api/mall/v1/session").exclude(path_regex="/session/wechat").parametrize()
@FEW
def test_the_mall_answers_as_documented(case: schemathesis.Case, mall_headers: dict[str, str]):
    assert_documented(case, mall_headers)


@pytest.mark.slow
@pos.exclude(method="DELETE").parametrize()
@FEW
def test_the_till_answers_as_documented(case: schemathesis.Case, pos_headers: dict[str, str]):
    assert_documented(case, pos_headers)


@pytest.mark.slow
@kiosk.parametrize()
@FEW
def test_the_kiosk_answers_as_documented(case: schemathesis.Case, kiosk_headers: dict[str, str]):
    assert_documented(case, kiosk_headers)


@pytest.mark.slow
@staff.exclude(method="DELETE").parametrize()
@FEW
def test_the_staff_api_answers_as_documented(case: schemathesis.Case, staff_headers: dict[str, str]):
    assert_documented(case, staff_headers)


@pytest.mark.parametrize("http", [identity_http, mall_http, pos_http], ids=["staff", "mall", "pos"])
def test_no_two_answers_of_an_api_share_a_name(http: Any):
    """In the document the second one takes the place of the first, and its callers are told of the wrong fields."""
    named: dict[str, set[str]] = {}
    for file in Path(http.__file__).parent.rglob("*.py"):
        for name in re.findall(r"^class (\w+(?:Out|In))\(", file.read_text("utf-8"), re.MULTILINE):
            named.setdefault(name, set()).add(file.name)
    assert {name: files for name, files in named.items() if len(files) > 1} == {}
