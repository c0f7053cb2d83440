"""Catching everything is allowed where one bad case must not stop the others, and the line says so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.lint.tree import Finding, Source, Tree

NAME = "broad-except"
MEND = "Catch what can really happen, re-raise, or write the reason as a comment on that line."
_BROAD = {"Exception", "BaseException"}
_SILENCER = re.compile(r"\b(?:noqa|pragma|type)\s*:\s*[\w,\[\]-]*(?:\s*,\s*[A-Z]+\d+)*")
_WORDS_MIN = 4


def check(tree: Tree) -> Iterator[Finding]:
    """Yield handlers of everything that neither raise again nor carry a reason of at least four words."""
    for source in tree.python(under=""):
        for node in source.nodes:
            if not isinstance(node, ast.ExceptHandler) or not _is_broad(node.type) or _raises(node):
                continue
            if not _has_reason(source, node.lineno):
                yield Finding(source.path, node.lineno, NAME, "everything is caught here without a reason")


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(part) for part in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in _BROAD)


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def _has_reason(source: Source, line: int) -> bool:
    for text in (source.lines[line - 1], *source.lines[line : line + 1]):
        _, mark, comment = text.partition("#")
        if mark and len(re.findall(r"[\w']+", _SILENCER.sub("", comment))) >= _WORDS_MIN:
            return True
    return False
