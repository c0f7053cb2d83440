"""Functions fit on one screen (70 lines), because what is seen whole is understood whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.tree import Finding, Tree

NAME = "function-size"
MEND = "Leave the control flow in the parent and move pure steps into functions of their own."
LINES_MAX = 70


def check(tree: Tree) -> Iterator[Finding]:
    """Yield functions above the limit; the docstring counts, decorators do not."""
    for source in tree.python(under=""):
        for node in source.nodes:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LINES_MAX:
                    yield Finding(
                        source.path, node.lineno, NAME, f"{node.name}() has {length} lines, the limit is {LINES_MAX}"
                    )
