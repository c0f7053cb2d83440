"""The kiosk's front end: types, its types of the API, its texts, what it loads, how much of it, what it keeps."""

from __future__ import annotations

import gzip
import json
import re

from tests.harness import web

FIRST_LOAD_MAX = 90_000
# Addresses that only name something: XML namespaces, help texts of libraries that nothing opens.
NAMES = re.compile(r"https?://(?:www\.w3\.org/|vuejs\.org/|bit\.ly/|github\.com/)")
SOURCES = web.WEB / "apps" / "kiosk" / "src"


def _scripts() -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in sorted(SOURCES.rglob("*")) if file.suffix in {".ts", ".vue"}}


def test_types_of_all_screens_are_right():
    said = web.run("vue-tsc/bin/vue-tsc.js", "--noEmit", "-p", "apps/kiosk")
    assert said.returncode == 0, said.stdout[-4000:]


def test_types_of_the_api_are_those_of_its_contract(tmp_path):
    target = tmp_path / "kiosk.d.ts"
    arguments = ["../../spec/openapi/kiosk.json", "--root-types", "--root-types-no-schema-prefix", "-o", str(target)]
    said = web.run("openapi-typescript/bin/cli.js", *arguments)
    assert said.returncode == 0, said.stderr[-2000:]
    committed = web.ROOT / "frontend" / "core" / "src" / "api" / "kiosk.d.ts"
    assert target.read_text("utf-8") == committed.read_text("utf-8")


def test_every_text_is_used_and_no_screen_has_chinese_of_its_own():
    scripts = _scripts()
    whole = "\n".join(scripts.values())
    keys = json.loads((SOURCES / "i18n" / "zh.json").read_text("utf-8"))
    begun = tuple(re.findall(r"`([\w.]+[._])\$\{", whole))
    assert [key for key in keys if f"'{key}'" not in whole and not key.startswith(begun)] == []
    bare = {name: re.sub(r"/\*.*?\*/|<!--.*?-->|//[^\n]*", "", text, flags=re.DOTALL) for name, text in scripts.items()}
    assert [name for name, text in bare.items() if re.search(r"[一-鿿]", text)] == []


def test_mall19_only_the_screens_own_token_is_ever_kept():
    kept = {
        name for name, text in _scripts().items() if re.search(r"localStorage|sessionStorage|indexedDB|cookie", text)
    }
    assert kept == {"api.ts"}
    assert set(re.findall(r"localStorage\.\w+\((\w+)", _scripts()["api.ts"])) == {"KEY"}


def test_nothing_is_loaded_from_outside_and_the_first_load_is_small():
    face = web.kiosk_built()
    files = [file for file in face.rglob("*") if file.suffix in {".js", ".css", ".html"}]
    outside = [
        address
        for file in files
        for address in re.findall(r"https?://[\w./-]+", file.read_text("utf-8"))
        if not NAMES.match(address)
    ]
    assert outside == []
    first = [face / "index.html", *face.glob("assets/index-*.js"), *face.glob("assets/index-*.css")]
    assert sum(len(gzip.compress(file.read_bytes())) for file in first) < FIRST_LOAD_MAX
