"""Start, join, watch and stop the embedded PostgreSQL. This process is the parent of the postmaster."""

import fcntl
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from quanyu.platform import secret_file
from quanyu.platform.postgres import account as accounts
from quanyu.platform.postgres import binaries as installation
from quanyu.platform.postgres import cluster, postmaster
from quanyu.platform.postgres.address import Address
from quanyu.platform.postgres.errors import PostgresError
from quanyu.platform.process import spawn

logger = logging.getLogger("quanyu.postgres")

PASSWORD_NAME = "QUANYU_PG_PASSWORD"  # noqa: S105 (the name, not a password)
START_SECONDS_MAX = 120.0  # crash recovery of a large log takes its time
RETRY_SECONDS_MAX = 20.0  # for the remains of a killed server to disappear
ZOMBIE_SECONDS_MAX = 5.0
STOP_SECONDS_MAX = 15.0
LOG_BYTES_MAX = 10_000_000
# Below the range the kernel lends to outgoing connections, so that a restart finds its port free again.
PORTS = range(15_400, 20_000)
# What an old server that is not quite gone makes the new one say.
PASSING_FAILURES = ("another postmaster", "another server", "pre-existing shared memory block", "lock file")
PORT_FAILURES = ("Address already in use", "could not create any TCP/IP sockets")


