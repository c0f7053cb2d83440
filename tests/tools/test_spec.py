"""The contracts for other programs are written from the code, and a stale one is noticed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from django.test import override_settings
from django.urls import include, path

from quanyu.platform import http
from quanyu.platform.http import Schema
from tests.architecture.planting import write
from tools import spec


class Greeting(Schema):
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    code: str


@dataclass(frozen=True, slots=True)
class StoreOpened:
    """A store opened."""

    topic: ClassVar[str] = "test.store_opened.1"

    store_id: int
    place: Place


def test_every_mounted_api_has_a_document() -> None:
    api = http.make_api(title="Greetings", namespace="spec-test", auth=None)

    @api.get("/greeting", response=Greeting)
    def greeting(request: object) -> Greeting:
        return Greeting(text="hello")

    mounted = (path("", include([path("api/", api.urls)])),)

    with override_settings(ROOT_URLCONF=mounted):
        (found,) = spec.openapi(mounted)

    assert found[0] == "spec-test"
    assert found[1]["info"]["title"] == "Greetings"
    assert list(found[1]["paths"]) == ["/api/greeting"]


def test_an_event_is_described_without_its_topic_and_with_its_parts() -> None:
    import msgspec

    schema = spec._flat(msgspec.json.schema(StoreOpened))

    assert schema["title"] == "StoreOpened"
    assert schema["description"] == "A store opened."
    assert set(schema["properties"]) == {"store_id", "place"}
    assert list(schema["$defs"]) == ["Place"]


def test_events_of_a_real_module_are_found_by_topic() -> None:
    found = dict(spec.events(["organization", "no_such_module"]))

    assert "organization.unit_created.1" in found


def test_stale_missing_and_left_over_files_are_found_and_mended(tmp_path: Path) -> None:
    write(tmp_path / "openapi/mall.json", "old\n")
    write(tmp_path / "openapi/gone.json", "{}\n")
    write(tmp_path / "vectors/rounding.json", "[]\n")
    contracts = {"openapi/mall.json": "new\n", "events/a.1.schema.json": "{}\n"}
    expected = ["events/a.1.schema.json", "openapi/gone.json", "openapi/mall.json"]

    assert spec.stale(tmp_path, contracts, write=False) == expected
    assert (tmp_path / "openapi/mall.json").read_text("utf-8") == "old\n"
    assert spec.stale(tmp_path, contracts, write=True) == expected
    assert spec.stale(tmp_path, contracts, write=False) == []
    assert not (tmp_path / "openapi/gone.json").exists()
    assert (tmp_path / "vectors/rounding.json").exists()
