"""The aftersales module as a Django app."""

from django.apps import AppConfig


class AftersalesConfig(AppConfig):
    """Tables are called ``aftersales_<noun>``."""

    name = "quanyu.modules.aftersales"
    label = "aftersales"
    default_auto_field = "django.db.models.BigAutoField"
