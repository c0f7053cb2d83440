"""The built mini-program: is it fit for WeChat, and how it is packed."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from pathlib import Path

# WeChat's limit of the main package and of each sub-package, in bytes.
PACKAGE_MAX = 2 * 1024 * 1024
# What the mini-program's engine does not have. After a dot or quote it is somebody's property or text, not the thing.
FORBIDDEN = ("fetch", "XMLHttpRequest", "URLSearchParams", "FormData", "AbortController", "localStorage", "document")
_USE = re.compile(rf"(?<![\w$.'\"`-])({'|'.join(FORBIDDEN)})(?=\s*[.(\[])|\bnew\s+(URL|Headers|Request)\s*\(")
# Vendors' code that asks first whether it is there (`typeof document`).
_ASKS_FIRST = re.compile(r"typeof\s+(?:window|document)\b")
_NEEDS = re.compile(r"""require\(\s*["'](\.[^"']*)["']\s*\)""")
_OUTSIDE = re.compile(r"""url\(\s*['"]?(?:https?:)?//|src=["'](?:https?:)?//""")


class Unfit(Exception):
    """WeChat would refuse this build, or it would fail on a phone."""


def check(built: Path) -> dict[str, int]:
    """Return the size of the main package and of each sub-package in bytes. Raises ``Unfit``."""
    sizes = package_sizes(built)
    faults = [f"{file}: {word}" for file, word in forbidden(built)]
    faults += [f"{file}: loads from outside" for file in outside(built)]
    faults += [f"{file}: reaches into the package of {other}" for file, other in reaching(built)]
    faults += [f"package {name}: {size} bytes of {PACKAGE_MAX}" for name, size in sizes.items() if size > PACKAGE_MAX]
    if faults:
        raise Unfit("the mini-program is not fit for WeChat:\n  " + "\n  ".join(faults))
    return sizes


def package_sizes(built: Path) -> dict[str, int]:
    """Return bytes per package as WeChat counts them: sub-packages by their roots, everything else is ``main``."""
    app = json.loads((built / "app.json").read_text("utf-8"))
    roots = [package["root"].strip("/") for package in app.get("subPackages", [])]
    sizes = dict.fromkeys(["main", *roots], 0)
    for file in (file for file in built.rglob("*") if file.is_file()):
        first = file.relative_to(built).parts[0]
        sizes[first if first in roots else "main"] += file.stat().st_size
    return sizes


def forbidden(built: Path) -> list[tuple[str, str]]:
    """Return the uses of what the engine does not have, as (file, word)."""
    found = []
    for file in sorted(built.rglob("*.js")):
        script = file.read_text("utf-8")
        if _ASKS_FIRST.search(script):
            script = re.sub(r"\bdocument\b", "", script)
        found += [(str(file.relative_to(built)), match[1] or match[2]) for match in _USE.finditer(script)]
    return found


def reaching(built: Path) -> list[tuple[str, str]]:
    """Return the scripts that need a file of a sub-package that is not their own, which may not be loaded yet."""
    roots = [name for name in package_sizes(built) if name != "main"]
    found = []
    for file in sorted(built.rglob("*.js")):
        own = file.relative_to(built).parts[0]
        for needed in _NEEDS.findall(file.read_text("utf-8")):
            root = Path(os.path.normpath(file.parent / needed)).relative_to(built).parts[0]
            if root in roots and root != own:
                found.append((str(file.relative_to(built)), root))
    return found


def outside(built: Path) -> list[str]:
    """Return the templates and styles that load something from another host."""
    files = [file for ending in ("wxss", "wxml") for file in sorted(built.rglob(f"*.{ending}"))]
    return [str(file.relative_to(built)) for file in files if _OUTSIDE.search(file.read_text("utf-8"))]


def pack(built: Path, target: Path, *, appid: str) -> None:
    """Write the zip for WeChat DevTools with the chain's appid in its project file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(file for file in built.rglob("*") if file.is_file()):
            name = str(file.relative_to(built))
            if name == "project.config.json" and appid:
                archive.writestr(name, json.dumps(json.loads(file.read_text("utf-8")) | {"appid": appid}, indent=2))
            else:
                archive.write(file, name)
    shutil.move(fresh, target)
