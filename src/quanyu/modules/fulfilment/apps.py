"""The fulfilment module as a Django app."""

from django.apps import AppConfig


class FulfilmentConfig(AppConfig):
    """Tables are called ``fulfilment_<noun>``."""

    name = "quanyu.modules.fulfilment"
    label = "fulfilment"
    default_auto_field = "django.db.models.BigAutoField"
