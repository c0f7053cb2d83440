"""One word per meaning: names that say nothing, and synonyms of glossary words, are not used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.lint.tree import PACKAGE, Finding, Source, Tree

NAME = "names"
MEND = "Name it for what it is, with the word of docs/glossary.md (a new noun is added there first)."

EMPTY_WORDS = frozenset(
    ("util", "utils", "helper", "helpers", "manager", "managers", "data", "misc", "common", "stuff")
)

# Synonym -> the glossary's word. Matched as whole words inside snake_case names that we define.
SYNONYMS = {
    "goods_id": "sku_id (or product_id)",
    "goods_name": "product_name",
    "merchandise": "product",
    "shop_id": "store_id",
    "shop_ids": "store_ids",
    "shop_code": "store_code",
    "shop_name": "store_name",
    "outlet": "store",
    "warehouse_stock": "inventory_counter (on_hand, reserved, available)",
    "stock_qty": "on_hand, reserved or available",
    "inventory_qty": "on_hand, reserved or available",
    "freeze": "reserve (stock), or lock by name of the thing",
    "unfreeze": "release; for profit sharing: split_finish",
    "freeze_stock": "reserve_stock",
    "lock_stock": "reserve_stock",
    "unlock_stock": "release_stock",
    "deduct_stock": "issue_stock",
    "reduce_stock": "issue_stock",
    "consume_coupon": "redeem_coupon",
    "use_coupon": "redeem_coupon",
    "write_off": "redeem",
    "clerk": "associate (or cashier)",
    "salesman": "associate",
    "salesperson": "associate",
    "shopping_guide": "associate",
    "vip_level": "tier",
    "member_level": "tier",
    "user_level": "tier",
    "franchiser": "franchisee",
    "price_yuan": "price_fen",
    "amount_yuan": "amount_fen",
    "total_yuan": "total_fen",
    "amount_cents": "amount_fen",
    "price_cents": "price_fen",
    "freight_fee": "freight_fen",
}
_SYNONYM = re.compile(r"(?:^|_)(" + "|".join(sorted(SYNONYMS, key=len, reverse=True)) + r")(?=_|$)")
# These speak the language of the servers on the other side.
_FOREIGN_LANGUAGE = ("/providers/", "/simulators/")
_SQL_NAME = re.compile(r"\b[a-z][a-z0-9_]*\b")


def check(tree: Tree) -> Iterator[Finding]:
    """Yield empty module and class names, and definitions and SQL names that use a synonym."""
    for source in tree.python(under=""):
        if source.path.startswith(("src/", "tests/", "tools/")):
            yield from _file_name(source)
            yield from _class_names(source)
    for source in tree.python():
        if not any(part in source.path for part in _FOREIGN_LANGUAGE):
            yield from _definitions(source)
    for source in tree.files(".sql", under=PACKAGE):
        for number, line in enumerate(source.lines, start=1):
            for name in _SQL_NAME.findall(line.split("--")[0]):
                yield from _synonym(source, number, name)


def _file_name(source: Source) -> Iterator[Finding]:
    for part in source.path.removesuffix(".py").split("/"):
        if part.strip("_") in EMPTY_WORDS:
            yield Finding(source.path, 1, NAME, f"'{part}' does not say what is inside")


def _class_names(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.ClassDef):
            last = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+", node.name)[-1:]
            if last and last[0].lower() in EMPTY_WORDS:
                yield Finding(source.path, node.lineno, NAME, f"class {node.name} does not say what it does")


def _definitions(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _synonym(source, node.lineno, node.name)
        elif isinstance(node, ast.arg):
            yield from _synonym(source, node.lineno, node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield from _synonym(source, node.lineno, node.id)
        elif isinstance(node, ast.ClassDef):
            snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", node.name).lower()
            yield from _synonym(source, node.lineno, snake)


def _synonym(source: Source, line: int, name: str) -> Iterator[Finding]:
    found = _SYNONYM.search(name.lower())
    if found:
        yield Finding(source.path, line, NAME, f"'{name}': the glossary says {SYNONYMS[found[1]]}")
