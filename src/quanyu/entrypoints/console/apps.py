"""The console as a Django app: its templates and static files are found first, and the modules are wired."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """No tables; templates, static files and translations only."""

    name = "quanyu.entrypoints.console"
    label = "console"

    def ready(self) -> None:
        """Join the modules once all of them are loaded."""
        from quanyu.entrypoints import wiring

        wiring.connect()
