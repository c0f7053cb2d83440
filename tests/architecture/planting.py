"""A tiny house in a temporary folder, in which tests plant violations."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.lint.tree import Tree

ROOT = Path(__file__).resolve().parents[2]


def plant(folder: Path, files: Mapping[str, str]) -> Path:
    """Write the skeleton of the house and the given files into `folder`; return it.

    Paths are relative to `src/quanyu/` unless they begin with `/`, which is the root of the checkout.
    """
    shutil.copy(ROOT / ".importlinter", folder / ".importlinter")
    modules = [f"modules/{name}" for name in Tree(ROOT).module_names]
    for package in ("", "entrypoints", "modules", "platform", "kernel", *modules):
        write(folder / "src" / "quanyu" / package / "__init__.py", f'"""The package {package or "quanyu"}."""\n')
    for path, text in files.items():
        target = folder / path.removeprefix("/") if path.startswith("/") else folder / "src" / "quanyu" / path
        write(target, text)
        for parent in target.parents:
            inside = (folder / "src" / "quanyu") in parent.parents
            if inside and target.suffix == ".py" and not (parent / "__init__.py").exists():
                write(parent / "__init__.py", '"""A room."""\n')
    return folder


def write(path: Path, text: str) -> None:
    """Write a text file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def contracts() -> dict[str, str]:
    """Return the import contracts of the project: {id: name}."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter", "utf-8")
    prefix = "importlinter:contract:"
    return {section.removeprefix(prefix): parser[section]["name"] for section in parser if section.startswith(prefix)}


def broken_contracts(folder: Path) -> tuple[set[str], str]:
    """Run import-linter on the house in `folder`; return the ids of the broken contracts and its output."""
    ran = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder / 'src'}{os.pathsep}{ROOT}", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    output = ran.stdout + ran.stderr
    verdicts = {id: _verdict(name, output) for id, name in contracts().items()}
    assert set(verdicts.values()) <= {"KEPT", "BROKEN"}, output
    broken = {id for id, verdict in verdicts.items() if verdict == "BROKEN"}
    assert ran.returncode == (1 if broken else 0), output
    return broken, output


def _verdict(name: str, output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith(name + " ")]
    return lines[0].removeprefix(name).split()[0] if lines else "not reported"
