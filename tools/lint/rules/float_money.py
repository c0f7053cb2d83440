"""Money is integer fen. One float on the way and the books no longer close."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.tree import Finding, Tree

NAME = "float-money"
MEND = "Stay in integers: //, divmod and quanyu.kernel's rounding and apportioning."


def _is_money(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return isinstance(name, str) and (name == "fen" or name.endswith("_fen"))


def _is_float(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, float)


def check(tree: Tree) -> Iterator[Finding]:
    """Yield float(), true division and float factors on names that end in `_fen`."""
    for source in tree.python(under=""):
        for node in source.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
                if any(_is_money(argument) for argument in node.args):
                    yield Finding(source.path, node.lineno, NAME, "float() of an amount")
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                if _is_money(node.left):
                    yield Finding(source.path, node.lineno, NAME, "true division makes a float of an amount")
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    if _is_money(one) and _is_float(other):
                        yield Finding(source.path, node.lineno, NAME, "an amount is multiplied with a float")
