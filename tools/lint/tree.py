"""The files a rule looks at, read once, with their syntax trees."""

from __future__ import annotations

import ast
import configparser
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SKIPPED_FOLDERS = frozenset(
    (".git", ".venv", ".stamps", "var", "dist", "node_modules", "__pycache__", "htmlcov", "test-results")
)
PACKAGE = "src/quanyu/"
MODULES = "src/quanyu/modules/"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One breach: where, which rule, why it matters. Lines count from 1."""

    path: str
    line: int
    rule: str
    why: str


class Source:
    """One text file. `path` is relative to the root, with forward slashes."""

    def __init__(self, root: Path, path: str) -> None:
        self.path = path
        self._file = root / path

    @cached_property
    def text(self) -> str:
        """The whole text; bytes that are not UTF-8 are shown as replacement characters."""
        return self._file.read_text("utf-8", errors="replace")

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.splitlines()

    @cached_property
    def syntax(self) -> ast.Module:
        """The Python syntax tree."""
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the syntax tree, in `ast.walk` order."""
        return list(ast.walk(self.syntax))

    @property
    def module(self) -> str | None:
        """The bounded context the file belongs to, if any."""
        return self.path.removeprefix(MODULES).split("/")[0] if self.path.startswith(MODULES) else None

    @property
    def room(self) -> str | None:
        """The room inside the module: `api`, `ops`, `http`..., if any."""
        parts = self.path.removeprefix(MODULES).split("/")
        if not self.path.startswith(MODULES) or len(parts) < 2:
            return None
        return parts[1].removesuffix(".py")

    @property
    def in_migrations(self) -> bool:
        """Whether Django wrote it."""
        return "/migrations/" in self.path

    def docstrings(self) -> set[int]:
        """Return the ids of the constant nodes that are docstrings."""
        found = set()
        for node in self.nodes:
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
                first = node.body[0]
                if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                    found.add(id(first.value))
        return found


class Tree:
    """The repository, or a planted copy of it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def sources(self) -> list[Source]:
        """Every file that could be committed, sorted by path."""
        paths: list[str] = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS and not _is_cache(name)]
            here = Path(folder).relative_to(self.root)
            paths.extend((here / name).as_posix() for name in files)
        return [Source(self.root, path) for path in sorted(paths)]

    def files(self, *suffixes: str, under: str = "") -> Iterator[Source]:
        """Yield the files with one of the suffixes below a folder."""
        return (s for s in self.sources if s.path.startswith(under) and s.path.endswith(suffixes))

    def python(self, under: str = PACKAGE, *, migrations: bool = False) -> Iterator[Source]:
        """Yield Python files; migrations only when asked for."""
        return (s for s in self.files(".py", under=under) if migrations or not s.in_migrations)

    @cached_property
    def storeys(self) -> list[set[str]]:
        """The modules by layer, the highest first, as written in `.importlinter`."""
        parser = configparser.ConfigParser()
        parser.read(self.root / ".importlinter", "utf-8")
        layers = parser["importlinter:contract:modules"]["layers"].split("\n")
        return [{name.strip() for name in layer.split("|")} for layer in layers if layer.strip()]

    @cached_property
    def module_names(self) -> list[str]:
        """All modules, the lowest first."""
        return [name for layer in reversed(self.storeys) for name in sorted(layer)]

    def below(self, module: str) -> set[str]:
        """Return the modules whose doors the given one may call."""
        for depth, layer in enumerate(self.storeys):
            if module in layer:
                return set().union(*self.storeys[depth + 1 :])
        return set()


def _is_cache(folder: str) -> bool:
    return folder == ".hypothesis" or (folder.startswith(".") and folder.endswith("_cache"))


def names_called(node: ast.Call) -> str:
    """Return the dotted name of a call, as far as it is made of names: `models.F`, `x.objects.get`."""
    parts: list[str] = []
    target: ast.AST = node.func
    while isinstance(target, ast.Attribute):
        parts.append(target.attr)
        target = target.value
    if isinstance(target, ast.Name):
        parts.append(target.id)
    return ".".join(reversed(parts))
