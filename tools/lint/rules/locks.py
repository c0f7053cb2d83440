"""Locks are taken in one place, sorted and with a time limit; scattered locks are how deadlocks are made."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.lint.tree import PACKAGE, Finding, Tree

NAME = "locks"
MEND = "Take it through quanyu.platform.locks, which sorts, limits the wait and names the key space."
_HOME = (
    "src/quanyu/platform/locks.py",
    "src/quanyu/platform/locks/",
    "src/quanyu/platform/db/sql_rooms.py",  # runs before there is anything else to lock by
)
_SQL = re.compile(r"\bpg_(?:try_)?advisory_\w*lock\w*", re.IGNORECASE)


def check(tree: Tree) -> Iterator[Finding]:
    """Yield `select_for_update` and advisory locks outside platform/locks."""
    for source in tree.python():
        if source.path.startswith(_HOME):
            continue
        docstrings = source.docstrings()
        for node in source.nodes:
            if isinstance(node, ast.Attribute) and node.attr == "select_for_update":
                yield Finding(source.path, node.lineno, NAME, "a row lock is taken here")
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docstrings:
                continue
            if _SQL.search(node.value):
                yield Finding(source.path, node.lineno, NAME, "an advisory lock is taken here")
    for source in tree.files(".sql", under=PACKAGE):
        for number, line in enumerate(source.lines, start=1):
            if _SQL.search(line.split("--")[0]) and not source.path.startswith("src/quanyu/platform/"):
                yield Finding(source.path, number, NAME, "an advisory lock is taken here")
