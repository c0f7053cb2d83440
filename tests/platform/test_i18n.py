"""Catalogues are compiled with the standard library, as GNU gettext would."""

from __future__ import annotations

import gettext
import io
import os
from pathlib import Path

import pytest

from quanyu.platform import i18n

CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

# as on the shelf label
#: src/a.py src/b.py
msgid "Stock"
msgstr "库存"

msgctxt "verb"
msgid "order"
msgstr "订货"

msgid "%(n)s store"
msgid_plural "%(n)s stores"
msgstr[0] "%(n)s家门店"

msgid ""
"Two\\n"
"lines"
msgstr ""
"两\\n"
"行"

#, fuzzy
msgid "Guessed"
msgstr "猜的"

msgid "Not yet"
msgstr ""

#~ msgid "Obsolete"
#~ msgstr "过时"
"""


def opened(catalogue: str) -> gettext.GNUTranslations:
    return gettext.GNUTranslations(io.BytesIO(i18n.to_mo(i18n.parse_po(catalogue))))


def test_a_compiled_catalogue_is_read_by_the_standard_gettext() -> None:
    chinese = opened(CATALOGUE)

    assert chinese.gettext("Stock") == "库存"
    assert chinese.pgettext("verb", "order") == "订货"
    assert chinese.ngettext("%(n)s store", "%(n)s stores", 2) == "%(n)s家门店"
    assert chinese.gettext("Two\nlines") == "两\n行"
    assert chinese.info()["plural-forms"] == "nplurals=1; plural=0;"


def test_texts_nobody_confirmed_stay_in_english() -> None:
    chinese = opened(CATALOGUE)

    assert chinese.gettext("Guessed") == "Guessed"
    assert chinese.gettext("Not yet") == "Not yet"
    assert chinese.gettext("Obsolete") == "Obsolete"


def test_comments_and_references_are_kept_apart() -> None:
    stock = next(message for message in i18n.parse_po(CATALOGUE) if message.id == "Stock")

    assert stock.comments == ("as on the shelf label",)
    assert stock.references == ("src/a.py", "src/b.py")


def test_a_line_that_is_no_text_is_named() -> None:
    with pytest.raises(ValueError, match="line 2: not a quoted text: Stock"):
        i18n.parse_po('msgid "a"\nmsgstr Stock\n')


def test_only_stale_catalogues_are_compiled(tmp_path: Path) -> None:
    po = tmp_path / "orders" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text(CATALOGUE, "utf-8")
    mo = po.with_suffix(".mo")

    assert i18n.compile_messages(tmp_path) == [mo]
    assert i18n.compile_messages(tmp_path) == []
    after = mo.stat().st_mtime_ns + 1_000_000_000
    os.utime(po, ns=(after, after))
    assert i18n.compile_messages(tmp_path) == [mo]
    assert sorted(path.name for path in po.parent.iterdir()) == ["django.mo", "django.po"]


def test_every_catalogue_of_the_product_can_be_read() -> None:
    unreadable = []
    for po in i18n.catalogues():
        messages = i18n.parse_po(po.read_text("utf-8"))
        if not messages or messages[0].id != "" or "charset=UTF-8" not in messages[0].strings[0]:
            unreadable.append(po)

    assert unreadable == []
