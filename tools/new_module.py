"""Make a new bounded context: `python -m tools.new_module NAME [--after MODULE]`.

It makes the rooms with a sentence of what belongs into each, a README, a test folder, its line in
`.importlinter` and its entry in the settings. With `--after orders` the module gets a storey of its own
directly above the one of `orders`, so that it may call orders and everything below; without, it stands beside the
channels at the top. Afterwards delete the rooms you do not need.
"""

from __future__ import annotations

import argparse
import keyword
import re
import sys
from pathlib import Path

from tools.lint.rules.names import EMPTY_WORDS
from tools.lint.tree import Tree

SETTINGS = "src/quanyu/entrypoints/settings.py"
_RESERVED = {"kernel", "platform", "modules", "entrypoints", "django", "console"}

_ROOMS = {
    "__init__.py": '"""The {name} module: see README.md beside this file."""\n',
    "apps.py": '''"""The {name} module as a Django app."""

from django.apps import AppConfig


class {title}Config(AppConfig):
    """Tables are called ``{name}_<noun>``."""

    name = "quanyu.modules.{name}"
    label = "{name}"
    default_auto_field = "django.db.models.BigAutoField"
''',
    "contracts.py": '"""What may cross the door: frozen dataclasses, enums and refusals (Problem). No Django."""\n',
    "events.py": '"""Facts this module publishes: frozen, versioned, named in the past tense."""\n',
    "rules.py": '"""Pure decisions: time, ids and rates come as arguments. No Django, no input or output."""\n',
    "models.py": '"""Tables, constraints and indexes of {name}. No behaviour."""\n',
    "ops/__init__.py": '"""Writes: one verb, one file."""\n',
    "queries/__init__.py": '"""Reads: ids in, values by id out, always for many at once."""\n',
    "api.py": '''"""The door of {name}: typed keywords in, contracts out; writes open the durable transaction here."""

from __future__ import annotations

__all__: list[str] = []
''',
    "migrations/__init__.py": "",
}
_README = """# {name}

One sentence: what this module is for, in the words of `docs/glossary.md`.

## Nouns

| noun | table | what it is |
|---|---|---|

## Invariants

What is always true, and which constraint or function guards it.

## Doors

`quanyu.modules.{name}.api`: what others may ask, what it refuses (code), what it locks.

## Events

Published: none yet. Listened to: none yet.

## Hot paths and their budgets

None yet.
"""
_TEST = '''"""The door of {name}."""

from __future__ import annotations

import inspect

from quanyu.modules.{name} import api


def test_every_door_takes_typed_keywords_only() -> None:
    doors = {{name: getattr(api, name) for name in api.__all__}}

    loose = [
        f"{{door}}({{parameter.name}})"
        for door, function in doors.items()
        if inspect.isfunction(function)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is not parameter.KEYWORD_ONLY or parameter.annotation is parameter.empty
    ]
    assert loose == []
'''


class Refused(Exception):
    """The module cannot be made; the text says why."""


def make(root: Path, name: str, after: str | None = None) -> list[Path]:
    """Make the module under `root` and return the files written. Raises `Refused` and then changes nothing."""
    modules = Tree(root).module_names
    _check_name(name, modules)
    if after is not None and after not in modules:
        raise Refused(f"There is no module '{after}'; there are: {', '.join(modules)}.")
    home = root / "src" / "quanyu" / "modules" / name
    if home.exists():
        raise Refused(f"{home.relative_to(root)} exists already.")
    # Both texts are made before the first file is written, so that a refusal leaves nothing behind.
    changed = {
        root / ".importlinter": _with_wall((root / ".importlinter").read_text("utf-8"), name, after),
        root / SETTINGS: _with_app((root / SETTINGS).read_text("utf-8"), name, after),
    }
    words = {"name": name, "title": name.capitalize()}
    for room, text in _ROOMS.items():
        changed[home / room] = text.format(**words)
    changed[home / "README.md"] = _README.format(**words)
    changed[root / "tests" / "modules" / name / "test_api.py"] = _TEST.format(**words)
    for path, text in changed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return list(changed)


def _check_name(name: str, modules: list[str]) -> None:
    if not re.fullmatch(r"[a-z]{3,30}", name) or keyword.iskeyword(name):
        raise Refused(f"'{name}' must be one English word in small letters: tables are called <module>_<noun>.")
    if name in EMPTY_WORDS | _RESERVED:
        raise Refused(f"'{name}' does not say what the module is about.")
    if name in modules:
        raise Refused(f"The module '{name}' exists already.")


def _with_wall(contracts: str, name: str, after: str | None) -> str:
    """Return `.importlinter` with the module in its layer."""
    head, mark, rest = contracts.partition("[importlinter:contract:modules]")
    section, gap, tail = rest.partition("\n\n")
    lines = section.split("\n")
    layers = lines.index("layers =") + 1
    if after is None:
        lines[layers] += f" | {name}"
    else:
        at = next(i for i in range(layers, len(lines)) if after in {word.strip() for word in lines[i].split("|")})
        lines.insert(at, f"    {name}")
    return head + mark + "\n".join(lines) + gap + tail


def _with_app(settings: str, name: str, after: str | None) -> str:
    """Return the settings with the module in the list MODULES, which runs from the lowest to the highest."""
    found = re.search(r"^MODULES = \[\n(?P<names>.*?)^\]", settings, re.MULTILINE | re.DOTALL)
    if found is None:
        raise Refused(f"{SETTINGS} has no list MODULES.")
    names = re.findall(r'"(\w+)"', found["names"])
    names.insert(names.index(after) + 1 if after in names else len(names), name)
    listed = "".join(f'    "{module}",\n' for module in names)
    return settings[: found.start("names")] + listed + settings[found.end("names") :]


def main(arguments: list[str] | None = None) -> int:
    """Make the module and say what to do next; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.new_module", description=__doc__)
    parser.add_argument("name", help="one English word: the noun this module owns")
    parser.add_argument("--after", metavar="MODULE", help="the highest module it may call")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    chosen = parser.parse_args(arguments)
    try:
        written = make(chosen.root, chosen.name, chosen.after)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    for path in written:
        print(f"  {path.relative_to(chosen.root)}")
    print("Next: write its README, delete the rooms you do not need, then `make spec walls lint`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
