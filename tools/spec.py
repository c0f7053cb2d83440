"""Write the contracts other programs build on: `python -m tools.spec [--check]`.

`spec/openapi/<api>.json` is the OpenAPI document of every API that the URL configuration serves;
`spec/events/<topic>.schema.json` the JSON Schema of every published event. `--check` writes nothing and fails
when a file is stale, missing or left over, so that a change of a contract is seen in review.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec


def openapi(patterns: Iterable[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (namespace, document) of every API mounted below the URL patterns."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from openapi(pattern.url_patterns)
        elif pattern.name == "openapi-json" and isinstance(pattern.callback, partial):
            api = pattern.callback.keywords["api"]
            yield api.urls_namespace, api.get_openapi_schema()


def events(modules: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (topic, JSON Schema) of every event that the modules' `events` rooms publish."""
    for name in modules:
        try:
            room = importlib.import_module(f"quanyu.modules.{name}.events")
        except ModuleNotFoundError:
            continue  # the module publishes nothing
        for kind in vars(room).values():
            topic = getattr(kind, "topic", None)
            if isinstance(kind, type) and dataclasses.is_dataclass(kind) and isinstance(topic, str):
                yield topic, _flat(msgspec.json.schema(kind))


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of one type with the type itself at the top, as readers expect it."""
    definitions = dict(schema.get("$defs", {}))
    top = definitions.pop(schema["$ref"].rsplit("/", 1)[-1]) if "$ref" in schema else schema
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", **top}
    return {**head, "$defs": definitions} if definitions else head


def wanted() -> dict[str, str]:
    """Return every contract of this code: {path below spec/: text}. Needs Django's settings, no database."""
    from django.conf import settings
    from django.urls import get_resolver

    documents = {f"openapi/{name}.json": document for name, document in openapi(get_resolver().url_patterns)}
    documents |= {f"events/{topic}.schema.json": schema for topic, schema in events(settings.MODULES)}
    return {
        path: json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n"
        for path, document in documents.items()
    }


def stale(folder: Path, contracts: dict[str, str], *, write: bool) -> list[str]:
    """Return the files that differ from the contracts, or belong to none; with `write`, put that right."""
    present = {
        path.relative_to(folder).as_posix()
        for pattern in ("openapi/*.json", "events/*.schema.json")
        for path in folder.glob(pattern)
    }
    left_over = present - set(contracts)
    changed = {
        path for path, text in contracts.items() if path not in present or (folder / path).read_text("utf-8") != text
    }
    if write:
        for path in changed:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(contracts[path], "utf-8")
        for path in left_over:
            (folder / path).unlink()
    return sorted(changed | left_over)


def main(arguments: list[str] | None = None) -> int:
    """Write or check the contracts; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.spec", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a contract is stale")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    chosen = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanyu.entrypoints.settings")
    import django

    django.setup()
    changed = stale(chosen.root / "spec", wanted(), write=not chosen.check)
    for path in changed:
        print(f"spec/{path} is stale: run `make spec`." if chosen.check else f"written: spec/{path}")
    return 1 if chosen.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
