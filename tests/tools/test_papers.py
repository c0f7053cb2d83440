"""The worked examples of the algorithm papers are what the code computes."""

from __future__ import annotations

import doctest

import pytest

from tests.architecture.planting import ROOT

PAPERS = sorted((ROOT / "docs" / "algorithms").glob("*.md"))


@pytest.mark.parametrize("paper", PAPERS, ids=[paper.stem for paper in PAPERS])
def test_the_examples_of_a_paper_compute(paper: object) -> None:
    result = doctest.testfile(str(paper), module_relative=False, encoding="utf-8")

    assert result.failed == 0


def test_the_papers_about_money_have_examples() -> None:
    examples = {paper.stem: paper.read_text("utf-8").count(">>> ") for paper in PAPERS}

    # The tables of these are read and computed by tests of their modules.
    elsewhere = {"coupons", "points", "tiers", "oneid", "member-code", "flash-sale", "live-stock"}
    assert {name for name, count in examples.items() if count == 0} <= {"stock"} | elsewhere
