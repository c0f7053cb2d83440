"""The organization module as a Django app."""

from django.apps import AppConfig


class OrganizationConfig(AppConfig):
    """Tables are called ``organization_<noun>``."""

    name = "quanyu.modules.organization"
    label = "organization"
    default_auto_field = "django.db.models.BigAutoField"
