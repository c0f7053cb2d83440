"""The print bridge: who may print, each job once, a printer that is away, a bridge that stopped in the middle."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import requests

from quanyu.entrypoints.print_bridge.printers import DevicePrinter, NetworkPrinter, PrinterGone, printer_at
from quanyu.entrypoints.print_bridge.server import JOB_BYTES_MAX, TOKEN_HEADER, Bridge, server
from quanyu.entrypoints.print_bridge.spool import JobState, Spool
from tests.harness.live import eventually

ORIGIN, TOKEN = "https://shop.example", "a-token-of-this-computer"
HEADERS = {"Origin": ORIGIN, TOKEN_HEADER: TOKEN}


class Running:
    """A bridge that listens, with a file for a printer."""

    def __init__(self, folder: Path) -> None:
        self.paper = folder / "lp0"
        self.paper.touch()
        self.spool = Spool(folder / "jobs")
        self.bridge = Bridge(self.spool, DevicePrinter(self.paper), TOKEN, {ORIGIN})
        self.server = server(self.bridge, port=0)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        for work in (self.server.serve_forever, self.bridge.print_all):
            threading.Thread(target=work, daemon=True).start()

    def send(self, job: UUID, data: bytes, **headers: str) -> requests.Response:
        return requests.post(f"{self.url}/jobs/{job}", data=data, headers=HEADERS | headers, timeout=10)

    def state(self, job: UUID) -> str:
        return str(requests.get(f"{self.url}/jobs/{job}", headers=HEADERS, timeout=10).json()["state"])

    def stop(self) -> None:
        self.bridge.stopping.set()
        self.bridge.wake.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    bridge = Running(tmp_path)
    yield bridge
    bridge.stop()


def test_pos_01_a_job_is_printed_once_however_often_it_is_sent(running):
    job = uuid4()
    assert running.send(job, b"\x1b@receipt\n").status_code == 202
    eventually(lambda: running.state(job) == "printed")
    again = running.send(job, b"\x1b@receipt\n")
    assert (again.status_code, again.json()) == (200, {"state": "printed"})
    other = uuid4()
    running.send(other, b"second\n")
    eventually(lambda: running.state(other) == "printed")
    assert running.paper.read_bytes() == b"\x1b@receipt\nsecond\n"
    # What was printed is forgotten, that it was printed is not.
    assert [file.stat().st_size for file in (running.paper.parent / "jobs").iterdir()] == [0, 0]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({TOKEN_HEADER: "another"}, 401, "bridge.token"),
        ({TOKEN_HEADER: ""}, 401, "bridge.token"),
        ({"Origin": "https://evil.example"}, 403, "bridge.origin"),
        ({"Origin": ""}, 403, "bridge.origin"),
        ({"Host": "evil.example:9191"}, 403, "bridge.origin"),
    ],
)
def test_only_the_till_that_knows_the_token_prints(running, headers, status, code):
    job = uuid4()
    refused = running.send(job, b"x", **headers)
    assert (refused.status_code, refused.json()) == (status, {"code": code})
    assert running.spool.state(job) is None
    assert running.paper.read_bytes() == b""


def test_a_browser_is_told_that_this_page_may_ask_and_no_other(running):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    allowed = requests.options(f"{running.url}/jobs/{uuid4()}", headers={"Origin": ORIGIN} | asked, timeout=10)
    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert allowed.headers["Access-Control-Allow-Private-Network"] == "true"
    foreign = requests.options(f"{running.url}/status", headers={"Origin": "https://evil.example"} | asked, timeout=10)
    assert foreign.status_code == 403
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_a_printer_that_is_away_keeps_the_job_until_it_is_back(running):
    running.paper.unlink()
    job = uuid4()
    running.send(job, b"later\n")
    status = eventually(lambda: requests.get(f"{running.url}/status", headers=HEADERS, timeout=10).json()["problem"])
    assert "No such file" in status
    assert running.state(job) == "waiting"
    running.paper.touch()
    running.bridge.wake.set()
    eventually(lambda: running.state(job) == "printed")
    assert running.paper.read_bytes() == b"later\n"


@pytest.mark.parametrize("size", [0, JOB_BYTES_MAX + 1])
def test_nothing_and_too_much_are_refused(running, size):
    refused = running.send(uuid4(), b"x" * size)
    assert (refused.status_code, refused.json()) == (413, {"code": "bridge.size"})


def test_unknown_jobs_and_addresses_are_not_found(running):
    for path in (f"/jobs/{uuid4()}", "/jobs/x", "/elsewhere"):
        assert requests.get(running.url + path, headers=HEADERS, timeout=10).json() == {"code": "bridge.job_unknown"}


def test_a_bridge_that_stopped_in_the_middle_does_not_print_twice_and_says_so(tmp_path):
    spool = Spool(tmp_path)
    first, second = uuid4(), uuid4()
    assert (spool.take(first, b"1"), spool.take(second, b"2")) == (True, True)
    assert spool.begin(first) == b"1"
    after = Spool(tmp_path)
    assert (after.state(first), after.state(second)) == (JobState.UNSURE, JobState.WAITING)
    assert after.waiting() == [second]
    assert after.take(first, b"1") is False


def test_a_network_printer_gets_all_bytes_and_one_that_is_off_is_told():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        got: list[bytes] = []

        def take() -> None:
            connection, _ = listening.accept()
            with connection:
                while part := connection.recv(4096):
                    got.append(part)

        reader = threading.Thread(target=take)
        reader.start()
        printer = printer_at(f"tcp://127.0.0.1:{listening.getsockname()[1]}")
        assert isinstance(printer, NetworkPrinter)
        printer.write(b"x" * 100_000)
        reader.join(10)
        assert b"".join(got) == b"x" * 100_000
    with pytest.raises(PrinterGone) as gone:
        printer.write(b"x")
    assert gone.value.begun is False
    with pytest.raises(ValueError, match="tcp://"):
        printer_at("tcp://")
