"""The front ends compute as the server does: frontend/core runs every golden case, and notices when it is wrong."""

from __future__ import annotations

import collections
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.harness import node

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "spec" / "vectors"
CASE = re.compile(r"vector (\w+) (\w+) (\d+)$")


@pytest.fixture(scope="module")
def report():
    return node.run_tests(node.CORE, *sorted(file.name for file in (node.CORE / "tests").glob("*.test.ts")))


@pytest.fixture
def copy(tmp_path) -> Path:
    """A copy of the core that a test may break, with the vectors where it looks for them."""
    core = shutil.copytree(node.CORE, tmp_path / "frontend" / "core")
    shutil.copytree(VECTORS, tmp_path / "spec" / "vectors")
    return core


def plant(file: Path, right: str, wrong: str) -> None:
    text = file.read_text("utf-8")
    assert text.count(right) == 1, f"{right!r} stands {text.count(right)} times in {file.name}"
    file.write_text(text.replace(right, wrong), "utf-8")


def failed(core: Path, *files: str) -> list[str]:
    said = node.run_tests(core, *files)
    found = [name for name, passed in node.outcomes(said.stdout) if not passed]
    assert bool(found) == bool(said.returncode), said.stdout[-2000:] + said.stderr[-2000:]
    return found


def test_all_tests_of_the_core_pass(report):
    wrong = [name for name, passed in node.outcomes(report.stdout) if not passed]
    assert wrong == []
    assert report.returncode == 0, report.stdout[-3000:] + report.stderr[-3000:]


def test_every_case_of_every_vector_file_was_run(report):
    passed = collections.Counter(
        match.group(1, 2)
        for name, is_right in node.outcomes(report.stdout)
        if is_right and (match := CASE.search(name))
    )
    written = {
        (file.stem, kind): len(cases)
        for file in VECTORS.glob("*.json")
        for kind, cases in json.loads(file.read_text("utf-8")).items()
        if isinstance(cases, list)
    }
    assert len(written) > 15
    assert all(written.values())
    assert passed == written


# One slip in each link, of the kind that a port invites: a boundary, an order, a rounding, a forgotten rule.
SLIPS = [
    ("points_mall", "offer.cash_fen * line.quantity", "offer.cash_fen"),
    ("member_or_timed", "saving.amountFen > (best", "saving.amountFen >= (best"),
    ("manual_discount", "amountFen > line.netFen", "amountFen >= line.netFen"),
    ("scope", "scope.excluded_sku_ids.includes(line.sku_id)", "false"),
    ("campaigns", "line.isTaken ||= !campaign.stacks", "line.isTaken ||= false"),
    ("steps", "step.threshold_fen <= amountFen", "step.threshold_fen < amountFen"),
    ("threshold", "found?.times ?? 1", "1"),
    ("nth_item", "Math.min(before + line.quantity, last)", "before + line.quantity"),
    ("bundle", "campaign.repeats ? possible : 1", "possible"),
    ("new_customer", "Math.min(left, line.quantity)", "line.quantity"),
    ("offer", "unitFen(b) - unitFen(a)", "unitFen(a) - unitFen(b)"),
    ("coupons", "draft.net() - 1", "draft.net()"),
    ("points", "wanted - (wanted % facts.step)", "wanted"),
    ("gifts", "number += 1", "number += 2"),
    ("freight", "counted(draft) < free_from_fen", "counted(draft) <= free_from_fen"),
    ("draft", "supplierId === null ?", "supplierId !== null ?"),
]


def test_every_link_has_a_slip():
    links = {file.stem for file in (node.CORE / "src" / "price_chain").glob("*.ts")}
    # What a line costs and the order of the links are looked at by every case.
    assert {link for link, _, _ in SLIPS} == links - {"base_price", "chain"}


@pytest.mark.slow
@pytest.mark.parametrize(("link", "right", "wrong"), SLIPS, ids=[link for link, _, _ in SLIPS])
def test_an_error_planted_in_a_link_turns_vectors_red(copy, link, right, wrong):
    plant(copy / "src" / "price_chain" / f"{link}.ts", right, wrong)
    found = failed(copy, "vectors.test.ts")
    assert found
    assert all(" price_chain " in f"{name} " for name in found), found


@pytest.mark.slow
def test_an_error_planted_in_the_rounding_turns_red(copy):
    plant(copy / "src" / "money.ts", "remainder >= divisor - remainder", "remainder > divisor - remainder")
    assert "half up is what paper says, and the negative is its mirror image" in failed(copy, "properties.test.ts")
    assert "vector rounding divide_half_up 0" in failed(copy, "vectors.test.ts")


def test_a_vector_file_that_nothing_runs_turns_red(copy):
    (copy.parents[1] / "spec" / "vectors" / "tides.json").write_text('{"high": [1, 2]}', "utf-8")
    assert failed(copy, "vectors.test.ts") == ["vector tides high 0", "vector tides high 1"]


def test_a_node_that_is_missing_or_too_old_is_not_used(tmp_path):
    assert node.find(str(tmp_path)) is None
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v22.17.1\n", "utf-8")
    old.chmod(0o755)
    node.find.cache_clear()
    assert node.find(str(tmp_path)) is None
    old.write_text("#!/bin/sh\necho v22.18.0\n", "utf-8")
    node.find.cache_clear()
    assert node.find(str(tmp_path)) == str(old)


def test_without_a_node_the_tests_fail_and_say_what_to_do(monkeypatch):
    monkeypatch.setattr(node, "find", lambda: None)
    with pytest.raises(pytest.fail.Exception, match="make setup"):
        node.program()
