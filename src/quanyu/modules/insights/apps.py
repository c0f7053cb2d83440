"""The insights module as a Django app."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Tables are called ``insights_<noun>``."""

    name = "quanyu.modules.insights"
    label = "insights"
    default_auto_field = "django.db.models.BigAutoField"
