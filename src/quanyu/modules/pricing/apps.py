"""The pricing module as a Django app."""

from django.apps import AppConfig


class PricingConfig(AppConfig):
    """Tables are called ``pricing_<noun>``."""

    name = "quanyu.modules.pricing"
    label = "pricing"
    default_auto_field = "django.db.models.BigAutoField"
