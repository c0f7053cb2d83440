"""No invisible wiring: what happens next must stand in the code that is being read."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.tree import Finding, Source, Tree, names_called

NAME = "wiring"
MEND = "Call the next step by name, or append an event to the outbox; put rules into ops, not into save()."
_SIGNAL_MODULES = {"django.db.models.signals", "django.core.signals", "django.dispatch"}
_MODEL_HOOKS = {"save", "delete", "full_clean", "bulk_create"}


def check(tree: Tree) -> Iterator[Finding]:
    """Yield signal imports, overridden model persistence and classes looked up by a string."""
    for source in tree.python():
        for node in source.nodes:
            if isinstance(node, ast.ImportFrom) and node.module in _SIGNAL_MODULES:
                yield Finding(source.path, node.lineno, NAME, f"signals of {node.module} are imported")
            elif isinstance(node, ast.Call) and names_called(node).endswith("apps.get_model"):
                yield Finding(source.path, node.lineno, NAME, "a class is looked up by a string")
            elif isinstance(node, ast.ClassDef):
                yield from _hooks(source, node)


def _hooks(source: Source, node: ast.ClassDef) -> Iterator[Finding]:
    if not any("Model" in _last_name(base) and "Admin" not in _last_name(base) for base in node.bases):
        return
    if any("ModelForm" in _last_name(base) for base in node.bases):
        return
    for method in node.body:
        if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and method.name in _MODEL_HOOKS:
            yield Finding(source.path, method.lineno, NAME, f"{node.name}.{method.name}() is overridden")


def _last_name(base: ast.expr) -> str:
    if isinstance(base, ast.Subscript):
        return _last_name(base.value)
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
