"""The members module as a Django app."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    """Tables are called ``members_<noun>``."""

    name = "quanyu.modules.members"
    label = "members"
    default_auto_field = "django.db.models.BigAutoField"
