"""Every house rule finds what it is for, leaves alone what is fine, and holds in the real tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.lint_cases import BREACHES, FINE
from tests.architecture.planting import ROOT, plant
from tools.lint.__main__ import main, run
from tools.lint.exceptions import RULE as EXCEPTION
from tools.lint.rules import RULES


@pytest.mark.parametrize(
    ("rule", "files"), [(r, f) for r, _, f in BREACHES], ids=[f"{r}: {what}" for r, what, _ in BREACHES]
)
def test_a_planted_breach_is_found_by_exactly_its_rule(tmp_path: Path, rule: str, files: dict[str, str]) -> None:
    findings = run(plant(tmp_path, files))

    # An exception without a reason excuses nothing, so the breach beside it shows as well.
    assert {finding.rule for finding in findings} - ({"network"} if rule == EXCEPTION else set()) == {rule}, findings


@pytest.mark.parametrize("files", FINE.values(), ids=FINE.keys())
def test_what_is_fine_is_left_alone(tmp_path: Path, files: dict[str, str]) -> None:
    assert run(plant(tmp_path, files)) == []


def test_every_rule_has_a_planted_breach() -> None:
    assert {rule for rule, _, _ in BREACHES} == {*RULES, EXCEPTION}


def test_a_finding_names_the_line_the_reason_and_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = plant(tmp_path, {"modules/inventory/ops.py": '"""Verbs."""\n\nimport requests\n'})

    code = main(["--root", str(root)])

    assert code == 1
    assert capsys.readouterr().out == (
        "src/quanyu/modules/inventory/ops.py:3: network: requests is imported here. Put it behind a provider "
        "(modules/*/providers/) or quanyu.platform.http_client, called outside transactions.\n"
    )


def test_findings_point_at_the_line_of_the_breach(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "modules/inventory/sql/a.sql": (
                "-- first\n/* second\nthird */\nCREATE OR REPLACE VIEW inventory_a AS\nSELECT 1\nFROM catalog_sku;\n"
            ),
            "modules/inventory/templates/a.html": "{# one\n two #}\n<p>\nStock</p>\n",
        },
    )

    assert [(f.path.rsplit("/", 1)[-1], f.line, f.rule) for f in run(root)] == [
        ("a.sql", 6, "sql-ownership"),
        ("a.html", 4, "screen-text"),
    ]


def test_one_rule_can_be_run_alone(tmp_path: Path) -> None:
    files = {"modules/inventory/ops.py": "import requests\nA = datetime.now()\n"}

    assert [finding.rule for finding in run(plant(tmp_path, files), ["naive-time"])] == ["naive-time"]


def test_the_real_tree_keeps_every_rule() -> None:
    assert [f"{f.path}:{f.line}: {f.rule}: {f.why}" for f in run(ROOT)] == []
