"""The page of a pair that may be one person: masked, and in words where nothing was weighed."""

from __future__ import annotations

from datetime import date

from quanyu.modules.members.models import Match
from tests.harness import console
from tests.harness.identity import make_person
from tests.harness.oneid import NOW, enrol, phone_key


def test_birthdays_are_masked_and_a_shared_key_is_named_instead_of_a_score():
    low = enrol(phone_key(), name="张三", birthday=date(1987, 6, 5))
    high = enrol(phone_key(), name="张三", birthday=date(1987, 6, 5))
    one, other = sorted((low.id, high.id))
    pair = Match.objects.create(low_id=one, high_id=other, score=30, cause="keys", evidence=[], created_at=NOW)
    browser = console.signed_in(make_person("head_office"))
    page = browser.get(console.row_address("members.match", pair.pk)).content.decode()
    assert "****-06-05" in page
    assert "1987" not in page
    assert "Same proved key" in page
    listed = browser.get(console.list_address("members.match")).content.decode()
    assert "Same proved key" in listed
    Match.objects.filter(pk=pair.pk).update(cause="scan", score=7.5)
    weighed = browser.get(console.row_address("members.match", pair.pk)).content.decode()
    assert ("7.5" in weighed, "Same proved key" in weighed) == (True, False)
