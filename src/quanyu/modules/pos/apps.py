"""The pos module as a Django app."""

from django.apps import AppConfig


class PosConfig(AppConfig):
    """Tables are called ``pos_<noun>``."""

    name = "quanyu.modules.pos"
    label = "pos"
    default_auto_field = "django.db.models.BigAutoField"
