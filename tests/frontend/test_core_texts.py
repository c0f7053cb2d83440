"""The texts of frontend/core are the server's own, in both languages: one sentence, one translation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from quanyu.modules.promotions.contracts import REASON_TEXTS, Reason, reasons
from quanyu.platform import i18n

ROOT = Path(__file__).resolve().parents[2]
PROMOTIONS = ROOT / "src" / "quanyu" / "modules" / "promotions" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACE = re.compile(r"%\((\w+)\)[sd]")
LABELS = [text for name, text in sorted(vars(reasons).items()) if name.endswith("_LABEL")]


def chinese() -> dict[str, str]:
    return {message.id: message.strings[0] for message in i18n.parse_po(PROMOTIONS.read_text("utf-8"))}


def catalogue(language: str) -> dict[str, dict[str, str]]:
    return json.loads((ROOT / "frontend" / "core" / "src" / "i18n" / f"{language}.json").read_text("utf-8"))


def expected(language: str) -> dict[str, dict[str, str]]:
    translated = chinese()

    def said(text: str) -> str:
        return PLACE.sub(r"{\1}", translated.get(text, "") if language == "zh" else text)

    return {
        "reasons": {reason.value: said(REASON_TEXTS[reason]) for reason in Reason},
        "labels": {label: said(label) for label in LABELS},
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_texts_are_those_of_the_server(language):
    assert len(LABELS) >= 7
    assert catalogue(language) == expected(language)


def test_no_text_of_the_server_is_untranslated():
    assert [key for texts in expected("zh").values() for key, text in texts.items() if not text.strip()] == []
