"""`quanyu createadmin`: the first person who may do everything, and with that create the others."""

import sys
from datetime import datetime

import click

from quanyu.entrypoints.cli import environment, screen

ROLE = "head_office"


@click.command()
@click.option("--username", prompt="Sign-in name", help="The name to sign in with.")
@click.option("--name", prompt="Name", help="The person's name, as colleagues see it.")
@click.option("--enterprise", default="全域", show_default=True, help="Name of the enterprise, if there is none yet.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def createadmin(*, username: str, name: str, enterprise: str, password_stdin: bool) -> None:
    """Create a head-office administrator. The first one comes with the enterprise itself."""
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    settings = environment.configuration()
    with environment.database(settings):
        environment.django_ready()
        from quanyu.kernel.clock import system_clock

        now = system_clock.now()
        _create(username=username, name=name, unit_id=_root(enterprise, now), password=password, now=now)
    screen.say(f"{username} may now sign in at {settings.site_url}/console/ with every permission.")


def _root(name: str, now: datetime) -> int:
    """The enterprise at the root of the tree; created with this name when the database is new."""
    from quanyu.kernel.actor import SYSTEM
    from quanyu.modules.organization import api as organization
    from quanyu.modules.organization.contracts import UnitKind, UnitUnknown

    try:
        return organization.enterprise().id
    except UnitUnknown:
        created = organization.create_unit(
            kind=UnitKind.ENTERPRISE, code="HQ", name=name, parent_id=None, actor=SYSTEM, now=now
        )
        return created.id


def _create(*, username: str, name: str, unit_id: int, password: str, now: datetime) -> None:
    from quanyu.kernel.actor import SYSTEM, Scope
    from quanyu.modules.identity import api as identity

    member = identity.create_staff(
        username=username, name=name, unit_id=unit_id, password=password, actor=SYSTEM, now=now
    )
    identity.assign_role(staff_id=member.id, role_code=ROLE, scope=Scope.ALL, actor=SYSTEM, now=now)
