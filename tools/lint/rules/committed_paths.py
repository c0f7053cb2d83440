"""What is committed works anywhere: it names no package registry and no folder of somebody's machine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lint.tree import Finding, Tree

NAME = "committed-paths"
MEND = "Leave hosts to the user's own configuration; make paths relative to the checkout or QUANYU_HOME."
_PATTERNS = (
    (re.compile(r"\b(?:files\.)?(?:pypi|pythonhosted)\.(?:org|io|com|python)\b"), "a package registry is named"),
    (re.compile(r"\bregistry\.(?:npmjs|npmmirror|yarnpkg|npm)\.\w+"), "a package registry is named"),
    (re.compile(r"\bmirrors?\.[\w.-]+\.(?:com|cn|org|net|edu)\b"), "a package mirror is named"),
    (re.compile(r"--(?:extra-)?index-url[ =]|^\s*(?:extra-)?index-url\s*=", re.MULTILINE), "a package index is chosen"),
    (re.compile(r"(?<![\w.<>}*-])/(?:work|home|Users)/[A-Za-z]\w*"), "a folder of one machine is named"),
)
_TEXT = (
    ".py", ".sql", ".toml", ".lock", ".md", ".txt", ".cfg", ".ini", ".yaml", ".yml", ".json", ".sh", ".html", ".css",
    ".js", ".ts", ".vue", ".po", "Makefile", ".importlinter", "/run", "Dockerfile", ".npmrc", ".env",
)  # fmt: skip


def check(tree: Tree) -> Iterator[Finding]:
    """Yield lines of committed text files that bind the project to one machine or registry."""
    for source in tree.files(*_TEXT):
        for pattern, why in _PATTERNS:
            for found in pattern.finditer(source.text):
                yield Finding(source.path, 1 + source.text.count("\n", 0, found.start()), NAME, why)
