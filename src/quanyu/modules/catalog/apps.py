"""The catalog module as a Django app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Tables are called ``catalog_<noun>``."""

    name = "quanyu.modules.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"
