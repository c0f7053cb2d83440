"""The data folder: where it lies, how it is made once, and the settings it starts with."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from quanyu.platform.postgres import binaries as installation
from quanyu.platform.postgres.account import Account, can_enter, identity
from quanyu.platform.postgres.binaries import Binaries
from quanyu.platform.postgres.errors import PostgresError

SUPERUSER = "quanyu"
SETTINGS_FILE = "quanyu.conf"
SOCKET_PATH_CHARS_MAX = 90  # the kernel allows 107 including "/.s.PGSQL.54321"

# Durable first: a sale that was acknowledged survives a power cut. Memory is kept modest, because the database
# shares a small machine with the web server; a big chain runs its own server by DATABASE_URL.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "shared_buffers": "96MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",  # solid-state disks
    "jit": "off",  # compiling costs short queries more than it gives
    "idle_in_transaction_session_timeout": "60s",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_duration_statement": "2s",
    # Bound values may be personal data: they never reach the log.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}

# For throw-away databases of tests only: a crash may destroy the cluster.
UNSAFE_FAST: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def settle(wanted: Path, account: Account | None, say: Callable[[str], None]) -> Path:
    """The folder that will really hold the data: `wanted`, or a reachable one that `wanted` then links to.

    The link keeps the choice visible and makes it last; no folder above `wanted` changes its permissions.
    """
    if wanted.is_symlink():
        return wanted.resolve()
    make_folder(wanted.parent)
    if can_enter(account, wanted.parent):
        return wanted
    mark = hashlib.sha256(str(wanted).encode()).hexdigest()[:10]
    target = installation.reachable_base() / f"quanyu-{mark}" / "pg"
    if wanted.exists():
        raise PostgresError(
            f"PostgreSQL's account {account.name if account else ''} cannot reach {wanted}.",
            f"Move the folder to {target} and put a symbolic link in its place, or run as its owner.",
        )
    make_folder(target.parent)
    wanted.symlink_to(target)
    name = account.name if account else "the server"
    say(f"The account {name} cannot enter {wanted.parent}; the database lies in {target} instead.")
    return target


def make_folder(folder: Path) -> None:
    """Create the missing folders of a path so that other accounts may pass through them; existing ones stay."""
    for missing in reversed([part for part in (folder, *folder.parents) if not part.exists()]):
        missing.mkdir(exist_ok=True)
        missing.chmod(0o755)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder for throw-away clusters that the server's account can reach, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="quanyu-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create(data_dir: Path, programs: Binaries, account: Account | None, password: str, *, sync: bool) -> None:
    """Run initdb. The folder appears under its name only when complete, so a kill half-way leaves no ruin."""
    draft = data_dir.with_name(data_dir.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", prefix="quanyu-", dir="/tmp") as secret:
        secret.write(password)
        secret.flush()
        if account is not None:
            os.chown(draft, account.uid, account.gid)
            os.chown(secret.name, account.uid, account.gid)
        command = [str(programs.program("initdb")), "-D", str(draft), "-U", SUPERUSER, f"--pwfile={secret.name}"]
        command += ["--auth-host=scram-sha-256", "--auth-local=scram-sha-256", "--encoding=UTF8", "--data-checksums"]
        command += ["--no-instructions", *locale_options(programs.major), *([] if sync else ["--no-sync"])]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=child_environment(),
            **identity(account),
        )
    if done.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise PostgresError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}", "Is the disk full?")
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as stream:
        stream.write(f"\n# Written at every start; put your own settings below this line.\ninclude '{SETTINGS_FILE}'\n")
    draft.rename(data_dir)


def locale_options(major: int) -> list[str]:
    """Never the locale C: pg_trgm sees no Chinese in it. PG 17+ brings its own, equal on every machine."""
    system = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    if major < 17:
        return [f"--locale={system}"]
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={system}"]


def write_settings(data_dir: Path, settings: Mapping[str, str], account: Account | None) -> None:
    """Write the settings of this start beside `postgresql.conf`, which includes them."""
    path = data_dir / SETTINGS_FILE
    draft = path.with_name(path.name + ".new")
    quoted = {name: value.replace("'", "''") for name, value in settings.items()}
    draft.write_text("".join(f"{name} = '{value}'\n" for name, value in quoted.items()), encoding="utf-8")
    draft.chmod(0o600)
    if account is not None:
        os.chown(draft, account.uid, account.gid)
    draft.rename(path)


def last_port(data_dir: Path) -> int | None:
    """The port of the last start, or None before the first one."""
    try:
        text = (data_dir / SETTINGS_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = re.search(r"^port = '(\d+)'", text, re.MULTILINE)
    return int(found[1]) if found else None


def check_version(data_dir: Path, programs: Binaries) -> None:
    """Raises PostgresError when another major version made the folder: its format is not ours to guess."""
    made_by = (data_dir / "PG_VERSION").read_text().strip()
    if made_by != str(programs.major):
        raise PostgresError(
            f"The data in {data_dir} was made by PostgreSQL {made_by}; {programs.bindir} is {programs.major}.",
            f"Set QUANYU_PG_BINDIR to a PostgreSQL {made_by}, run `quanyu backup` with it, then restore with the new.",
        )


def child_environment() -> dict[str, str]:
    """The environment without PG* variables and locales that would bend initdb or the server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C.UTF-8" if sys.platform != "darwin" else "en_US.UTF-8"}
