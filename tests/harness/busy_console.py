"""Looks at the console's busiest pages in a database of its own with 20,000 orders; run as a module, prints JSON.

A process of its own, because the orders would be in every other test's way, and because what is kept in memory must be
empty at the first look.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

import django
from django.test.utils import setup_test_environment

ORDERS, MEMBERS = 20_000, 2_000


def main() -> None:
    """Fill the database that DATABASE_URL names and print what each page cost."""
    django.setup()
    setup_test_environment(debug=False)
    from benchmarks.paths import console_pages
    from quanyu.platform import logs
    from tests.harness import console
    from tests.harness.chain import make_chain
    from tests.harness.identity import make_person
    from tools.million import fill

    logs.configure("ERROR")
    for _ in range(3):
        make_chain()
    url = os.environ["DATABASE_URL"]
    fill.fill(url, fill.begun(url, total=ORDERS, members=MEMBERS), tell=lambda _done: None)
    fill.settle(url)
    fill.add_up(tell=lambda _made: None)
    broken, left = fill.broken_promises(url, seconds_max=60)
    asked = console_pages.pages()
    store = console_pages.busiest_store()
    browsers = {
        "head": console.signed_in(make_person("head_office")),
        "store": console.signed_in(make_person("store_manager", unit_id=store)),
    }
    found = console_pages.measure(browsers, asked, rounds=0)
    told = {"pages": [asdict(page) for page in found], "broken": broken, "left": left}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