class Server:
    """One cluster in `data_dir`. `start` is safe to repeat: it joins a server that another process started.

    port: fixed port, else the last one or a free one. settings: extra lines for PostgreSQL. password: of the
    superuser `quanyu`; by default kept as QUANYU_PG_PASSWORD in `secrets.env` beside the folder.
    unsafe_fast: without fsync, for throw-away databases of tests only. stop_with_parent: the server stops when
    the thread that started it dies, however it dies (Linux).
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        password: str | None = None,
        bindir: Path | None = None,
        log_file: Path | None = None,
        unsafe_fast: bool = False,
        stop_with_parent: bool = True,
        say: Callable[[str], None] = logger.info,
    ) -> None:
        # Absolute but not resolved: the folder itself may be a link that `settle` made.
        self.wanted_dir = Path.cwd() / data_dir
        self.data_dir = self.wanted_dir
        self.log_file = log_file or self.wanted_dir.parent / "log" / "postgres.log"
        self._port = port
        self._settings = dict(settings or {})
        self._given_password = password
        self._bindir = bindir
        self._unsafe_fast = unsafe_fast
        self._stop_with_parent = stop_with_parent
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_dir_made: Path | None = None
        self.address: Address | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def owned(self) -> bool:
        """Whether this object started the running server (and will stop it), rather than joined it."""
        return self._process is not None

    def alive(self) -> bool:
        """Whether a server runs on the folder now."""
        if self._process is not None:
            return self._process.poll() is None
        return postmaster.serving(self.data_dir) is not None

    def start(self) -> Address:
        """Create the cluster if need be, start or join the server, and return where it answers.

        Blocks until connections are accepted. Raises PostgresError with a remedy.
        """
        if self._process is not None and self._process.poll() is not None:
            self._process = None  # it died; poll has collected it, so that it is no zombie in our own way
        programs = installation.find(self._bindir)
        account = accounts.server_account()
        with self._exclusive():
            self.data_dir = cluster.settle(self.wanted_dir, account, self._say)
            programs = installation.reachable(programs, account)
            if not (self.data_dir / "PG_VERSION").exists():
                self._say("Creating the database cluster (once, a few seconds)")
                cluster.create(self.data_dir, programs, account, self._password(), sync=not self._unsafe_fast)
            cluster.check_version(self.data_dir, programs)
            running = postmaster.serving(self.data_dir)
            if running is not None:
                self.address = self._join()
            else:
                self.address = self._launch(programs, account)
        return self.address

    def stop(self, seconds_max: float = STOP_SECONDS_MAX) -> None:
        """Stop the server if this object started it: fast, then immediate, then killed. A joined one stays."""
        process, self._process = self._process, None
        self.address = None
        if process is not None:
            _end(process, seconds_max)
        if self._socket_dir_made is not None:
            shutil.rmtree(self._socket_dir_made, ignore_errors=True)
            self._socket_dir_made = None

    def _password(self) -> str:
        if self._given_password is not None:
            return self._given_password
        made = secret_file.ensure(
            self.wanted_dir.parent / "secrets.env", {PASSWORD_NAME: lambda: secrets.token_urlsafe(24)}
        )
        return made[PASSWORD_NAME]

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """One starter at a time, so that the second one sees a server to join instead of racing the first."""
        cluster.make_folder(self.wanted_dir.parent)
        with (self.wanted_dir.parent / f".{self.wanted_dir.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _join(self) -> Address:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            running = postmaster.serving(self.data_dir)
            if running is None:
                raise PostgresError(
                    f"A server on {self.data_dir} stopped while this one joined it.", "Start once more."
                )
            if running.ready:
                return self._address(running)
            time.sleep(0.05)
        raise PostgresError(
            f"The server on {self.data_dir} is starting since more than {START_SECONDS_MAX:.0f} s.",
            f"See {self.log_file}.",
        )

    def _launch(self, programs: installation.Binaries, account: accounts.Account | None) -> Address:
        deadline = time.monotonic() + RETRY_SECONDS_MAX
        port = self._port or cluster.last_port(self.data_dir)
        socket_dir = self._socket_dir(account)
        while True:
            postmaster.clear_stale(self.data_dir, ZOMBIE_SECONDS_MAX)
            if self._port is None and (port is None or not _is_free(port)):
                port = _free_port(self.data_dir)
            settings = self._effective_settings(programs, port or 0, socket_dir)
            cluster.write_settings(self.data_dir, settings, account)
            complaint = self._attempt(programs, account)
            if complaint is None:
                return self._join()
            if any(sign in complaint for sign in PORT_FAILURES):
                if self._port is not None:
                    raise PostgresError(
                        f"Port {port} for the embedded PostgreSQL is taken.",
                        "Choose another, or none, to let it choose.",
                    )
                port = None
            elif not any(sign in complaint for sign in PASSING_FAILURES):
                raise PostgresError(f"PostgreSQL did not start: {complaint}", f"See {self.log_file}.")
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL did not start: {complaint}", f"See {self.log_file}.")
            time.sleep(0.2)

    def _attempt(self, programs: installation.Binaries, account: accounts.Account | None) -> str | None:
        """One launch: None when the server is ready, else what it said before it gave up."""
        cluster.make_folder(self.log_file.parent)
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES_MAX:
            self.log_file.rename(self.log_file.with_name(self.log_file.name + ".1"))
        with self.log_file.open("ab") as log:
            start_of_log = log.tell()
            process = spawn.spawn(
                [str(programs.program("postgres")), "-D", str(self.data_dir)],
                env=cluster.child_environment(),
                output=log,
                cwd="/",
                at_parent_death=signal.SIGINT if self._stop_with_parent else None,
                user=account.uid if account else None,
                group=account.gid if account else None,
            )
        self._process = process  # at once, so that `stop` ends it even when the wait below is interrupted
        deadline = time.monotonic() + START_SECONDS_MAX
        while process.poll() is None:
            found = postmaster.read(self.data_dir)
            if found is not None and found.pid == process.pid and found.ready:
                return None
            if time.monotonic() > deadline:
                _end(process, STOP_SECONDS_MAX)
                break
            time.sleep(0.02)
        self._process = None
        with self.log_file.open("rb") as log:
            log.seek(start_of_log)
            return log.read().decode("utf-8", "replace").strip()[-2000:] or "no message"

    def _effective_settings(self, programs: installation.Binaries, port: int, socket_dir: Path) -> dict[str, str]:
        settings = dict(cluster.SETTINGS)
        if programs.has_library("pg_stat_statements"):
            settings["shared_preload_libraries"] = "pg_stat_statements"
        if self._unsafe_fast:
            settings |= cluster.UNSAFE_FAST
        return settings | self._settings | {"port": str(port), "unix_socket_directories": str(socket_dir)}

    def _socket_dir(self, account: accounts.Account | None) -> Path:
        """The data folder itself, closed to everybody else; a short private one when that path is too long."""
        if len(str(self.data_dir)) <= cluster.SOCKET_PATH_CHARS_MAX:
            return self.data_dir
        if self._socket_dir_made is None:
            self._socket_dir_made = Path(tempfile.mkdtemp(prefix="quanyu-", dir="/tmp"))
            if account is not None:
                os.chown(self._socket_dir_made, account.uid, account.gid)
        return self._socket_dir_made

    def _address(self, running: postmaster.Postmaster) -> Address:
        return Address(
            host="127.0.0.1",
            port=running.port,
            user=cluster.SUPERUSER,
            password=self._password(),
            socket_dir=running.socket_dir,
        )


def _end(process: subprocess.Popen[bytes], seconds_max: float) -> None:
    """Fast shutdown, then immediate, then the hard way; the process is collected in every case."""
    for sign, seconds in ((signal.SIGINT, seconds_max), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        if process.poll() is not None:
            return
        process.send_signal(sign)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            logger.warning("PostgreSQL %s did not stop %.0f s after %s", process.pid, seconds, sign.name)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port(data_dir: Path) -> int:
    """A free port; each folder begins its search elsewhere, so that parallel starts seldom collide."""
    first = zlib.crc32(str(data_dir).encode()) % len(PORTS)
    for step in range(len(PORTS)):
        port = PORTS[(first + step) % len(PORTS)]
        if _is_free(port):
            return port
    raise PostgresError(f"No port from {PORTS.start} to {PORTS.stop - 1} is free.", "Stop some other servers.")
