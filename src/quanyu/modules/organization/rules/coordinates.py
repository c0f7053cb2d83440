"""The three coordinate systems of Chinese maps. Quanyu stores GCJ-02 (AMap, Tencent, WeChat, couriers).

WGS-84 comes from satellite receivers, BD-09 belongs to Baidu; they are converted at that boundary only.
The formulas are public knowledge without an official text; golden values stand in the tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_SEMI_MAJOR_AXIS_M = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD_FACTOR = math.pi * 3000.0 / 180.0
_INVERSE_STEPS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees of longitude and latitude."""

    longitude: float
    latitude: float


def is_in_china(point: Point) -> bool:
    """Tell whether a point lies in the box around China, in which a location must stand."""
    return 73 <= point.longitude <= 136 and 3 <= point.latitude <= 54


def wgs84_to_gcj02(point: Point) -> Point:
    """Shift a satellite position onto Chinese maps; points outside of China stay."""
    if not is_in_china(point):
        return point
    shift = _shift(point)
    return Point(point.longitude + shift.longitude, point.latitude + shift.latitude)


def gcj02_to_wgs84(point: Point) -> Point:
    """Undo :func:`wgs84_to_gcj02` to well below a metre, by fixed-point steps (there is no formula)."""
    guess = point
    for _ in range(_INVERSE_STEPS):
        there = wgs84_to_gcj02(guess)
        guess = Point(
            guess.longitude + point.longitude - there.longitude, guess.latitude + point.latitude - there.latitude
        )
    return guess


def gcj02_to_bd09(point: Point) -> Point:
    """Return Baidu's coordinates of a point."""
    radius = math.hypot(point.longitude, point.latitude) + 0.00002 * math.sin(point.latitude * _BD_FACTOR)
    angle = math.atan2(point.latitude, point.longitude) + 0.000003 * math.cos(point.longitude * _BD_FACTOR)
    return Point(radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006)


def bd09_to_gcj02(point: Point) -> Point:
    """Return the coordinates of a point that Baidu gave."""
    longitude, latitude = point.longitude - 0.0065, point.latitude - 0.006
    radius = math.hypot(longitude, latitude) - 0.00002 * math.sin(latitude * _BD_FACTOR)
    angle = math.atan2(latitude, longitude) - 0.000003 * math.cos(longitude * _BD_FACTOR)
    return Point(radius * math.cos(angle), radius * math.sin(angle))


def _shift(point: Point) -> Point:
    """Return how far GCJ-02 lies from WGS-84 at a point, in degrees."""
    x, y = point.longitude - 105.0, point.latitude - 35.0
    root = math.sqrt(abs(x))
    common = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += _waves(y, (20.0, 1.0), (40.0, 1 / 3)) + _waves(y, (160.0, 1 / 12), (320.0, 1 / 30))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += _waves(x, (20.0, 1.0), (40.0, 1 / 3)) + _waves(x, (150.0, 1 / 12), (300.0, 1 / 30))
    phi = math.radians(point.latitude)
    flattening = 1 - _ECCENTRICITY_SQUARED * math.sin(phi) ** 2
    meridian = _SEMI_MAJOR_AXIS_M * (1 - _ECCENTRICITY_SQUARED) / (flattening * math.sqrt(flattening))
    parallel = _SEMI_MAJOR_AXIS_M / math.sqrt(flattening) * math.cos(phi)
    return Point(math.degrees(east / parallel), math.degrees(north / meridian))


def _waves(value: float, *waves: tuple[float, float]) -> float:
    return sum(height * math.sin(value * pace * math.pi) for height, pace in waves) * 2.0 / 3.0
