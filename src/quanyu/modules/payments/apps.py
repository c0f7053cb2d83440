"""The payments module as a Django app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Tables are called ``payments_<noun>``."""

    name = "quanyu.modules.payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"
