"""The tiers module as a Django app."""

from django.apps import AppConfig


class TiersConfig(AppConfig):
    """Tables are called ``tiers_<noun>``."""

    name = "quanyu.modules.tiers"
    label = "tiers"
    default_auto_field = "django.db.models.BigAutoField"
