"""HTTP rooms translate; they do not read tables. A query there escapes the data scope the door applies."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.tree import Finding, Tree

NAME = "http-queries"
MEND = "Ask the module's api; it knows who may see what and returns contracts."


def check(tree: Tree) -> Iterator[Finding]:
    """Yield uses of a model's `objects` and of raw cursors in http rooms."""
    for source in tree.python():
        if source.room != "http":
            continue
        for node in source.nodes:
            if isinstance(node, ast.Attribute) and node.attr in {"objects", "cursor"}:
                yield Finding(source.path, node.lineno, NAME, f"`.{node.attr}` is used in an http room")
