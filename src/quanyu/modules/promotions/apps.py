"""The promotions module as a Django app."""

from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    """Tables are called ``promotions_<noun>``."""

    name = "quanyu.modules.promotions"
    label = "promotions"
    default_auto_field = "django.db.models.BigAutoField"
