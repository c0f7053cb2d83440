"""The till's front end: types, unit tests, its types of the API, what it loads, how much of it."""

from __future__ import annotations

import gzip
import json
import re

from tests.harness import web

FIRST_LOAD_MAX = 160_000
# Addresses that only name something: XML namespaces, help texts of libraries that nothing opens; and the print bridge,
# which runs on the till's own computer.
NAMES = re.compile(
    r"https?://(?:www\.w3\.org/|quanyu\.invalid/|vuejs\.org/|bit\.ly/|tinyurl\.com/|dexie\.org|github\.com/)|http://127\.0\.0\.1$"
)


def test_types_of_all_screens_are_right():
    said = web.run("vue-tsc/bin/vue-tsc.js", "--noEmit", "-p", "apps/pos")
    assert said.returncode == 0, said.stdout[-4000:]


def test_unit_tests_of_the_till_pass():
    said = web.run("vitest/vitest.mjs", "run")
    assert said.returncode == 0, said.stdout[-4000:] + said.stderr[-2000:]


def test_types_of_the_api_are_those_of_its_contract(tmp_path):
    target = tmp_path / "pos.d.ts"
    arguments = ["../../spec/openapi/pos.json", "--root-types", "--root-types-no-schema-prefix", "-o", str(target)]
    said = web.run("openapi-typescript/bin/cli.js", *arguments)
    assert said.returncode == 0, said.stderr[-2000:]
    committed = web.ROOT / "frontend" / "core" / "src" / "api" / "pos.d.ts"
    assert target.read_text("utf-8") == committed.read_text("utf-8")


def test_every_text_is_used_and_no_screen_has_chinese_of_its_own():
    folder = web.WEB / "apps" / "pos" / "src"
    scripts = {file: file.read_text("utf-8") for file in sorted(folder.rglob("*")) if file.suffix in {".ts", ".vue"}}
    whole = "\n".join(scripts.values())
    keys = json.loads((folder / "i18n" / "zh.json").read_text("utf-8"))
    begun = tuple(re.findall(r"`([\w.]+[._])\$\{", whole))
    assert [key for key in keys if f"'{key}'" not in whole and not key.startswith(begun)] == []
    bare = {file: re.sub(r"/\*.*?\*/|<!--.*?-->|//[^\n]*", "", text, flags=re.DOTALL) for file, text in scripts.items()}
    assert [file.name for file, text in bare.items() if re.search(r"[一-鿿]", text)] == ["counter.ts"]


def test_the_lock_file_names_no_host():
    lock = (web.WEB / "package-lock.json").read_text("utf-8")
    assert re.findall(r'"resolved": "(?:https?:)[^"]*"', lock) == []
    named = json.loads((web.WEB / "package.json").read_text("utf-8"))
    assert [version for version in named["devDependencies"].values() if not version[0].isdigit()] == []


def test_nothing_is_loaded_from_outside_and_the_first_load_is_small():
    face = web.built()
    files = [file for file in face.rglob("*") if file.suffix in {".js", ".css", ".html", ".webmanifest"}]
    outside = [
        address
        for file in files
        for address in re.findall(r"https?://[\w./-]+", file.read_text("utf-8"))
        if not NAMES.match(address)
    ]
    assert outside == []
    first = [face / "index.html", *face.glob("assets/index-*.js"), *face.glob("assets/index-*.css")]
    assert sum(len(gzip.compress(file.read_bytes())) for file in first) < FIRST_LOAD_MAX


def test_the_service_worker_keeps_every_file_that_the_till_needs():
    face = web.built()
    worker = (face / "sw.js").read_text("utf-8")
    needed = {f"assets/{file.name}" for file in (face / "assets").iterdir() if file.suffix in {".js", ".css"}}
    assert {name for name in {"index.html", *needed} if name not in worker} == set()
