"""`quanyu demo`: make the demo chain; its accounts are printed by `quanyu up`."""

import click

from quanyu.entrypoints.cli import environment, screen


@click.command()
def demo() -> None:
    """Make the demo chain in an empty database."""
    settings = environment.configuration()
    with environment.database(settings):
        environment.django_ready()
        if not ensure_demo():
            screen.say("A chain stands already; nothing was changed.")
        for account in accounts():
            screen.say("  ".join(account))


def ensure_demo() -> bool:
    """Make the demo chain unless a chain stands; whether it was made. Needs Django ready."""
    from quanyu.entrypoints.demo import build
    from quanyu.kernel.clock import system_clock

    if build.exists():
        return False
    build.build(now=system_clock.now())
    return True


def accounts() -> list[tuple[str, str, str, str]]:
    """The demo accounts: (sign-in name, password, PIN at the till, who it is)."""
    from quanyu.entrypoints.demo import people

    return [(person.username, people.PASSWORD, person.pin, f"{person.role} @ {person.unit}") for person in people.STAFF]
