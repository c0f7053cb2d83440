"""Schemathesis against the example API: nothing undocumented, no 500, no wrong input accepted."""

from __future__ import annotations

import pytest
import schemathesis
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from hypothesis import HealthCheck
from hypothesis import settings as effort
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.platform import http_example as example

TAKEN_OUT = ("/api/example/fails/{kind}",)


def document() -> dict:
    # These fail on purpose, and a 500 is what schemathesis looks for.
    with override_settings(ROOT_URLCONF="tests.platform.http_example"):
        found = dict(example.api.get_openapi_schema(path_prefix="api/example/"))
    found["paths"] = {path: item for path, item in found["paths"].items() if path not in TAKEN_OUT}
    return found


@pytest.fixture(scope="module", autouse=True)
def application():
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    with override_settings(ROOT_URLCONF="tests.platform.http_example", ALLOWED_HOSTS=["*"]):
        yield


_application: list[WSGIHandler] = []


def serve(environ, start_response):
    if not _application:
        _application.append(WSGIHandler())
    return _application[0](environ, start_response)


schema = schemathesis.openapi.from_dict(document())
schema.app = serve


@pytest.mark.slow
@schema.parametrize()
@effort(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
# lint-ok: test-assertions because call_and_validate raises what it finds
def test_the_example_api_keeps_its_word(case):
    # A well-formed request may still be refused: a key that was used, a cursor that never was one.
    case.call_and_validate(headers={"Authorization": "Bearer 7"}, excluded_checks=[positive_data_acceptance])
