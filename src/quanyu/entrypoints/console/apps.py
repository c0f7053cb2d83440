"""The console as a Django app: its templates and static files are found first, and the modules are wired."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ConsoleConfig(AppConfig):
    """No tables; templates, static files and translations only."""

    name = "quanyu.entrypoints.console"
    label = "console"
    default = True

    def ready(self) -> None:
        """Join the modules once all of them are loaded."""
        from quanyu.entrypoints import wiring
        from quanyu.entrypoints.console.access import ConsoleAuthority
        from quanyu.entrypoints.console.pages import register
        from quanyu.platform.console import access

        wiring.connect()
        access.use(ConsoleAuthority())
        register()


class ConsoleAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the console's site in the place of its own."""

    default = False
    default_site = "quanyu.entrypoints.console.site.ConsoleSite"
