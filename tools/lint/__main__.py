"""Run the house lints: `python -m tools.lint [RULE ...] [--root FOLDER] [--list]`. Exit code 1 on findings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from tools.lint import exceptions
from tools.lint.rules import RULES
from tools.lint.tree import Finding, Tree


def run(root: Path, names: Iterable[str] = ()) -> list[Finding]:
    """Return all findings under `root`, sorted; with `names`, only those of the rules named."""
    chosen = [RULES[name] for name in names] or list(RULES.values())
    tree = Tree(root)
    findings = [finding for rule in chosen for finding in rule.check(tree)]
    return sorted(exceptions.settle(tree, findings, set(RULES), all_rules_ran=len(chosen) == len(RULES)))


def main(arguments: list[str] | None = None) -> int:
    """Print `path:line: rule: why + how to mend` for each finding; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.lint", description=__doc__)
    parser.add_argument("rules", nargs="*", metavar="RULE", help="run only these rules")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--list", action="store_true", help="show the rules")
    chosen = parser.parse_args(arguments)
    if chosen.list:
        for name, rule in RULES.items():
            print(f"{name:20} {rule.MEND}")
        return 0
    unknown = set(chosen.rules) - set(RULES)
    if unknown:
        parser.error(f"no such rule: {', '.join(sorted(unknown))}")
    findings = run(chosen.root, chosen.rules)
    for finding in findings:
        mend = exceptions.MEND if finding.rule == exceptions.RULE else RULES[finding.rule].MEND
        print(f"{finding.path}:{finding.line}: {finding.rule}: {finding.why}. {mend}")
    print(f"{len(chosen.rules) or len(RULES)} rules, {len(findings)} findings.", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
