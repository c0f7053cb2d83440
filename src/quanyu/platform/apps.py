"""The platform as a Django app: its tables carry plumbing, never business."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Registers the platform's tables under the prefix ``platform_``."""

    name = "quanyu.platform"
    label = "platform"
    default_auto_field = "django.db.models.BigAutoField"
