"""Write the reference pages: `python -m tools.docs [--check]`. `--check` writes nothing and fails when one is stale."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tools.docs import error_codes, events, module_map, settings
from tools.lint.tree import Tree

FOLDER = "docs/reference"
PAGES: dict[str, Callable[[Tree], str]] = {
    "module-map.md": module_map.page,
    "events.md": events.page,
    "settings.md": settings.page,
    "error-codes.md": error_codes.page,
}


def stale(root: Path, *, write: bool) -> list[str]:
    """Return the pages that differ from what the code says now; with `write`, bring them up to date."""
    tree = Tree(root)
    found = []
    for name, page in PAGES.items():
        path = root / FOLDER / name
        text = page(tree)
        if not path.exists() or path.read_text("utf-8") != text:
            found.append(f"{FOLDER}/{name}")
            if write:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Write or check the pages; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    chosen = parser.parse_args(arguments)
    try:
        changed = stale(chosen.root, write=not chosen.check)
    except settings.Undescribed as refusal:
        print(refusal, file=sys.stderr)
        return 1
    for path in changed:
        print(f"{path} is stale: run `make spec`." if chosen.check else f"written: {path}")
    return 1 if chosen.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
