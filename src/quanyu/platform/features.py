"""Feature stages: what a chain switches on store by store (phased roll-out). No second mechanism: the settings tree.

A module defines its features once, at import. Each is a setting ``features.<key>`` that is on unless something nearer
says off, so a feature is off everywhere, on in pilot stores, in a region, or everywhere. Every face that offers the
feature asks here, on the server: it hides what is off, and refuses with one stable code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quanyu.kernel.problem import N_, Problem
from quanyu.platform import settings_tree
from quanyu.platform.settings_tree import Kind, Level, Setting

_LEVELS = (Level.BRAND, Level.UNIT)


class FeatureOff(Problem):
    """The store does not have this feature (yet): switched off for it, or for the region or chain above it."""

    code = "platform.feature_off"
    status = 403
    title = N_("%(feature)s: not available in this store yet.")
    remedy = N_("Choose another store, or ask head office when it starts here.")


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that can be rolled out store by store. ``text`` says what a store gets, and loses, with it."""

    key: str
    title: str
    text: str

    @property
    def setting_key(self) -> str:
        """Return the key of its switch in the settings tree."""
        return f"features.{self.key}"

    @property
    def planned_key(self) -> str:
        """Return the key of the day on which it is to start, a note for people (ISO date, or empty)."""
        return f"features_planned.{self.key}"


_known: dict[str, Feature] = {}


def define(feature: Feature) -> Feature:
    """Register a feature and return it. Raises ``ValueError`` for another one of the same key."""
    if _known.setdefault(feature.key, feature) != feature:
        raise ValueError(f"the feature {feature.key!r} is already defined differently")
    settings_tree.define(Setting(feature.setting_key, Kind.BOOLEAN, True, _LEVELS, feature.title))
    settings_tree.define(Setting(feature.planned_key, Kind.TEXT, "", _LEVELS, feature.title))
    return feature


def features() -> list[Feature]:
    """Return all features by key."""
    return [_known[key] for key in sorted(_known)]


def is_on(feature: Feature, path: Sequence[str]) -> bool:
    """Tell whether the feature is on at the end of a settings path. One query."""
    return bool(settings_tree.get(feature.setting_key, path))


def require(feature: Feature, path: Sequence[str]) -> None:
    """Refuse where the feature is off. Raises ``FeatureOff``."""
    if not is_on(feature, path):
        raise off(feature)


def off(feature: Feature, *, field: str | None = None) -> FeatureOff:
    """Return the refusal, for who has read the switch along with other settings."""
    return FeatureOff(field=field, feature=feature.title, key=feature.key)
