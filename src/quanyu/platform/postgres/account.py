"""Which system account PostgreSQL runs under: it refuses root, so root lends it a lesser account."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from quanyu.platform.postgres.errors import PostgresError

PREFERRED = ("postgres", "nobody")


class Identity(TypedDict, total=False):
    """The keyword arguments of `subprocess` that change the account of a child."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """An existing system account. No account is ever created here."""

    name: str
    uid: int
    gid: int

    @property
    def identity(self) -> Identity:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account() -> Account | None:
    """The account to lower a child to, or None when this process is not root and may stay itself."""
    if os.geteuid() != 0:
        return None
    for name in PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise PostgresError(
        "PostgreSQL refuses to run as root, and there is neither a user 'postgres' nor 'nobody'.",
        "Run Quanyu as an ordinary user, or add a system user named postgres.",
    )


def identity(account: Account | None) -> Identity:
    """What to pass to `subprocess` so that the child runs under the account."""
    return account.identity if account else {}


def can_enter(account: Account | None, folder: Path) -> bool:
    """Whether the account may pass through the folder and all its parents.

    Asked of the system by a child under that account, because mode bits alone miss ACLs and mounts.
    """
    if account is None:
        return os.access(folder, os.X_OK)
    done = subprocess.run(["test", "-x", str(folder)], check=False, cwd="/", **account.identity)
    return done.returncode == 0
