"""The orders module as a Django app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Tables are called ``orders_<noun>``."""

    name = "quanyu.modules.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"
