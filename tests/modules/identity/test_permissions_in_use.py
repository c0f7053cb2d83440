"""Every permission that a door asks for is held by a role: a misspelt one would lock everybody out but head office."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatchcase
from pathlib import Path

from quanyu.modules.identity import api
from quanyu.modules.identity.rules import authority

SOURCE = Path(__file__).parents[3] / "src" / "quanyu"
ASKING = {"reaches", "require", "demand", "_demand", "visible_unit_ids", "covers"}
CODE = re.compile(r"^[a-z]+(?:\.[a-z_]+)+$")
# Held by head office's "*" alone, on purpose: master records, prices and rules of the whole chain.
HEAD_OFFICE_ONLY = {
    "catalog.edit",
    "coupons.approve",
    "coupons.edit",
    "identity.clients",
    "members.export",
    "members.import",
    "organization.edit",
    "points.configure",
    "pricing.edit",
    "promotions.edit",
    "settings.edit",
    "tiers.edit",
    "tiers.grant",
}
# Constants that look like permissions and are none: purposes of keyed hashes, and what a member alone may do.
NO_PERMISSIONS = {"coupons.claim", "coupons.code", "coupons.gift", "coupons.qr"}


def asked_for() -> dict[str, str]:
    """Return the permissions that doors ask for, each with a file that does."""
    modules = {folder.name for folder in (SOURCE / "modules").iterdir() if folder.is_dir()} | {
        "audit",
        "pii",
        "platform",
        "reports",
        "settings",
    }
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for text in _texts(node):
                if CODE.match(text) and text.split(".")[0] in modules:
                    found.setdefault(text, str(path.relative_to(SOURCE)))
    return found


def _texts(node: ast.AST) -> list[str]:
    values: list[ast.expr] = []
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        values = [*node.args] if name in ASKING else []
        values += [keyword.value for keyword in node.keywords if keyword.arg == "permission"]
    elif (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and (node.targets[0].id.isupper() or "permission" in node.targets[0].id)
    ):
        values = [node.value]
    return [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]


def test_sec_01_every_permission_that_is_asked_for_belongs_to_somebody():
    held = [pattern for role in api.roles() if role.is_built_in for pattern in role.permissions if pattern != "*"]
    held += [pattern for patterns in authority.DEVICE_PERMISSIONS.values() for pattern in patterns]
    orphans = {
        permission: path
        for permission, path in asked_for().items()
        if permission not in HEAD_OFFICE_ONLY | NO_PERMISSIONS
        and not any(fnmatchcase(permission, pattern) for pattern in held)
    }
    assert orphans == {}


def test_the_search_finds_what_doors_ask_for():
    found = asked_for()
    assert found["organization.edit"] in {
        "modules/organization/admin/screens.py",
        "modules/organization/admin/importing.py",
    }
    assert {"identity.staff", "inventory.adjust", "pos.sell", "pii.reveal"} <= set(found)
