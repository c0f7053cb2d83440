"""Files stay below 400 lines, so that one subject has one file and a reader sees where it ends."""

from __future__ import annotations

from collections.abc import Iterator

from tools.lint.tree import Finding, Tree

NAME = "file-size"
MEND = "Split it by verb or by audience: one subject, one file."
LINES_MAX = 400
_CODE = (".py", ".sql", ".html", ".css", ".js", ".ts", ".vue", ".sh")
# Written by machines, or by others.
_GENERATED = (
    "/migrations/",
    "/vendor/",
    "/generated/",
    "spec/",
    *(f"/core/src/api/{name}.d.ts" for name in ("mall", "pos", "kiosk")),
)


def check(tree: Tree) -> Iterator[Finding]:
    """Yield code files above the limit."""
    for source in tree.files(*_CODE):
        if not any(part in f"/{source.path}" for part in _GENERATED) and len(source.lines) > LINES_MAX:
            yield Finding(source.path, 1, NAME, f"{len(source.lines)} lines, the limit is {LINES_MAX}")
