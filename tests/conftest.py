"""Prepares the database before Django is set up, and checks the books after every test module."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.harness import database

if not os.environ.get("QUANYU_TEST_WITHOUT_DATABASE"):
    # The xdist controller only collects: its workers inherit the server it starts.
    database.prepare()

import django
from django.test.utils import setup_test_environment

django.setup()
setup_test_environment(debug=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Look at the screens' languages first: later tests leave rows whose names nobody has translated.

    A browser's journey that fails runs once more, as browser test suites do: Chromium beside other tests on two cores
    is late now and then. The summary names every such journey (RERUN), and each is a defect of a page or of its test.
    """
    items.sort(key=lambda item: "test_languages" not in item.nodeid)
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True, scope="module")
def books_reconcile_after_the_module() -> Iterator[None]:
    """After every module the reconciliation queries of I1 to I8 must find no breach."""
    yield
    if os.environ.get("QUANYU_TEST_WITHOUT_DATABASE"):
        return
    from django.db import connection

    from quanyu.entrypoints import reconcile

    breaches = [check for check in reconcile.run() if check.breaches]
    connection.close()
    assert breaches == []
