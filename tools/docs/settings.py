"""The settings: what a process reads from its environment, and what the business sets on the tree of units."""

from __future__ import annotations

import ast

from tools.docs import reading
from tools.lint.tree import Tree, names_called

_CONFIG = "src/quanyu/platform/config.py"
# Live payment providers: each is one JSON text in the environment, read into the class of this file.
_PROVIDERS = {
    "QUANYU_WECHATPAY": "src/quanyu/modules/payments/providers/wechatpay/config.py",
    "QUANYU_ALIPAY": "src/quanyu/modules/payments/providers/alipay/config.py",
}
_MINI_PROGRAM = (
    ("`QUANYU_WECHAT_APP_ID`", "app id of the WeChat mini-program"),
    ("`QUANYU_WECHAT_APP_SECRET`", "its secret, with which WeChat is asked whose a sign-in is"),
)
# What each setting of the environment is for. A new field of Config is described here, or the check fails.
_MEANS = {
    "home": "folder of everything this installation keeps: database, media, logs, secrets",
    "database_url": "`postgresql://...` of a server of your own (15 or newer); without it the embedded one is started",
    "secret_key": "signs sessions and tokens of the console",
    "pii_keys": "key ring for personal data: `kid:base64,...`; the first encrypts, all decrypt",
    "blind_index_key": "makes personal data findable without being readable; never changes",
    "audit_key": "seals the chain of the audit log",
    "host": "address the web server listens on",
    "port": "port the web server listens on",
    "public_url": "address under which people reach the site; https there makes cookies secure",
    "trusted_proxies": "addresses or networks of your reverse proxies; only their `X-Forwarded-For` and `-Proto` count",
    "metrics_token": "bearer token that opens `/metrics` and the details of `/readyz`; without it only loopback",
    "demo": "the demo chain and its simulators are running",
    "demo_days": "days of history that the demo chain is made with; fewer days, fewer members",
    "debug": "Django's debug pages; never in production",
    "language": "language of screens until a person chooses",
    "log_level": "how much is logged",
    "orders_together": "most orders that are placed in one transaction",
    "orders_waiting": "orders that may wait in a process before it answers `busy`",
    "orders_in_flight": "transactions with orders that a process has open at the same time",
    "pg_bindir": "folder of PostgreSQL's programs, if not the ones that come with the package",
}


class Undescribed(Exception):
    """A setting exists that this page does not explain."""


def page(tree: Tree) -> str:
    """Return the page in Markdown. Raises `Undescribed` for a setting of the environment without a description."""
    text = reading.NOTE + "# Settings\n\n## Of a process: the environment\n\nSecrets come from the environment; with "
    text += "the embedded database missing ones are made at the first start and kept in `secrets.env` (0600) in the "
    text += "home folder.\n\n" + reading.table("variable", "default", "what it is for")
    text += "".join(_environment(tree))
    text += "\n## Of a process: payment providers\n\nOne JSON text each, in the environment only. A provider without "
    text += "one is not offered.\n\n" + reading.table("variable", "fields")
    text += "".join(_providers(tree))
    text += "\n## Of a process: the mini-program\n\nBoth, or neither: without them people sign in by phone and code "
    text += "only.\n\n"
    text += reading.table("variable", "what it is for") + "".join(reading.row(*one) for one in _MINI_PROGRAM)
    text += "\n## Of the business: the tree of units\n\nThe nearest value wins: terminal, store, region, brand.\n\n"
    text += reading.table("key", "kind", "default", "set at", "what it is for")
    return text + "".join(sorted(_business(tree)))


def _environment(tree: Tree) -> list[str]:
    source = reading.by_path(tree).get(_CONFIG)
    config = next((node for node in reading.classes(source) if node.name == "Config"), None) if source else None
    rows = []
    for part in config.body if config else []:
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
            continue
        name = part.target.id
        if name not in _MEANS:
            raise Undescribed(f"Describe the setting '{name}' of {_CONFIG} in tools/docs/settings.py.")
        aliases = [
            value
            for node in ast.walk(part)
            if isinstance(node, ast.Call) and names_called(node) == "AliasChoices"
            for argument in node.args
            if (value := reading.text(argument))
        ]
        variable = " or ".join(f"`{alias}`" for alias in aliases) or f"`QUANYU_{name.upper()}`"
        rows.append(reading.row(variable, _default(part), _MEANS[name]))
    return rows


def _default(part: ast.AnnAssign) -> str:
    value = part.value
    if isinstance(value, ast.Call):
        value = next((keyword.value for keyword in value.keywords if keyword.arg == "default"), None)
    if part.value is not None and isinstance(value, ast.Constant):
        return f"`{value.value!s}`" if value.value not in (None, "") else "none"
    return "`./var` in a checkout" if ast.unparse(part.target) == "home" else "made at the first start"


def _providers(tree: Tree) -> list[str]:
    files = reading.by_path(tree)
    rows = []
    for variable, path in _PROVIDERS.items():
        for node in reading.classes(files[path]) if path in files else ():
            fields = [ast.unparse(part.target) for part in node.body if isinstance(part, ast.AnnAssign)]
            rows.append(reading.row(f"`{variable}`", ", ".join(f"`{name}`" for name in fields)))
    return rows


def _business(tree: Tree) -> list[str]:
    rows = []
    constants = {
        node.targets[0].id: node.value
        for source in tree.python()
        for node in source.syntax.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for source in tree.python():
        for node in source.nodes:
            if isinstance(node, ast.Call) and names_called(node).split(".")[-1] == "Setting":
                given = dict(zip(("key", "kind", "default", "levels", "title"), node.args, strict=False))
                given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
                key = reading.text(given.get("key"))
                if key:
                    kind, default, levels = (
                        _plain(given.get(name), constants) for name in ("kind", "default", "levels")
                    )
                    shown = f"`{default}`" if default else "empty"
                    rows.append(reading.row(f"`{key}`", kind, shown, levels, reading.text(given.get("title")) or ""))
    return rows


def _plain(node: ast.expr | None, constants: dict[str, ast.expr]) -> str:
    """Return an expression as a reader wants it: `Level.BRAND` is brand, lists are words, constants their values."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return ", ".join(_plain(part, constants) for part in node.elts)
    if isinstance(node, ast.Name) and node.id in constants:
        return _plain(constants[node.id], constants)
    if isinstance(node, ast.Attribute):
        if node.attr == "value":
            return _plain(node.value, constants)
        owner = ast.unparse(node.value)
        # `Level.BRAND` is a member of an enum, `settings_tree.ANYWHERE` a constant of a module.
        is_constant = owner.islower() and node.attr in constants
        return _plain(constants[node.attr], constants) if is_constant else node.attr.lower()
    if isinstance(node, ast.Call) and node.args:  # list(...), tuple(...)
        return _plain(node.args[0], constants)
    if isinstance(node, ast.Constant):
        return str(node.value)
    return ast.unparse(node) if node else ""
