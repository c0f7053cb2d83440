"""For every house rule: files that break it and nothing else, and files beside it that are fine."""

from __future__ import annotations

MODULE = "modules/inventory"
PO = f"{MODULE}/locale/zh_Hans/LC_MESSAGES/django.po"
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def po(**chinese: str) -> str:
    return HEADER + "".join(f'msgid "{text}"\nmsgstr "{chinese[text]}"\n\n' for text in chinese)


def function(lines: int) -> str:
    return "def count() -> int:\n" + "    one = 1\n" * (lines - 2) + "    return one\n"


# Each case: the rule, what is planted, and the files with it.
BREACHES = [
    ("file-size", "401 lines", {f"{MODULE}/rules.py": "# a line\n" * 401}),
    ("file-size", "401 lines of SQL", {f"{MODULE}/sql/a.sql": "-- a line\n" * 401}),
    ("function-size", "71 lines", {f"{MODULE}/rules.py": function(71)}),
    ("names", "a drawer", {"platform/utils.py": ""}),
    ("names", "a drawer as a folder", {f"{MODULE}/ops/helpers/count.py": ""}),
    ("names", "a class that manages", {f"{MODULE}/rules.py": "class StockManager: ...\n"}),
    ("names", "a class of data", {f"{MODULE}/rules.py": "class OrderData: ...\n"}),
    ("names", "a synonym as an argument", {f"{MODULE}/api.py": "def f(*, goods_id: int) -> None: ...\n"}),
    ("names", "a synonym as a function", {f"{MODULE}/api.py": "def freeze_stock() -> None: ...\n"}),
    ("names", "a synonym as a field", {f"{MODULE}/models.py": "class Order:\n    shop_id = 1\n"}),
    ("names", "a synonym in a class", {f"{MODULE}/models.py": "class WarehouseStock: ...\n"}),
    ("names", "a synonym in SQL", {
        f"{MODULE}/sql/a.sql": "CREATE OR REPLACE VIEW inventory_a AS\nSELECT goods_id FROM inventory_counter;\n",
    }),
    ("sql-ownership", "a table of a lower module", {
        f"{MODULE}/sql/a.sql": "CREATE OR REPLACE VIEW inventory_a AS\nSELECT 1 FROM catalog_sku;\n",
    }),
    ("sql-ownership", "a declared table after a comma", {
        "modules/catalog/models.py": 'class Sku:\n    class Meta:\n        db_table = "catalog_sku"\n',
        f"{MODULE}/ops.py": 'A = "SELECT 1 FROM inventory_counter c, catalog_sku s"\n',
    }),
    ("sql-ownership", "a function of an upper module", {
        f"{MODULE}/sql/a.sql": "CREATE OR REPLACE VIEW inventory_a AS\nSELECT orders_insert(1);\n",
    }),
    ("sql-ownership", "a function of a neighbour", {f"{MODULE}/ops.py": 'A = "SELECT pricing_of(1)"\n'}),
    ("sql-ownership", "an insert into another's table", {
        f"{MODULE}/ops.py": 'A = "INSERT INTO catalog_sku (id) VALUES (1)"\n',
    }),
    ("sql-ownership", "an update in an f-string", {
        f"{MODULE}/ops.py": 'A = f"UPDATE catalog_sku SET on_hand = {1}"\n',
    }),
    ("sql-ownership", "the platform knows a module's table", {
        "platform/outbox.py": 'A = "SELECT 1 FROM orders_order"\n',
    }),
    ("sql-ownership", "a reconciliation reads upwards", {
        f"{MODULE}/sql/a.sql": "CREATE OR REPLACE VIEW inventory_breach_a AS\nSELECT 1 FROM orders_order;\n",
    }),
    ("sql-ownership", "another view beside a reconciliation", {
        f"{MODULE}/sql/a.sql": (
            "CREATE OR REPLACE VIEW inventory_breach_a AS SELECT 1;\n"
            "CREATE OR REPLACE VIEW inventory_a AS SELECT 1 FROM catalog_sku;\n"
        ),
    }),
    ("sql-ownership", "a function in a foreign name", {
        f"{MODULE}/sql/a.sql": "CREATE OR REPLACE VIEW orders_a AS SELECT 1;\n",
    }),
    ("sql-room", "a table", {f"{MODULE}/sql/a.sql": "CREATE TABLE inventory_a (id bigint);\n"}),
    ("sql-room", "not repeatable", {f"{MODULE}/sql/a.sql": "CREATE FUNCTION inventory_a() RETURNS int AS $$ $$;\n"}),
    ("sql-room", "rows that pile up", {f"{MODULE}/sql/a.sql": "INSERT INTO inventory_kind VALUES (1);\n"}),
    ("sql-room", "a block that hides what it does", {f"{MODULE}/sql/a.sql": "DO $$ BEGIN END $$;\n"}),
    ("sql-room", "a call", {f"{MODULE}/sql/a.sql": "SELECT inventory_fill();\n"}),
    ("sql-room", "a change of rows", {f"{MODULE}/sql/a.sql": "DELETE FROM inventory_counter;\n"}),
    ("locks", "a row lock", {f"{MODULE}/ops.py": "def f(rows):\n    return rows.select_for_update()\n"}),
    ("locks", "an advisory lock", {f"{MODULE}/ops.py": 'A = "SELECT pg_advisory_xact_lock(1)"\n'}),
    ("locks", "an advisory lock in SQL", {
        f"{MODULE}/sql/a.sql": "CREATE OR REPLACE VIEW inventory_a AS\nSELECT pg_try_advisory_lock(1);\n",
    }),
    ("network", "requests", {f"{MODULE}/ops.py": "import requests\n"}),
    ("network", "urllib.request", {f"{MODULE}/ops.py": "from urllib import request\n"}),
    ("network", "a socket", {"platform/metrics.py": "import socket\n"}),
    ("http-queries", "a query in http", {
        f"{MODULE}/http/mall.py": "def f(counter):\n    return counter.objects.get(pk=1)\n",
    }),
    ("wiring", "a signal", {f"{MODULE}/apps.py": "from django.db.models.signals import post_save\n"}),
    ("wiring", "behaviour in save()", {
        f"{MODULE}/models.py": "class Counter(models.Model):\n    def save(self): ...\n",
    }),
    ("wiring", "a class by its name", {f"{MODULE}/ops.py": 'A = apps.get_model("orders", "Order")\n'}),
    ("foreign-keys", "no protection", {
        f"{MODULE}/models.py": (
            "from quanyu.modules.catalog.models import Sku\n"
            'A = models.ForeignKey(Sku, models.CASCADE, related_name="+")\n'
        ),
    }),
    ("foreign-keys", "a way back", {
        f"{MODULE}/models.py": (
            "from quanyu.modules.catalog.models import Sku\nA = models.ForeignKey(Sku, models.PROTECT)\n"
        ),
    }),
    ("foreign-keys", "another's table is read", {
        f"{MODULE}/models.py": "from quanyu.modules.catalog.models import Sku\nA = Sku.objects.count()\n",
    }),
    ("broad-except", "silence", {f"{MODULE}/ops.py": "try:\n    A = 1\nexcept Exception:\n    A = 2\n"}),
    ("broad-except", "bare", {f"{MODULE}/ops.py": "try:\n    A = 1\nexcept:  # noqa: E722\n    A = 2\n"}),
    ("float-money", "float()", {f"{MODULE}/rules.py": "def f(net_fen):\n    return float(net_fen)\n"}),
    ("float-money", "true division", {f"{MODULE}/rules.py": "def f(line):\n    return line.net_fen / 2\n"}),
    ("float-money", "a float factor", {f"{MODULE}/rules.py": "def f(net_fen):\n    return 0.85 * net_fen\n"}),
    ("naive-time", "no zone", {f"{MODULE}/ops.py": "A = datetime.now()\n"}),
    ("naive-time", "utcnow", {f"{MODULE}/ops.py": "A = datetime.datetime.utcnow()\n"}),
    ("naive-time", "a rule looks at the clock", {f"{MODULE}/rules.py": "A = datetime.now(UTC)\n"}),
    ("screen-text", "a word in a template", {f"{MODULE}/templates/a.html": "<p>Stock</p>\n"}),
    ("screen-text", "a Chinese word in a template", {f"{MODULE}/templates/a.html": "<p>库存</p>\n"}),
    ("screen-text", "a title attribute", {f"{MODULE}/templates/a.html": '<a title="Stock">{{ n }}</a>\n'}),
    ("screen-text", "a label", {f"{MODULE}/models.py": 'A = models.CharField(verbose_name="stock")\n'}),
    ("screen-text", "a choice", {f"{MODULE}/models.py": 'class A(TextChoices):\n    ONE = "one", "One"\n'}),
    ("screen-text", "a refusal", {f"{MODULE}/contracts.py": 'class A:\n    code = "a.b"\n    title = "No stock"\n'}),
    ("screen-text", "an action", {f"{MODULE}/admin.py": '@admin.action(description="Count")\ndef f(): ...\n'}),
    ("translations", "no catalogue", {f"{MODULE}/ops.py": 'A = _("Stock")\n'}),
    ("translations", "empty", {f"{MODULE}/ops.py": 'A = _("Stock")\n', PO: po(Stock="")}),
    ("translations", "fuzzy", {
        f"{MODULE}/ops.py": 'A = _("Stock")\n',
        PO: HEADER + '#, fuzzy\nmsgid "Stock"\nmsgstr "库存"\n',
    }),
    ("translations", "a place is lost", {
        f"{MODULE}/ops.py": 'A = N_("Only %(left)s left")\n',
        PO: po(**{"Only %(left)s left": "不够了"}),
    }),
    ("translations", "a template", {f"{MODULE}/templates/a.html": '{% trans "Stock" %}\n'}),
    ("committed-paths", "a registry", {"/setup.cfg": "index = https://" + "pypi" + ".org/simple\n"}),
    ("committed-paths", "a mirror", {"/Makefile": "# https://" + "mirrors" + ".example.edu.cn/simple\n"}),
    ("committed-paths", "an index", {"/Makefile": "\tpip install --" + "index-url http://x\n"}),
    ("committed-paths", "somebody's home", {"platform/config.py": 'A = "' + "/ho" + 'me/li/quanyu"\n'}),
    ("test-assertions", "nothing is asserted", {"/tests/test_stock.py": "def test_stock():\n    print(1)\n"}),
    ("exception", "no reason", {f"{MODULE}/ops.py": "import requests  # lint-ok: network\n"}),
    ("exception", "no such rule", {f"{MODULE}/ops.py": "A = 1  # lint-ok: beauty because it is late\n"}),
    ("exception", "left over", {f"{MODULE}/ops.py": "A = 1  # lint-ok: network because we ask the bank\n"}),
]  # fmt: skip

