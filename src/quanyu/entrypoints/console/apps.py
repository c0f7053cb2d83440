"""The console as a Django app, so that its templates and static files are found first."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """No tables; templates, static files and translations only."""

    name = "quanyu.entrypoints.console"
    label = "console"
