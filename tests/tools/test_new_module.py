"""`make new-module` makes a module that passes every wall and every lint at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.architecture.planting import ROOT, broken_contracts, plant
from tools.lint.__main__ import run
from tools.lint.tree import Tree
from tools.new_module import SETTINGS, main

MODULES = '''"""Settings."""

MODULES = [
    "organization",
    "orders",
    "checkout",
]
'''


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return plant(tmp_path, {"entrypoints/settings.py": MODULES})


def snapshot(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }


def test_a_module_after_another_may_call_it_and_is_called_by_those_above(house: Path) -> None:
    assert main(["wishlist", "--after", "orders", "--root", str(house)]) == 0

    storeys = Tree(house).storeys
    at = storeys.index({"wishlist"})
    assert storeys[at + 1] == {"orders"}
    assert storeys[at - 1] == {"fulfilment"}
    assert (house / SETTINGS).read_text("utf-8") == MODULES.replace('"orders",\n', '"orders",\n    "wishlist",\n')


def test_a_module_without_a_place_stands_beside_the_channels(house: Path) -> None:
    assert main(["wishlist", "--root", str(house)]) == 0

    assert Tree(house).storeys[0] == {"mall", "pos", "partners", "wishlist"}
    assert (house / SETTINGS).read_text("utf-8") == MODULES.replace('"checkout",\n', '"checkout",\n    "wishlist",\n')


def test_the_new_rooms_pass_every_wall_and_every_lint(house: Path) -> None:
    main(["wishlist", "--after", "orders", "--root", str(house)])

    broken, output = broken_contracts(house)
    assert broken == set(), output
    assert run(house) == []


def test_the_rooms_the_readme_and_the_test_are_there(house: Path) -> None:
    main(["wishlist", "--root", str(house)])

    made = {path for path in snapshot(house) if "wishlist" in path}
    home = "src/quanyu/modules/wishlist"
    rooms = ["api", "apps", "contracts", "events", "models", "rules", "__init__"]
    rooms += ["ops/__init__", "queries/__init__", "migrations/__init__"]
    assert made == {f"{home}/{room}.py" for room in rooms} | {
        f"{home}/README.md",
        "tests/modules/wishlist/test_api.py",
    }


def test_the_walls_of_a_new_module_hold_from_the_first_day(house: Path) -> None:
    main(["wishlist", "--after", "orders", "--root", str(house)])
    (house / "src/quanyu/modules/catalog/api.py").write_text("from quanyu.modules.wishlist import api\n", "utf-8")

    broken, output = broken_contracts(house)

    assert broken == {"modules"}, output


@pytest.mark.parametrize(
    "arguments",
    [["orders"], ["utils"], ["platform"], ["wish_list"], ["Wishlist"], ["wishlist", "--after", "nowhere"]],
    ids=["exists", "says nothing", "reserved", "two words", "capital", "after nothing"],
)
def test_a_refusal_says_why_and_changes_nothing(
    house: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    before = snapshot(house)

    assert main([*arguments, "--root", str(house)]) == 1

    assert capsys.readouterr().err != ""
    assert snapshot(house) == before


def test_it_fits_the_real_settings_and_walls(tmp_path: Path) -> None:
    house = plant(tmp_path, {})
    (house / SETTINGS).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / SETTINGS, house / SETTINGS)

    assert main(["wishlist", "--after", "orders", "--root", str(house)]) == 0

    text = (house / SETTINGS).read_text("utf-8")
    assert text.replace('    "wishlist",\n', "", 1) == (ROOT / SETTINGS).read_text("utf-8")
    assert text.index('"orders"') < text.index('"wishlist"') < text.index('"checkout"')