FINE = {
    "400 lines": {f"{MODULE}/rules.py": "# a line\n" * 400},
    "long migrations": {f"{MODULE}/migrations/0001_initial.py": "# a line\n" * 900},
    "70 lines": {f"{MODULE}/rules.py": function(70)},
    "names that mean something": {f"{MODULE}/rules.py": "class StoreCounter:\n    store_id = 1\n    shopper = 2\n"},
    "a provider's own words": {"modules/payments/providers/a.py": "def f(*, goods_id: str) -> None: ...\n"},
    "own tables, lower functions, the platform": {
        f"{MODULE}/sql/a.sql": (
            "-- FROM orders_order is only talked about here\n"
            "CREATE OR REPLACE FUNCTION inventory_a(organization_unit_ids bigint[]) RETURNS int LANGUAGE sql AS $$\n"
            "  INSERT INTO inventory_movement (sku_id) SELECT catalog_skus_of(1);\n"
            "  SELECT platform_append('orders_order', c.orders_count) FROM inventory_counter c;\n"
            "$$;\n"
        ),
    },
    "a reconciliation compares its book with a lower one": {
        "modules/checkout/sql/a.sql": (
            "CREATE OR REPLACE VIEW checkout_breach_a AS\n"
            "SELECT 1 FROM orders_order o JOIN payments_payment p ON p.order_id = o.id;\n"
        ),
    },
    "SQL in a docstring": {f"{MODULE}/ops.py": '"""SELECT 1 FROM orders_order."""\n'},
    "the wiring looks at the whole house": {"entrypoints/reconcile.py": 'A = "SELECT 1 FROM orders_order"\n'},
    "repeatable statements": {
        f"{MODULE}/sql/a.sql": (
            "DROP FUNCTION IF EXISTS inventory_a(int);\n"
            "CREATE OR REPLACE FUNCTION inventory_a() RETURNS int LANGUAGE plpgsql AS $body$\n"
            "BEGIN; DELETE FROM inventory_hold; RETURN 1; END $body$;\n"
            "INSERT INTO inventory_kind (code) VALUES ('in') ON CONFLICT DO NOTHING;\n"
            "CREATE SEQUENCE IF NOT EXISTS inventory_number_seq;\n"
            "COMMENT ON FUNCTION inventory_a() IS 'a; b';\n"
            "DROP TRIGGER IF EXISTS a ON inventory_counter;\n"
            "CREATE CONSTRAINT TRIGGER inventory_t AFTER INSERT ON inventory_counter EXECUTE FUNCTION inventory_a();\n"
        ),
    },
    "locks at home": {
        "platform/locks.py": (
            'A = "SELECT pg_advisory_xact_lock(1)"\ndef f(rows):\n    return rows.select_for_update()\n'
        ),
    },
    "providers call out": {"modules/payments/providers/a.py": "import requests\n"},
    "reading an address": {f"{MODULE}/ops.py": "from urllib.parse import urlsplit\n"},
    "the supervisor looks for a free port": {"platform/postgres/ports.py": "import socket\n"},
    "a form may save": {f"{MODULE}/admin.py": "class A(forms.ModelForm):\n    def save(self): ...\n"},
    "a foreign key as it should be": {
        f"{MODULE}/models.py": (
            "from quanyu.modules.catalog.models import Sku\n"
            'A = models.ForeignKey(Sku, models.PROTECT, related_name="+")\n'
            'B = models.ForeignKey(to=Sku, on_delete=models.PROTECT, null=True, related_name="+")\n'
        ),
    },
    "a reason beside a broad except": {
        f"{MODULE}/ops.py": (
            "try:\n    A = 1\nexcept Exception:  # noqa: BLE001 - one bad row must not stop the others\n    A = 2\n"
        ),
    },
    "raised again": {f"{MODULE}/ops.py": "try:\n    A = 1\nexcept Exception as error:\n    raise Bad from error\n"},
    "whole numbers": {f"{MODULE}/rules.py": "def f(net_fen):\n    return net_fen // 2 + divmod(net_fen, 3)[0]\n"},
    "a time with a zone": {f"{MODULE}/ops.py": "A = datetime.now(UTC)\nB = timezone.now()\n"},
    "a translated template": {
        f"{MODULE}/templates/a.html": (
            '{% load i18n %}<!doctype html><style>p { color: red }</style>\n'
            '<p title="{% trans "Stock" %}">{% trans "Stock" %}: {{ count }} &nbsp;·</p>{# a remark #}\n'
            "{% blocktrans trimmed %}\n  Only {{ n }} left\n{% endblocktrans %}<script>let word = 1</script>\n"
        ),
        PO: po(Stock="库存", **{"Only %(n)s left": "仅剩%(n)s件"}),
    },
    "the name of an icon": {
        f"{MODULE}/templates/a.html": '<span class="material-symbols-outlined" aria-hidden="true">link</span>\n',
    },
    "translated labels": {
        f"{MODULE}/models.py": 'A = models.CharField(verbose_name=_("Stock"))\n',
        PO: po(Stock="库存"),
    },
    "a path of everybody's machine": {
        "platform/config.py": 'A = "/usr/lib/postgresql"\nB = "https://example.com/home/a"\n',
    },
    "proofs of several kinds": {
        "/tests/test_stock.py": (
            "def test_a():\n    assert 1\n\n\ndef test_b():\n    with pytest.raises(ValueError):\n        int('')\n\n\n"
            "def test_c(books):\n    books.assert_balanced()\n"
        ),
    },
    "an exception with its reason": {
        f"{MODULE}/ops.py": "import requests  # lint-ok: network because the bank has no provider yet\n",
    },
    "an exception on the line above": {
        f"{MODULE}/ops.py": "# lint-ok: network because the bank has no provider yet\nimport requests\n",
    },
    "an exception for a whole file": {
        f"{MODULE}/sql/a.sql": "-- lint-ok: file-size because the chain is read as one\n" + "-- a line\n" * 401,
    },
    "an exception in a template": {
        f"{MODULE}/templates/a.html": "<p>QR</p>{# lint-ok: screen-text because it is the same word in both #}\n",
    },
}  # fmt: skip
