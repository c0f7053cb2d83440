"""`quanyu demo`: make the demo chain; its accounts are printed by `quanyu up`."""

import click

from quanyu.entrypoints.cli import environment, screen


@click.command()
@click.option("--days", type=click.IntRange(1, 400), help="Days of history (QUANYU_DEMO_DAYS).")
def demo(*, days: int | None) -> None:
    """Make the demo chain in an empty database."""
    settings = environment.configuration()
    with environment.database(settings):
        environment.django_ready()
        if not ensure_demo(days=days or settings.demo_days):
            screen.say("A chain stands already; nothing was changed.")
        for account in accounts():
            screen.say("  ".join(account))


def ensure_demo(*, days: int | None = None) -> bool:
    """Make the demo chain unless a chain stands; whether it was made. Needs Django ready."""
    from django.conf import settings

    from quanyu.entrypoints import wiring
    from quanyu.entrypoints.demo import build
    from quanyu.kernel.clock import system_clock

    if build.exists():
        return False
    # What the history tells is heard here: points and tiers stand when the demo opens.
    wiring.connect()
    build.build(now=system_clock.now(), days=days or settings.CONFIG.demo_days)
    return True


def accounts() -> list[tuple[str, str, str, str]]:
    """The demo accounts: (sign-in name, password, PIN at the till, who it is)."""
    from quanyu.entrypoints.demo import people

    return [(person.username, people.PASSWORD, person.pin, f"{person.role} @ {person.unit}") for person in people.STAFF]
