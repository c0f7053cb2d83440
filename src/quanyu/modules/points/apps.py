"""The points module as a Django app."""

from django.apps import AppConfig


class PointsConfig(AppConfig):
    """Tables are called ``points_<noun>``."""

    name = "quanyu.modules.points"
    label = "points"
    default_auto_field = "django.db.models.BigAutoField"
