"""The real product as processes: granian on a free port over this worker's database, and the payment simulator."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.harness.database import ROOT

T = TypeVar("T")
APP = "quanyu.entrypoints.asgi:app"
START_S_MAX = 90
STOP_S_MAX = 15
PROVIDERS = {"wechat": "wechatpay", "alipay": "alipay"}


class NotReady(Exception):
    """A process did not become ready; the message ends with what it last said."""


@dataclass(frozen=True)
class Simulator:
    """The simulated WeChat Pay and Alipay, told what the world does."""

    url: str

    def control(self, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
        """Give an instruction of the control interface (see simulators/control.py)."""
        answer = requests.request(method, f"{self.url}/control/{path}", json=content, timeout=10)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.json()

    def pay(self, tender: str, out_trade_no: str, *, force: bool = False) -> None:
        """Let the payer pay; ``force`` even after the trade was closed."""
        self.control("POST", f"trades/{PROVIDERS[tender]}/{out_trade_no}/pay", {"force": force})

    def plan(self, kind: str, **fields: Any) -> None:
        """Plan a fault (see simulators/faults.py)."""
        self.control("POST", "faults", {"kind": kind, **fields})

    def notify(self, tender: str, out_trade_no: str, *, forgery: str = "") -> dict[str, Any]:
        """Send a notification now, a forged one by the forgery's name; return how it was answered."""
        path = f"trades/{PROVIDERS[tender]}/{out_trade_no}/notify"
        delivery: dict[str, Any] = self.control("POST", path, {"forgery": forgery})
        return delivery


@dataclass(frozen=True)
class Live:
    """A running product."""

    url: str
    simulator: Simulator


@contextmanager
def live_server() -> Iterator[Live]:
    """Run the simulator and the web server for the time of the block, over this worker's database."""
    with ExitStack() as running:
        home = Path(os.environ["QUANYU_HOME"])
        simulator_port, web_port = _free_port(), _free_port()
        simulator_url, web_url = (f"http://127.0.0.1:{port}" for port in (simulator_port, web_port))
        chosen = {
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "QUANYU_HOST": "127.0.0.1",
            "QUANYU_PORT": str(web_port),
            "QUANYU_PUBLIC_URL": web_url,
            "QUANYU_PAYMENT_SIMULATOR_URL": simulator_url,
            # Outside of a demo no process talks to a simulator.
            "QUANYU_DEMO": "1",
            "PYTHONUNBUFFERED": "1",
        }
        simulator = ["-m", "quanyu.modules.payments.simulators", "--port", str(simulator_port), "--speed", "20"]
        simulator += ["--refund-seconds", "0.2", "--keys-dir", str(home / "simulators")]
        running.enter_context(_process("simulator", simulator, chosen, ready=f"{simulator_url}/healthz"))
        granian = ["-m", "granian", "--interface", "asgi", "--no-ws", "--host", "127.0.0.1", "--port", str(web_port)]
        granian += ["--workers", "1", APP]
        # Not /readyz: it asks for a relay as soon as events wait, and here tests play the worker themselves.
        running.enter_context(_process("web", granian, chosen, ready=f"{web_url}/api/mall/v1/categories"))
        yield Live(web_url, Simulator(simulator_url))


def eventually(found: Callable[[], T], *, seconds: float = 15) -> T:
    """Ask again until the answer is true; return it. For what another process does in its own time."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return answer


@contextmanager
def _process(name: str, arguments: list[str], chosen: dict[str, str], *, ready: str) -> Iterator[None]:
    log_path = Path(os.environ["QUANYU_HOME"]) / "log" / f"live-{name}-{os.getpid()}.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("wb") as log:
        # A group of its own: a web server that does not stop in time is ended together with its workers.
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | chosen,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(process, ready, log_path)
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(process: subprocess.Popen[bytes], ready: str, log_path: Path) -> None:
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(ready, timeout=20).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise NotReady(f"{ready} did not answer:\n{log_path.read_text(errors='replace')[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
