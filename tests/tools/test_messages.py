"""Texts are found where they stand, and a catalogue keeps what people have translated."""

from __future__ import annotations

from pathlib import Path

from quanyu.platform import i18n
from tests.architecture.planting import plant, write
from tools.messages import extract
from tools.messages.__main__ import main

PO = "src/quanyu/modules/inventory/locale/zh_Hans/LC_MESSAGES/django.po"


def texts(source: str) -> list[tuple[str | None, str, str | None]]:
    return [(text.context, text.id, text.plural) for text in extract.in_python(source, "a.py")]


def template_texts(source: str) -> list[tuple[str | None, str, str | None]]:
    return [(text.context, text.id, text.plural) for text in extract.in_template(source, "a.html")]


def test_python_texts_are_found_by_every_marker() -> None:
    assert texts('_("a")') == [(None, "a", None)]
    assert texts('N_("a")') == [(None, "a", None)]
    assert texts('gettext_lazy("a" "b")') == [(None, "ab", None)]
    assert texts('translation.gettext("a")') == [(None, "a", None)]
    assert texts('ngettext("%(n)s store", "%(n)s stores", n)') == [(None, "%(n)s store", "%(n)s stores")]
    assert texts('pgettext("verb", "order")') == [("verb", "order", None)]
    assert texts("_(name)") == []
    assert texts('other("a")') == []


def test_template_texts_are_found_as_django_looks_them_up() -> None:
    assert template_texts("{% trans \"a\" %}{% translate 'b' %}") == [(None, "a", None), (None, "b", None)]
    assert template_texts('{% trans "100% pure" %}') == [(None, "100%% pure", None)]
    assert template_texts('{% trans "order" context "verb" %}') == [("verb", "order", None)]
    assert template_texts("{% blocktrans %}Hi {{ name }}{% endblocktrans %}") == [(None, "Hi %(name)s", None)]
    assert template_texts(
        "{% blocktrans trimmed count n=left %}\n  {{ n }} unit\n  left\n"
        "{% plural %}\n {{ n }} left\n{% endblocktrans %}"
    ) == [(None, "%(n)s unit left", "%(n)s left")]
    assert template_texts('{% if a == _("b") %}{% endif %}') == [(None, "b", None)]
    assert template_texts('{# {% trans "a" %} #}') == []


def test_the_theme_of_the_console_belongs_to_its_catalogue(tmp_path: Path) -> None:
    root = plant(tmp_path, {"entrypoints/console/apps.py": 'A = _("Console")\n'})

    found = {text.id for text in extract.by_home(root)["src/quanyu/entrypoints/console"]}

    assert {"Console", "Apply Filters", "No results found"} <= found
    assert "Delete" not in found  # Django has it
    assert "Confirm import" not in found  # a part that is not installed


def test_a_text_belongs_to_the_catalogue_of_its_module() -> None:
    assert extract.home_of("src/quanyu/modules/orders/http/mall.py") == "src/quanyu/modules/orders"
    assert extract.home_of("src/quanyu/kernel/problem.py") == "src/quanyu/platform"
    assert extract.home_of("src/quanyu/platform/http/problems.py") == "src/quanyu/platform"
    assert extract.home_of("src/quanyu/entrypoints/cli/up.py") == "src/quanyu/entrypoints/console"


def test_an_update_keeps_translations_adds_new_texts_and_drops_old_ones(tmp_path: Path) -> None:
    root = plant(tmp_path, {"modules/inventory/ops.py": 'A = [_("Stock"), _("Store")]\n'})
    write(
        root / PO,
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        '# as on the shelf label\nmsgid "Stock"\nmsgstr "库存"\n\nmsgid "Gone"\nmsgstr "没了"\n',
    )

    assert main(["--root", str(root)]) == 1  # Store has no Chinese yet

    header, stock, store = i18n.parse_po((root / PO).read_text("utf-8"))
    assert header.id == ""
    assert (stock.id, stock.strings, stock.comments) == ("Stock", ("库存",), ("as on the shelf label",))
    assert stock.references == ("src/quanyu/modules/inventory/ops.py",)
    assert (store.id, store.strings) == ("Store", ("",))


def test_an_update_of_a_complete_catalogue_changes_nothing(tmp_path: Path) -> None:
    root = plant(tmp_path, {"modules/inventory/ops.py": 'A = _("Two\\nlines of \\"stock\\"")\n'})
    main(["--root", str(root)])
    po = root / PO
    write(po, po.read_text("utf-8").removesuffix('msgstr ""\n') + 'msgstr ""\n"两行\\n"\n"“库存”"\n')
    translated = po.read_text("utf-8")

    assert main(["--root", str(root)]) == 0
    assert main(["--root", str(root), "--check"]) == 0

    assert po.read_text("utf-8") == translated
    assert i18n.parse_po(translated)[1].id == 'Two\nlines of "stock"'
    assert i18n.parse_po(translated)[1].strings == ("两行\n“库存”",)


def test_a_check_writes_nothing(tmp_path: Path) -> None:
    root = plant(tmp_path, {"modules/inventory/ops.py": 'A = _("Stock")\n'})

    assert main(["--root", str(root), "--check"]) == 1
    assert not (root / PO).exists()
