"""The mall module as a Django app."""

from django.apps import AppConfig


class MallConfig(AppConfig):
    """Tables are called ``mall_<noun>``."""

    name = "quanyu.modules.mall"
    label = "mall"
    default_auto_field = "django.db.models.BigAutoField"
