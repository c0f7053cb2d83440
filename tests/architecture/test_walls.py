"""Every import contract breaks when it is violated, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.planting import ROOT, broken_contracts, contracts, plant

# (contract that must break, what the violation is, files)
VIOLATIONS = [
    ("storeys", "the kernel knows the platform", {
        "platform/outbox.py": "",
        "kernel/money.py": "from quanyu.platform import outbox\n",
    }),
    ("storeys", "the platform knows a module", {
        "modules/orders/api.py": "",
        "platform/outbox.py": "from quanyu.modules.orders import api\n",
    }),
    ("modules", "a lower module calls an upper one", {
        "modules/orders/api.py": "",
        "modules/catalog/api.py": "from quanyu.modules.orders import api as orders\n",
    }),
    ("modules", "neighbours call each other", {
        "modules/pos/api.py": "",
        "modules/mall/api/shop.py": "from quanyu.modules.pos import api as pos\n",
    }),
    ("modules", "a foreign key points upwards", {
        "modules/orders/models.py": "class Order: ...\n",
        "modules/catalog/models.py": "from quanyu.modules.orders.models import Order\n",
    }),
    ("modules", "a module is in no layer", {
        "modules/wishlist/__init__.py": '"""Not listed."""\n',
    }),
    ("rooms", "tables know verbs", {
        "modules/inventory/ops/reserve_stock.py": "",
        "modules/inventory/models.py": "from quanyu.modules.inventory.ops import reserve_stock\n",
    }),
    ("rooms", "verbs call the door they stand behind", {
        "modules/inventory/api.py": "",
        "modules/inventory/ops/reserve_stock.py": "from quanyu.modules.inventory import api\n",
    }),
    ("rooms", "a read calls a verb", {
        "modules/inventory/ops/reserve_stock.py": "",
        "modules/inventory/queries/availability.py": "from quanyu.modules.inventory.ops import reserve_stock\n",
    }),
    ("rooms", "a provider knows tables", {
        "modules/payments/models.py": "",
        "modules/payments/providers/wechatpay.py": "from quanyu.modules.payments import models\n",
    }),
    ("rooms", "a room nobody knows", {
        "modules/inventory/corner.py": '"""A catch-all drawer."""\n',
    }),
    ("front_door", "past the door into the verbs", {
        "modules/inventory/ops.py": "",
        "modules/checkout/ops.py": "from quanyu.modules.inventory import ops\n",
    }),
    ("front_door", "past the door into the tables", {
        "modules/inventory/models.py": "class Counter: ...\n",
        "modules/checkout/ops.py": "from quanyu.modules.inventory.models import Counter\n",
    }),
    ("pure", "a rule asks the database", {
        "modules/inventory/rules.py": "from django.db import connection\n",
    }),
    ("pure", "a contract is a framework's class", {
        "modules/inventory/contracts.py": "from ninja import Schema\n",
    }),
    ("providers", "a provider knows the framework", {
        "modules/payments/providers/wechatpay.py": "from django.conf import settings\n",
    }),
    ("acyclic", "two parts of the platform hang on each other", {
        "platform/audit/log.py": "from quanyu.platform.pii import keys\n",
        "platform/pii/keys.py": "from quanyu.platform.audit import log\n",
    }),
    ("doorstep", "a screen goes round the door", {
        "modules/mall/ops/add_to_cart.py": "",
        "modules/mall/http/mall.py": "from quanyu.modules.mall.ops import add_to_cart\n",
    }),
    ("doorstep", "a handler reads tables", {
        "modules/members/models.py": "",
        "modules/members/handlers.py": "from quanyu.modules.members import models\n",
    }),
]  # fmt: skip

WELCOME = {
    "the wiring enters by any room": {
        "modules/mall/http/mall.py": "",
        "entrypoints/urls.py": "from quanyu.modules.mall.http import mall\n",
    },
    "an upper module calls the door of a lower one": {
        "modules/inventory/api.py": "",
        "modules/inventory/contracts.py": "",
        "modules/checkout/ops.py": "from quanyu.modules.inventory import api, contracts\n",
    },
    "a table points at a lower table": {
        "modules/catalog/models.py": "class Sku: ...\n",
        "modules/inventory/models.py": "from quanyu.modules.catalog.models import Sku\n",
    },
    "an admin screen shows its own tables": {
        "modules/catalog/models.py": "",
        "modules/catalog/admin.py": "from quanyu.modules.catalog import models\n",
    },
}


@pytest.mark.parametrize(
    ("contract", "files"), [(c, f) for c, _, f in VIOLATIONS], ids=[f"{c}: {why}" for c, why, _ in VIOLATIONS]
)
def test_a_planted_violation_breaks_exactly_its_contract(tmp_path: Path, contract: str, files: dict[str, str]) -> None:
    broken, output = broken_contracts(plant(tmp_path, files))

    assert broken == {contract}, output


@pytest.mark.parametrize("files", WELCOME.values(), ids=WELCOME.keys())
def test_what_the_house_allows_breaks_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    broken, output = broken_contracts(plant(tmp_path, files))

    assert broken == set(), output


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(contracts())


def test_the_front_door_says_who_reached_where_and_what_to_use(tmp_path: Path) -> None:
    _, output = broken_contracts(
        plant(
            tmp_path,
            {
                "modules/inventory/ops.py": "",
                "modules/checkout/ops.py": "from quanyu.modules.inventory import ops\n",
            },
        )
    )

    assert (
        "quanyu.modules.checkout.ops reaches into quanyu.modules.inventory.ops; "
        "use the module's api, contracts or events." in " ".join(output.split())
    )


def test_the_real_house_keeps_every_contract() -> None:
    broken, output = broken_contracts(ROOT)

    assert broken == set(), output
