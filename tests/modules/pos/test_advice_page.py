"""The console's page of what advice did: figures to the basket, own stores only (POS-02)."""

from __future__ import annotations

import html
import re

import pytest
from django.http import HttpResponse

from quanyu.platform.console.formats import NOTHING
from tests.harness import console, identity
from tests.harness.chain import make_chain
from tests.modules.pos.test_advice import Counter

ADDRESS = "/console/advice/"


def text_of(answer: HttpResponse) -> str:
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


@pytest.fixture(scope="module")
def counter() -> Counter:
    """Four baskets with advice, one of which took it; two without, one of which had it anyway."""
    made = Counter(make_chain(stock=500))
    tea, lost = made.given("tea", "milk", added=True), made.given("tea", "milk", added=False)
    made.tell(
        (made.sell("milk", "tea"), False, [tea]),
        *((made.sell("milk"), False, [lost]) for _ in range(3)),
        (made.sell("milk"), True, [lost]),
        (made.sell("milk", "tea"), True, [lost]),
    )
    return made


def test_pos_02_the_page_tells_the_attach_rate_and_what_baskets_are_without_advice(counter: Counter):
    page = text_of(console.signed_in(counter.chain.manager).get(ADDRESS))
    assert "Took advice 25%" in page
    # (4 * 6.50 + 88.00) / 4 and (2 * 6.50 + 88.00) / 2; 5 lines in 4 baskets, 3 in 2.
    assert "With advice 4 25% 25% 1.25 ¥28.50" in page
    assert f"Without advice 2 {NOTHING} 50% 1.50 ¥50.50" in page
    assert "纯牛奶 龙井茶 4 1 25%" in page
    assert "测试员 4 25% ¥28.50" in page


def test_pos_02_other_stores_and_other_days_are_not_shown(counter: Counter):
    stranger = identity.make_person("store_manager", unit_id=counter.chain.other_store.unit.id)
    assert "Baskets with advice 0" in text_of(console.signed_in(stranger).get(ADDRESS))
    manager = console.signed_in(counter.chain.manager)
    for asked in ({"until": "2020-01-01"}, {"since": "2020-01-01", "until": "2020-02-01"}):
        assert "Baskets with advice 0" in text_of(manager.get(ADDRESS, asked))
    for asked in ({"since": "x", "until": "0001-01-01"}, {"since": "9999-12-31"}, {"since": "2000-01-01"}):
        assert manager.get(ADDRESS, asked).status_code == 200


def test_pos_02_who_may_not_see_reports_does_not_see_it(counter: Counter):
    assert console.signed_in(counter.chain.cashier).get(ADDRESS).status_code == 403
    assert "搭购建议" in text_of(console.signed_in(counter.chain.manager, language="zh-hans").get(ADDRESS))
