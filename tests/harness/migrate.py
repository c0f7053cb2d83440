"""Migrate the database that DATABASE_URL names and apply the SQL rooms; run as a module."""

import django
from django.core.management import call_command


def main() -> None:
    """Bring the database to the present schema."""
    django.setup()
    from quanyu.platform.db import sql_rooms

    call_command("migrate", verbosity=0, skip_checks=True)
    sql_rooms.apply()


if __name__ == "__main__":
    main()
