"""The flash module as a Django app."""

from django.apps import AppConfig


class FlashConfig(AppConfig):
    """Tables are called ``flash_<noun>``."""

    name = "quanyu.modules.flash"
    label = "flash"
    default_auto_field = "django.db.models.BigAutoField"
