"""Distances on the earth's surface."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8


def distance_m(*, longitude: float, latitude: float, to_longitude: float, to_latitude: float) -> int:
    """Return the great-circle distance in whole metres (haversine) between two points in degrees."""
    first, second = radians(latitude), radians(to_latitude)
    half_chord = (
        sin((second - first) / 2) ** 2 + cos(first) * cos(second) * sin(radians(to_longitude - longitude) / 2) ** 2
    )
    return round(2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, half_chord))))
