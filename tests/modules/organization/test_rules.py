"""Pure decisions of organization: coordinate systems and opening hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.modules.organization import api
from quanyu.modules.organization.contracts import HoursInvalid
from quanyu.modules.organization.rules import coordinates, opening_hours
from quanyu.modules.organization.rules.coordinates import Point
from tests.harness import organization as chain

IN_CHINA = st.builds(Point, longitude=st.floats(75, 134), latitude=st.floats(18, 53))
MICRODEGREE = 1e-6


def rounded(point: Point) -> tuple[float, float]:
    return round(point.latitude, 6), round(point.longitude, 6)


@pytest.mark.parametrize(
    ("wgs", "gcj", "bd"),
    [
        ((39.908722, 116.397499), (39.910126, 116.403743), (39.916465, 116.410116)),  # Tian'anmen
        ((31.239702, 121.499763), (31.237688, 121.504196), (31.243337, 121.510805)),  # Oriental Pearl Tower
    ],
)
def test_golden_places_in_the_three_coordinate_systems(wgs, gcj, bd):
    on_map = coordinates.wgs84_to_gcj02(Point(wgs[1], wgs[0]))
    assert rounded(on_map) == gcj
    assert rounded(coordinates.gcj02_to_bd09(Point(gcj[1], gcj[0]))) == bd
    assert api.gcj02_from_wgs84(longitude=wgs[1], latitude=wgs[0]) == (on_map.longitude, on_map.latitude)


@given(point=IN_CHINA)
def test_a_point_comes_back_from_gcj02_within_a_centimetre(point):
    back = coordinates.gcj02_to_wgs84(coordinates.wgs84_to_gcj02(point))
    assert chain.distance_m(point, back) < 0.01


@given(point=IN_CHINA)
def test_a_point_comes_back_from_baidu_within_half_a_metre(point):
    baidu = coordinates.gcj02_to_bd09(point)
    longitude, latitude = api.gcj02_from_bd09(longitude=baidu.longitude, latitude=baidu.latitude)
    assert chain.distance_m(point, Point(longitude, latitude)) < 0.5


def test_points_abroad_are_not_shifted():
    paris = Point(2.3522, 48.8566)
    assert coordinates.wgs84_to_gcj02(paris) == paris


@pytest.mark.parametrize(
    "pair",
    [
        ("9:00", "21:00"),
        ("09:00", "25:00"),
        ("24:00", "09:00"),
        ("09:00", ""),
        ("", "21:00"),
        ("09:00", "09:00"),
        ("x",),
    ],
)
def test_malformed_hours_are_refused_by_their_day(pair):
    with pytest.raises(HoursInvalid) as refusal:
        opening_hours.parse([("09:00", "21:00")] * 3 + [pair] + [("09:00", "21:00")] * 3)
    assert refusal.value.field == "opening_hours.3"


TIMES = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")
PAIRS = st.one_of(st.just(("", "")), st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] != pair[1]))


@given(week=st.tuples(*[PAIRS] * 7), minute_of_week=st.integers(0, 7 * 24 * 60 - 1))
def test_open_means_one_of_the_weeks_spans_holds_the_minute(week, minute_of_week):
    monday = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # Monday 00:00 in Shanghai
    day = 24 * 60
    spans = []
    for index, (opens, closes) in enumerate(week):
        if opens:
            start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (opens, closes))
            start, end = index * day + start, index * day + end
            spans.append((start, end if end > start else end + day))
    wanted = any(start <= minute_of_week + shift < end for start, end in spans for shift in (0, 7 * day))
    at = monday + timedelta(minutes=minute_of_week)
    assert opening_hours.is_open(opening_hours.parse(week), time_zone="Asia/Shanghai", at=at) is wanted
