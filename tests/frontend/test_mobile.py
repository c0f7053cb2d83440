"""The mall's front end: types, unit tests, texts in two languages, what it loads, how much of it."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from quanyu.modules.mall.admin.page_texts import ICON_TEXTS
from quanyu.modules.mall.rules.pages import ICONS
from tests.harness import mobile
from tests.harness.database import ROOT
from tools.mall import mini_program

PARTS = ("common", "find", "product", "cart", "order", "member")
PLACE = re.compile(r"\{\w+\}")
FIRST_LOAD_MAX = 200_000
# Formats of dates, the lunar calendar, names of places and languages, patterns of pasted addresses are no texts.
# The texts to agree to are whole pages, both languages side by side.
RULES = {
    "app/show.ts",
    "components/find/lib/cities.ts",
    "member/lib/coupons.ts",
    "member/lib/lunar.ts",
    "member/lib/recognise.ts",
    "member/points/index.vue",
    "member/policy/texts.ts",
    "member/settings/index.vue",
}
# Addresses that only name something: XML namespaces, licences in comments.
NAMES = ("http://www.w3.org/", "https://quanyu.invalid/")


def texts(language: str, part: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((mobile.SOURCES / "i18n" / language / f"{part}.json").read_text("utf-8"))
    return found


def sources(*endings: str) -> list[Path]:
    return [file for file in sorted(mobile.SOURCES.rglob("*")) if file.suffix in endings]


def test_types_of_all_screens_are_right():
    said = mobile.run("vue-tsc/bin/vue-tsc.js", "--noEmit")
    assert said.returncode == 0, said.stdout[-4000:]


def test_unit_tests_of_the_screens_pass():
    said = mobile.run("vitest/vitest.mjs", "run")
    assert said.returncode == 0, said.stdout[-4000:] + said.stderr[-2000:]


@pytest.mark.parametrize("part", PARTS)
def test_every_text_stands_in_both_languages_with_the_same_places(part):
    chinese, english = texts("zh", part), texts("en", part)
    assert list(chinese) == list(english)
    assert [key for key in chinese if set(PLACE.findall(chinese[key])) != set(PLACE.findall(english[key]))] == []
    assert [key for key, text in (chinese | english).items() if not text.strip()] == []
    assert [key for key, text in english.items() if re.search(r"[一-鿿]", text)] == []


def test_no_key_stands_in_two_files():
    keys = [key for part in PARTS for key in texts("zh", part)]
    assert sorted(keys) == sorted(set(keys))


def test_every_text_is_used():
    script = "\n".join(file.read_text("utf-8") for file in sources(".vue", ".ts"))
    keys = [key for part in PARTS for key in texts("zh", part)]
    # A key that is put together names its beginning: t(`order.state.${state}`).
    begun = tuple(re.findall(r"`([\w.]+\.)\$\{", script))
    unused = [key for key in keys if f"'{key}'" not in script and not key.startswith(begun)]
    assert unused == []


def test_no_screen_has_chinese_of_its_own():
    offending = []
    for file in sources(".vue", ".ts"):
        script = re.sub(r"/\*.*?\*/|<!--.*?-->|//[^\n]*", "", file.read_text("utf-8"), flags=re.DOTALL)
        if re.search(r"[一-鿿]", script):
            offending.append(str(file.relative_to(mobile.SOURCES)))
    assert [name for name in offending if name not in RULES] == []


def test_every_icon_that_is_used_is_made():
    made = set(re.findall(r"\.q-i-([\w-]+) \{", (mobile.SOURCES / "styles" / "icons.scss").read_text("utf-8")))
    script = "\n".join(file.read_text("utf-8") for file in sources(".vue"))
    assert set(re.findall(r"<q-icon[^>]*?\sname=\"([\w-]+)\"", script)) - made == set()
    assert made == set(json.loads((mobile.MOBILE / "tools" / "icons.json").read_text("utf-8")))


def test_mall_02_a_shortcut_is_given_an_icon_by_its_picture():
    shown = (ROOT / "src/quanyu/modules/mall/static/mall/icons.css").read_text("utf-8")
    assert set(re.findall(r'\[data-icon="([\w-]+)"\]', shown)) == set(ICONS) == set(ICON_TEXTS)
    # The mall shows the same ones.
    assert set(ICONS) - set(json.loads((mobile.MOBILE / "tools" / "icons.json").read_text("utf-8"))) == set()


def test_types_of_the_api_are_those_of_the_contract(tmp_path):
    fresh = tmp_path / "mall.d.ts"
    said = mobile.run(
        "openapi-typescript/bin/cli.js",
        str(mobile.ROOT / "spec" / "openapi" / "mall.json"),
        "--root-types",
        "--root-types-no-schema-prefix",
        "--default-non-nullable=false",
        "-o",
        str(fresh),
    )
    assert said.returncode == 0, said.stderr
    kept = mobile.ROOT / "frontend" / "core" / "src" / "api" / "mall.d.ts"
    assert kept.read_text("utf-8") == fresh.read_text("utf-8"), "npm --prefix frontend/mobile run types"


def test_the_first_load_of_the_home_page_is_small():
    face = mobile.built()
    entry = re.findall(r"(?:src|href)=\"/mall/(assets/[^\"]+\.js)\"", (face / "index.html").read_text("utf-8"))
    home = {file.name for file in (face / "assets").glob("pages-home-index*.js")}
    needed, queue = set(), [Path(name).name for name in entry] + sorted(home)
    while queue:
        name = queue.pop()
        if name not in needed:
            needed.add(name)
            script = (face / "assets" / name).read_text("utf-8")
            queue += re.findall(r"(?:from|import)\s*\"\./([\w.-]+\.js)\"", script)
    size = sum(len(gzip.compress((face / "assets" / name).read_bytes(), 9)) for name in needed)
    assert home
    assert size <= FIRST_LOAD_MAX, (size, sorted(needed))


def test_nothing_is_loaded_from_outside():
    loads = re.compile(r"""(?:url\(|src=|href=|import\(|fetch\()\s*["'`]?((?:https?:)?//[^"'`)\s]+)""")
    found = []
    for file in mobile.built().rglob("*"):
        if file.suffix in {".js", ".css", ".html"}:
            found += [(file.name, address) for address in loads.findall(file.read_text("utf-8"))]
    assert [one for one in found if not one[1].startswith(NAMES)] == []


def test_the_mini_program_is_fit_for_wechat(tmp_path):
    built = mobile.mini_program(tmp_path)
    sizes = mini_program.check(built)
    assert set(sizes) == {"main", "find", "order", "member"}
    assert max(sizes.values()) <= 2 * 1024 * 1024
    listed = json.loads((built / "app.json").read_text("utf-8"))
    assert len(listed["pages"]) + sum(len(package["pages"]) for package in listed["subPackages"]) == len(mobile.pages())


@pytest.mark.parametrize(
    ("script", "word"),
    [
        ("const a = await fetch('/x')", "fetch"),
        ("var u = new URL('/x', b)", "URL"),
        ("localStorage.setItem('a', 1)", "localStorage"),
        ("document.title = 'x'", "document"),
    ],
)
def test_what_a_phone_does_not_have_is_found_in_a_bundle(tmp_path, script, word):
    (tmp_path / "page.js").write_text(f"this.fetch('ok'); x.document.title; 'document.title'; {script}")
    assert mini_program.forbidden(tmp_path) == [("page.js", word)]


def test_a_script_of_the_main_package_that_needs_a_sub_package_is_refused(tmp_path):
    for folder in ("pages", "order"):
        (tmp_path / folder).mkdir()
    (tmp_path / "app.json").write_text(json.dumps({"pages": ["a"], "subPackages": [{"root": "order", "pages": ["b"]}]}))
    (tmp_path / "order" / "b.js").write_text('require("./c.js"); require("../pages/a.js")')
    (tmp_path / "pages" / "a.js").write_text('const c = require("../order/c.js")')
    assert mini_program.reaching(tmp_path) == [("pages/a.js", "order")]
    with pytest.raises(mini_program.Unfit, match=r"pages/a\.js: reaches into the package of order"):
        mini_program.check(tmp_path)


def test_a_package_that_is_too_large_is_refused(tmp_path):
    (tmp_path / "order").mkdir()
    (tmp_path / "app.json").write_text(json.dumps({"pages": ["a"], "subPackages": [{"root": "order", "pages": ["b"]}]}))
    (tmp_path / "order" / "b.js").write_bytes(b" " * (mini_program.PACKAGE_MAX + 1))
    with pytest.raises(mini_program.Unfit, match="package order"):
        mini_program.check(tmp_path)
