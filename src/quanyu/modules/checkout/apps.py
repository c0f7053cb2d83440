"""The checkout module as a Django app."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    """Tables are called ``checkout_<noun>``."""

    name = "quanyu.modules.checkout"
    label = "checkout"
    default_auto_field = "django.db.models.BigAutoField"
