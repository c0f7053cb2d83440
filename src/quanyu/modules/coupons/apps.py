"""The coupons module as a Django app."""

from django.apps import AppConfig


class CouponsConfig(AppConfig):
    """Tables are called ``coupons_<noun>``."""

    name = "quanyu.modules.coupons"
    label = "coupons"
    default_auto_field = "django.db.models.BigAutoField"
