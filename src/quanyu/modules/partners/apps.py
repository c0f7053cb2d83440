"""The partners module as a Django app."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    """Tables are called ``partners_<noun>``."""

    name = "quanyu.modules.partners"
    label = "partners"
    default_auto_field = "django.db.models.BigAutoField"
