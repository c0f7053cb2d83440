"""What the standing documents name exists: files, make targets, commands; and both READMEs say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quanyu.entrypoints.cli.menu import COMMANDS
from tests.architecture.planting import ROOT

STANDING = [
    "README.md",
    "README.zh-CN.md",
    "ARCHITECTURE.md",
    "STYLE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
]
DOCUMENTS = [ROOT / name for name in STANDING] + sorted((ROOT / "docs").glob("**/*.md"))
PATH = re.compile(r"`((?:src|docs|tools|tests|spec)/[\w./-]*\w/?)`")
IN_MODULE = re.compile(
    r"`((?:organization|identity|catalog|members|inventory|pricing|promotions|payments|orders|checkout|aftersales|mall|pos"
    r"|platform|entrypoints)/[\w./-]*)`"
)


def each(documents: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("document", documents, ids=[path.relative_to(ROOT).as_posix() for path in documents])


@each(DOCUMENTS)
def test_relative_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text("utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []


@each(DOCUMENTS)
def test_paths_that_are_named_exist(document: Path) -> None:
    text = document.read_text("utf-8")
    named = set(PATH.findall(text))
    for path in IN_MODULE.findall(text):
        homes = ("src/quanyu/modules/", "src/quanyu/")
        named.add(next((home + path for home in homes if (ROOT / home / path).exists()), homes[0] + path))

    assert sorted(path for path in named if not (ROOT / path).exists()) == []


@each([ROOT / name for name in STANDING])
def test_make_targets_that_are_named_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        word for command in re.findall(r"`make ([a-z -]+)", document.read_text("utf-8")) for word in command.split()
    }

    assert sorted(named - targets) == []


@each([ROOT / name for name in STANDING])
def test_commands_that_are_named_exist(document: Path) -> None:
    named = set(re.findall(r"`quanyu ([a-z-]+)", document.read_text("utf-8")))

    assert sorted(named - set(COMMANDS)) == []


def test_both_readmes_name_the_same_things() -> None:
    english, chinese = (
        re.sub(r"```.*?```", "", (ROOT / name).read_text("utf-8"), flags=re.DOTALL)
        for name in ("README.md", "README.zh-CN.md")
    )

    def links(text: str) -> set[str]:
        return set(re.findall(r"\]\(([^)]+)\)", text)) - {"README.md", "README.zh-CN.md"}

    assert set(re.findall(r"`([^`\n]+)`", english)) == set(re.findall(r"`([^`\n]+)`", chinese))
    assert links(english) == links(chinese)
