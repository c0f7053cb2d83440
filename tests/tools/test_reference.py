"""The reference pages say what the code says, and the check notices when they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from quanyu.platform.config import Config
from tests.architecture.planting import ROOT, plant, write
from tools.docs import error_codes, events, module_map, settings
from tools.docs.__main__ import main
from tools.lint.tree import Tree

HOUSE = {
    "kernel/problem.py": (
        'class Problem(Exception):\n    """A refusal."""\n    code: ClassVar[str] = "problem"\n'
        '    status = 400\n    remedy = N_("Try again.")\n\n\n'
        'class Conflict(Problem):\n    """Somebody was quicker."""\n    code = "conflict"\n    status = 409\n'
    ),
    "modules/inventory/contracts.py": (
        'class StockShort(Conflict):\n    """Less is left than was asked for.\n\n    More."""\n'
        '    code = "inventory.stock_short"\n    title = N_("Only %(left)s left")\n'
    ),
    "modules/inventory/locale/zh_Hans/LC_MESSAGES/django.po": (
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "Only %(left)s left"\nmsgstr "仅剩%(left)s件"\n'
    ),
    "modules/inventory/events.py": (
        'class Moved:\n    sku_id: int\n\n\nclass StockIssued(Moved):\n    """Units left the building."""\n'
        '    topic: ClassVar[str] = "inventory.stock_issued.1"\n    quantity: int\n'
    ),
    "modules/inventory/models.py": (
        "from quanyu.modules.catalog.models import Sku\n\n\n"
        "class Counter(models.Model):\n    sku = 1\n\n\n"
        'class Movement(models.Model):\n    class Meta:\n        db_table = "inventory_ledger"\n'
    ),
    "modules/inventory/api.py": 'def reserve(*, sku_id: int) -> None:\n    """Reserve units | or refuse."""\n',
    "modules/inventory/sql/reserve.sql": "CREATE OR REPLACE FUNCTION inventory_reserve() RETURNS int AS $$ $$;\n",
    "entrypoints/handlers.py": 'outbox.listen(events.StockIssued.topic, "members.thank", thank)\n',
    "platform/config.py": "class Config(BaseSettings):\n    home: Path\n    port: int = Field(default=8000)\n",
    "modules/inventory/rules.py": (
        'HOLD = define(Setting("inventory.hold_seconds", Kind.INTEGER, 900, (Level.BRAND, Level.UNIT), _("Hold")))\n'
    ),
}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(plant(tmp_path, HOUSE))


def test_the_module_map_lists_rooms_tables_doors_and_what_a_module_leans_on(tree: Tree) -> None:
    page = module_map.page(tree)
    section = page[page.index("## inventory") : page.index("## pricing")]

    assert section == (
        "## inventory\n\nThe package modules/inventory.\n\n"
        "- rooms: api, models, sql, rules, events, contracts\n"
        "- leans on: catalog\n"
        "- tables: `inventory_counter`, `inventory_ledger`\n"
        "- SQL: `inventory_reserve()`\n"
        "\n| door | what it does |\n|---|---|\n| `reserve` | Reserve units \\| or refuse. |\n\n"
    )


def test_events_come_with_inherited_fields_and_their_listeners(tree: Tree) -> None:
    assert events.page(tree).splitlines()[-1] == (
        "| `inventory.stock_issued.1` | Units left the building. | `sku_id`: int, `quantity`: int | `members.thank` |"
    )


def test_error_codes_inherit_status_and_remedy_and_show_both_languages(tree: Tree) -> None:
    assert error_codes.page(tree).splitlines()[-1] == "| `problem` | 400 |  |  | Try again. |  | A refusal. |"
    assert (
        "| `inventory.stock_short` | 409 | Only %(left)s left | 仅剩%(left)s件 | Try again. |  "
        "| Less is left than was asked for. |"
    ) in error_codes.page(tree).splitlines()


def test_settings_of_process_and_business_are_listed(tree: Tree) -> None:
    page = settings.page(tree).splitlines()

    assert "| `QUANYU_PORT` | `8000` | port the web server listens on |" in page
    assert page[-1] == "| `inventory.hold_seconds` | integer | `900` | brand, unit | Hold |"


def test_a_setting_nobody_described_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = plant(tmp_path, {"platform/config.py": "class Config:\n    colour: str = ''\n"})

    assert main(["--root", str(root), "--check"]) == 1
    assert "colour" in capsys.readouterr().err


def test_every_setting_of_the_real_process_is_on_the_page() -> None:
    page = settings.page(Tree(ROOT))

    missing = [name for name in Config.model_fields if f"{name.upper()}`" not in page]
    assert missing == []


def test_the_check_fails_until_the_pages_are_written(tmp_path: Path) -> None:
    root = plant(tmp_path, HOUSE)

    assert main(["--root", str(root), "--check"]) == 1
    assert main(["--root", str(root)]) == 0
    assert main(["--root", str(root), "--check"]) == 0
    write(root / "src/quanyu/modules/inventory/api.py", "def release() -> None: ...\n")
    assert main(["--root", str(root), "--check"]) == 1
