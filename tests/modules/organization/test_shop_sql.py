"""What SQL says of stores is what the rules in Python say: opening hours, and which stores are nearest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Offer
from quanyu.modules.organization.rules import opening_hours
from quanyu.platform import db
from tests.harness import organization as harness

_MINUTE = st.integers(0, 24 * 60 - 1)
_TEXT = _MINUTE.map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")
_PAIR = st.one_of(
    st.just(("", "")),
    st.just(("00:00", "24:00")),
    st.tuples(_TEXT, st.one_of(_TEXT, st.just("24:00"))).filter(lambda pair: pair[0] != pair[1]),
)


@settings(max_examples=150, deadline=None)
@given(
    hours=st.one_of(st.just(()), st.lists(_PAIR, min_size=7, max_size=7).map(tuple)),
    zone=st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "UTC"]),
    minutes=st.integers(0, 8 * 24 * 60),
)
def test_a_place_is_open_in_sql_when_the_rule_says_so(hours, zone, minutes):
    at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    said = db.value("SELECT organization_is_open(%s::jsonb, %s, %s)", [_json(hours), zone, at])
    assert said == opening_hours.is_open(hours, time_zone=zone, at=at)


def _json(hours: tuple[tuple[str, str], ...]) -> str:
    return "[" + ",".join(f'["{opens}","{closes}"]' for opens, closes in hours) + "]"


def test_the_nearest_in_sql_are_the_nearest_of_the_door():
    longitude, latitude = 121.123, 31.234
    stores = [
        harness.make_store(
            longitude=longitude + place / 100, latitude=latitude, offers_instant=place % 2 == 0, offers_pickup=True
        )
        for place in range(6)
    ]
    organization.close_unit(unit_id=stores[1].unit.id, actor=harness.SYSTEM, now=harness.NOW)
    harness.make_warehouse(longitude=longitude, latitude=latitude)
    for within_m in (None, 0, 1_500, 2_500, 40_000):
        for offered in (None, Offer.INSTANT):
            found = organization.nearest_stores(
                longitude=longitude, latitude=latitude, within_m=within_m, offers=offered, limit=4, now=harness.NOW
            )
            rows = db.rows(
                "SELECT unit_id, round(distance_m) AS distance_m FROM organization_nearest(%s, %s, %s, %s, %s)",
                [longitude, latitude, within_m, offered and offered.value, 4],
            )
            assert [(row["unit_id"], row["distance_m"]) for row in rows] == [
                (one.unit.id, one.distance_m) for one in found
            ], (within_m, offered)
