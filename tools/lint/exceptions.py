"""Exceptions to the rules: `lint-ok: <rule> because <reason>`, each with its reason, none left over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tools.lint.tree import Finding, Tree

RULE = "exception"
MEND = "Write `lint-ok: <rule> because <reason>` with a rule that exists, or take the comment away."
_MARK = re.compile(r"lint-ok:?[ \t]*(?P<rule>[a-z-]*)(?P<rest>[^\n]*)")
_REASON = re.compile(r"^\s+because\s+(?P<reason>[^#}>*-].*?)\s*(?:[#-]}|-->|\*/)?\s*$")
# Findings about a whole file stand on line 1; their exception may stand anywhere in its first lines.
_HEAD_LINES = 10
_LOOKED_AT = (".py", ".sql", ".html", ".txt", ".js", ".ts", ".vue", ".css", ".md", ".toml", ".yaml", ".yml", ".sh")
# These speak about the mark itself.
_NOT_LOOKED_AT = ("tools/lint/", "tests/architecture/", "STYLE.md", "CONTRIBUTING.md")


def granted(tree: Tree, rules: set[str]) -> tuple[dict[tuple[str, int, str], int], list[Finding]]:
    """Collect the exceptions: {(path, excused line, rule): line of the comment}, and those that are badly made."""
    excused: dict[tuple[str, int, str], int] = {}
    broken: list[Finding] = []
    for source in tree.files(*_LOOKED_AT):
        if source.path.startswith(_NOT_LOOKED_AT) or "lint-ok" not in source.text:
            continue
        for number, line in enumerate(source.lines, start=1):
            mark = _MARK.search(line)
            if mark is None:
                continue
            if mark["rule"] not in rules:
                broken.append(Finding(source.path, number, RULE, f"there is no rule named '{mark['rule']}'"))
            elif not _REASON.match(mark["rest"]):
                broken.append(Finding(source.path, number, RULE, f"the exception to '{mark['rule']}' has no reason"))
            else:
                for excuses in _lines_excused(number):
                    excused.setdefault((source.path, excuses, mark["rule"]), number)
    return excused, broken


def _lines_excused(number: int) -> Iterable[int]:
    return {1, number, number + 1} if number <= _HEAD_LINES else {number, number + 1}


def settle(tree: Tree, findings: Iterable[Finding], rules: set[str], *, all_rules_ran: bool) -> Iterator[Finding]:
    """Yield the findings that are not excused, then the exceptions that are badly made or excuse nothing."""
    excused, broken = granted(tree, rules)
    used: set[tuple[str, int, str]] = set()
    for finding in findings:
        comment = excused.get((finding.path, finding.line, finding.rule))
        if comment is None:
            yield finding
        else:
            used.add((finding.path, comment, finding.rule))
    yield from broken
    if all_rules_ran:
        for path, comment, rule in sorted({(path, at, rule) for (path, _, rule), at in excused.items()} - used):
            yield Finding(path, comment, RULE, f"nothing here breaks '{rule}' any more; the exception is left over")
