"""`quanyu up`: the whole product in one process group, until Ctrl-C."""

import contextlib
import os
import signal
import sys
import time
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from quanyu.entrypoints.cli import environment, ports, prepared, programs, screen
from quanyu.platform import postgres
from quanyu.platform.config import Config
from quanyu.platform.process import run_lock, spawn
from quanyu.platform.process.supervisor import Supervisor, end_group

FIRST_ANSWER_SECONDS_MAX = 90.0
CHECK_SECONDS = 0.2
SIMULATOR_PORT = 8090
WECHAT_PORT = 8190
COURIER_PORT = 8290


class StopRequested(BaseException):
    """Ctrl-C or SIGTERM. Not an Exception: nothing on the way may take it for an error and go on."""


class Stopper:
    """The first signal stops in order, the second at once."""

    def __init__(self) -> None:
        self.requests = 0
        self.supervisor: Supervisor | None = None

    def install(self) -> None:
        signs = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup it stays when the terminal goes
            signs.append(signal.SIGHUP)
        for sign in signs:
            signal.signal(sign, self._receive)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.requests += 1
        if self.requests == 1:
            raise StopRequested
        if number == signal.SIGINT:
            if self.supervisor is not None:
                self.supervisor.kill()
            # The database gets its own signal from the kernel or, failing that, recovers at the next start.
            os._exit(130)


@click.command()
@click.option("--demo/--no-demo", default=None, help="Make the demo chain and the payment simulator.")
@click.option("--host", help="Address to serve on (QUANYU_HOST).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on (QUANYU_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes.")
@click.option("--live", is_flag=True, help="In a demo: let shoppers and tills keep buying, so that screens move.")
@click.option("--verbose", is_flag=True, help="Show what the processes write, instead of keeping it in logs.")
def up(*, demo: bool | None, host: str | None, port: int | None, workers: int, live: bool, verbose: bool) -> None:
    """Start everything: database, web, worker. Ctrl-C stops it; a second Ctrl-C at once."""
    given = {"QUANYU_DEMO": None if demo is None else str(int(demo)), "QUANYU_HOST": host, "QUANYU_PORT": port}
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    settings = environment.configuration()
    stopper = Stopper()
    try:
        with run_lock.hold(settings.run_dir / "up.lock"):
            stopper.install()
            with contextlib.suppress(StopRequested):
                _run(settings, stopper, workers=workers, live=live, verbose=verbose)
    except run_lock.Taken as taken:
        raise click.ClickException(
            f"Quanyu already runs on {settings.home} (process {taken.pid}).\n"
            "  -> Stop it with Ctrl-C there, or set QUANYU_HOME to another folder for a second one."
        ) from None


def _run(settings: Config, stopper: Stopper, *, workers: int, live: bool, verbose: bool) -> None:
    server = environment.embedded_server(settings) if settings.is_embedded else None
    try:
        url = _start_database(settings, server)
        state = _prepare(settings, url)
        port = ports.choose(
            settings.host, settings.port, asked_for="port" in settings.model_fields_set, setting="QUANYU_PORT"
        )
        simulator_port = ports.choose("127.0.0.1", SIMULATOR_PORT, asked_for=False, setting="")
        wechat_port = ports.choose("127.0.0.1", WECHAT_PORT, asked_for=False, setting="")
        courier_port = ports.choose("127.0.0.1", COURIER_PORT, asked_for=False, setting="")
        table = programs.table(
            settings,
            port=port,
            simulator_port=simulator_port,
            wechat_port=wechat_port,
            courier_port=courier_port,
            workers=workers,
            live=live,
        )
        supervisor = Supervisor(
            table,
            log_dir=None if verbose else settings.log_dir,
            record=settings.run_dir / "children.json",
            say=screen.say,
        )
        stopper.supervisor = supervisor
        with _stopping(supervisor):
            with screen.step("Starting web and worker"):
                # The others load the same code: beside it they would only make the first answer wait.
                supervisor.start(first="web")
                _wait_for_first_answer(supervisor, settings.host, port)
                supervisor.start_others()
            _greet(settings, port, simulator_port, state)
            _watch(supervisor, server)
    finally:
        if server is not None and server.owned:
            with screen.step("Stopping the database"):
                server.stop()


