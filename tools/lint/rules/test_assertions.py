"""A test that asserts nothing passes for ever, also when the product is broken."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.tree import Finding, Tree, names_called

NAME = "test-assertions"
MEND = "Assert the exact outcome; on a refusal also that nothing changed."
_PROVING = ("assert", "expect", "check", "prove", "verify", "validate", "refuse", "fail", "raises", "warns", "must")


def check(tree: Tree) -> Iterator[Finding]:
    """Yield test functions without an assertion, a `pytest.raises` or a call that is named like a proof."""
    for source in tree.python(under="tests/"):
        if not source.path.rsplit("/", 1)[-1].startswith("test_"):
            continue
        for node in source.nodes:
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not node.name.startswith("test_"):
                continue
            if not any(_proves(part) for part in ast.walk(node)):
                yield Finding(source.path, node.lineno, NAME, f"{node.name} asserts nothing")


def _proves(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        last = names_called(node).rsplit(".", 1)[-1]
        return last.lstrip("_").startswith(_PROVING)
    return isinstance(node, ast.Assert)
