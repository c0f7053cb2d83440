"""The loyalty module as a Django app."""

from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    """Tables are called ``loyalty_<noun>``."""

    name = "quanyu.modules.loyalty"
    label = "loyalty"
    default_auto_field = "django.db.models.BigAutoField"
