"""The table of processes that `up` keeps running, in the order in which they start."""

import os
import signal
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from quanyu.platform.config import Config
from quanyu.platform.process.supervisor import Program

SIMULATOR = "quanyu.modules.payments.simulators"
WECHAT_SIMULATOR = "quanyu.modules.members.simulators"
COURIER_SIMULATOR = "quanyu.modules.fulfilment.simulators"
WORKER = "quanyu.entrypoints.worker"
WEB_STOP_SECONDS_MAX = 15.0  # requests in flight are answered first
WORKER_STOP_SECONDS_MAX = 25.0  # it gives its jobs 20 s


def table(
    settings: Config,
    *,
    port: int,
    simulator_port: int,
    wechat_port: int = 0,
    courier_port: int = 0,
    workers: int,
    live: bool = False,
) -> list[Program]:
    """The programs of one host. The simulators run in a demo only, and shoppers where they are asked for."""
    env = environment(
        settings, port=port, simulator_port=simulator_port, wechat_port=wechat_port, courier_port=courier_port
    )
    found = []
    if settings.demo and find_spec(SIMULATOR):
        state = settings.home / "simulators"
        command = [sys.executable, "-m", SIMULATOR, "--port", str(simulator_port), "--state-dir", str(state)]
        found.append(Program("payment-simulator", command, env))
    if settings.demo and wechat_port and find_spec(WECHAT_SIMULATOR):
        command = [sys.executable, "-m", WECHAT_SIMULATOR, "--port", str(wechat_port)]
        found.append(Program("wechat-simulator", command, env))
    if settings.demo and courier_port and find_spec(COURIER_SIMULATOR):
        state = settings.home / "simulators"
        command = [sys.executable, "-m", COURIER_SIMULATOR, "--port", str(courier_port), "--state-dir", str(state)]
        found.append(Program("courier-simulator", command, env))
    if find_spec(WORKER):
        # Its database dies with us too, and waiting for it would only make an orphan.
        worker = Program(
            "worker", [sys.executable, "-m", WORKER], env, WORKER_STOP_SECONDS_MAX, at_parent_death=signal.SIGKILL
        )
        found.append(worker)
    if settings.demo and live:
        shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 (compared, not bound)
        command = [sys.executable, "-m", "quanyu.entrypoints.cli", "demo", "--live"]
        found.append(Program("shoppers", [*command, "--address", f"http://{shown}:{port}"], env))
    granian = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--host", settings.host]
    granian += ["--port", str(port), "--workers", str(workers), "--respawn-failed-workers"]
    granian += ["--process-name", "quanyu-web"] if find_spec("setproctitle") else []
    found.append(Program("web", [*granian, "quanyu.entrypoints.asgi:app"], env, WEB_STOP_SECONDS_MAX))
    return found


def environment(
    settings: Config, *, port: int, simulator_port: int, wechat_port: int = 0, courier_port: int = 0
) -> Mapping[str, str]:
    """What the children see: our environment and the choices made since."""
    chosen = {
        "QUANYU_HOME": str(settings.home),
        "QUANYU_PORT": str(port),
        "QUANYU_DEMO": "1" if settings.demo else "0",
        "PYTHONUNBUFFERED": "1",
    }
    if settings.demo:
        chosen["QUANYU_PAYMENT_SIMULATOR_URL"] = f"http://127.0.0.1:{simulator_port}"
    if settings.demo and wechat_port:
        chosen["QUANYU_WECHAT_SIMULATOR_URL"] = f"http://127.0.0.1:{wechat_port}"
    if settings.demo and courier_port:
        chosen["QUANYU_COURIER_SIMULATOR_URL"] = f"http://127.0.0.1:{courier_port}"
    return dict(os.environ) | chosen