def _start_database(settings: Config, server: postgres.Server | None) -> str:
    if server is None:
        url = settings.resolved_database_url()
        environment.check(url)
        return url
    with screen.step("Starting the database"):
        address = server.start()
        postgres.create_database(address.url("postgres"), postgres.DATABASE)
    return address.url()


def _prepare(settings: Config, url: str) -> prepared.Prepared | None:
    """Migrate and make the demo in a child, unless the same code already did it to the same database."""
    path = settings.run_dir / "prepared.json"
    state = prepared.read(path)
    if (
        state is not None
        and state.code == prepared.code_fingerprint()
        and state.database == prepared.database_identity(url)
        and (state.demo or not settings.demo)
    ):
        return state
    env = programs.environment(settings, port=settings.port, simulator_port=SIMULATOR_PORT, wechat_port=WECHAT_PORT)
    child = spawn.spawn([sys.executable, "-m", "quanyu.entrypoints.cli", "prepare"], env=env)
    try:
        code = child.wait()
    finally:
        end_group(child, seconds_max=5.0)
    if code != 0:
        raise click.ClickException(f"The database could not be prepared (exit code {code}); see above.")
    return prepared.read(path)


@contextlib.contextmanager
def _stopping(supervisor: Supervisor) -> Iterator[None]:
    try:
        yield
    finally:
        with screen.step("Stopping web and worker", announce=True):
            supervisor.stop()


def _wait_for_first_answer(supervisor: Supervisor, host: str, port: int) -> None:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 (compared, not bound)
    shown = f"[{shown}]" if ":" in shown else shown
    deadline = time.monotonic() + FIRST_ANSWER_SECONDS_MAX
    while time.monotonic() < deadline:
        supervisor.check()
        try:
            with urllib.request.urlopen(f"http://{shown}:{port}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.05)
    raise click.ClickException(
        f"The web server did not answer within {FIRST_ANSWER_SECONDS_MAX:.0f} s.\n{supervisor.log_tail('web')}"
    )


def _watch(supervisor: Supervisor, server: postgres.Server | None) -> None:
    while True:
        supervisor.check()
        if server is not None and not server.alive():
            screen.say("The database stopped; starting it again")
            server.start()
        time.sleep(CHECK_SECONDS)


def _greet(settings: Config, port: int, simulator_port: int, state: prepared.Prepared | None) -> None:
    base = settings.public_url.rstrip("/") or settings.model_copy(update={"port": port}).site_url
    if port != settings.port:
        screen.say(f"Port {settings.port} is taken, so this is {port} (choose with QUANYU_PORT)")
    screen.console.print(f"\n[bold]Quanyu 全域[/bold] 已启动 · runs at [link={base}]{base}[/link]")
    for title, path in ADDRESSES:
        screen.say(f"  {_padded(title)}{base}{path}")
    if settings.demo:
        screen.say(
            f"  {_padded('付款人 Payers')}http://127.0.0.1:{simulator_port}/control/trades "
            "(模拟的微信支付与支付宝 · simulated WeChat Pay and Alipay)"
        )
    if settings.demo and state is not None and state.accounts:
        screen.say("\n演示账号 Demo accounts (登录名 name · 密码 password · 收银 PIN · 角色 role):")
        for account in state.accounts:
            screen.say("  " + "  ".join(f"{part:<18}" for part in account).rstrip())
        if settings.is_exposed:
            screen.say(
                f"\nEverybody who reaches {settings.host} can sign in: these passwords are public. Only for a trial."
            )
    screen.say(f"\n日志 Logs: {_short(settings.log_dir)}   停止 Stop: Ctrl-C")


def _padded(title: str, width: int = 20) -> str:
    """Fill up to a column; a Chinese character takes two."""
    taken = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in title)
    return title + " " * max(1, width - taken)


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


ADDRESSES = (
    ("首页 Start", "/"),
    ("商城 Mall", "/mall/"),
    ("收银台 Till", "/pos/"),
    ("导购屏 Kiosk", "/kiosk/"),
    ("控制台 Console", "/console/"),
    ("商城接口 Mall API", "/api/mall/v1/openapi.json"),
    ("收银接口 Till API", "/api/pos/v1/openapi.json"),
    ("健康 Health", "/readyz"),
)
