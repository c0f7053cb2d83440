"""Children of a supervisor that was killed: recognise them surely, and end them before a new start."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

END_SECONDS_MAX = 10.0


def birth(pid: int) -> str:
    """When the process was born, as text that no other process with the same id has; empty when it is gone."""
    try:
        # Field 22: ticks since boot. After the last ')', because the name may hold blanks.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        pass
    if Path("/proc/self").exists():
        return ""
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def end(record: Path, say: Callable[[str], None]) -> None:
    """End the process groups that the record names, if they are still those; then remove the record."""
    try:
        entries = json.loads(record.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        entries = []
    groups = [
        (entry["name"], entry["pid"]) for entry in entries if entry["birth"] and birth(entry["pid"]) == entry["birth"]
    ]
    for name, group in groups:
        say(f"Ending {name} (process {group}), which a killed start left behind")
        _signal(group, signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS_MAX
    for _, group in groups:
        while _group_lives(group) and time.monotonic() < deadline:
            time.sleep(0.05)
        _signal(group, signal.SIGKILL)
    record.unlink(missing_ok=True)


def _signal(group: int, sign: signal.Signals) -> None:
    try:
        os.killpg(group, sign)
    except (ProcessLookupError, PermissionError):
        return


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
