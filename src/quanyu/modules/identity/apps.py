"""The identity module as a Django app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Tables are called ``identity_<noun>``."""

    name = "quanyu.modules.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"
