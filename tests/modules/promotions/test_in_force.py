"""The same campaigns by the rules over what is kept in memory as by the query, on campaigns drawn at random."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.period import Period
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import Scope
from quanyu.platform.marks import Reading
from tests.harness import organization
from tests.harness.promotions import NOW, make_campaign

HOUR = timedelta(hours=1)
CHANNELS = ("b2b", "kiosk")
_CAMPAIGN = st.tuples(
    st.sampled_from([(), (0,), (1,), (2,), (0, 2)]),
    st.sets(st.sampled_from(CHANNELS)),
    st.none() | st.integers(-3, 2),
    st.none() | st.integers(3, 5),
    st.booleans(),
)


@pytest.fixture(scope="module")
def places():
    region = organization.make_region()
    return region, organization.make_store(parent_id=region.id), organization.make_store(parent_id=region.id)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_CAMPAIGN, min_size=1, max_size=4), st.lists(st.integers(-3, 6), min_size=1, max_size=4))
def test_rules_and_query_decide_alike(places, drawn, moments):
    region, store, other = places
    units = (region.id, store.unit.id, other.unit.id)
    for where, channels, start, end, stops in drawn:
        # What holds everywhere is kept from the other tests: they buy on other channels and at another time.
        narrow, until = (channels, end) if where else ({"b2b"}, 5)
        made = make_campaign(
            period=Period(
                None if start is None else NOW + start * HOUR,
                None if until is None else NOW + until * HOUR,
            ),
            scope=Scope(unit_ids=frozenset(units[index] for index in where), channels=frozenset(narrow)),
        )
        if stops:
            promotions.stop_campaign(campaign_id=made.id, reason="", actor=SYSTEM, now=NOW + HOUR)
    for at in [NOW + hours * HOUR for hours in moments]:
        reading = Reading()
        promotions.want_campaigns(reading=reading, at=at)
        reading.read()
        for path in (store.unit.path, other.unit.path):
            for channel in CHANNELS:
                by_rules = promotions.campaigns_read(reading=reading, path=path, channel=channel, at=at)
                by_query = promotions.campaigns_in_force(unit_id=path[-1], path=path, channel=channel, at=at)
                assert list(by_rules) == by_query
