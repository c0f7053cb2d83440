"""The inventory module as a Django app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Tables are called ``inventory_<noun>``."""

    name = "quanyu.modules.inventory"
    label = "inventory"
    default_auto_field = "django.db.models.BigAutoField"
