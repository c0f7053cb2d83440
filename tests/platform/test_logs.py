"""Logs are JSON, carry the request id, and hold neither personal data nor secrets."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from quanyu.platform import logs

CANARIES = [
    "13812345678",
    "+86 13812345678",
    "11010519491231002X",
    "6222021234567890123",
    "anna.li@example.com",
    "Bearer abc.def-ghi",
]


@pytest.fixture
def lines():
    stream = io.StringIO()
    known = logging.getLogger().handlers[:], logging.getLogger().level, structlog.get_config()
    logs.configure("INFO", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().handlers[:], level, configuration = known
    logging.getLogger().setLevel(level)
    structlog.configure(**configuration)
    structlog.contextvars.clear_contextvars()


def test_a_line_is_one_json_object_with_time_level_and_the_context(lines):
    structlog.contextvars.bind_contextvars(request_id="r-1")
    structlog.get_logger("x").info("order.placed", order_id="0190", total_fen=1299, text="汉字\nline")
    [line] = lines()
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "info",
        "event": "order.placed",
        "order_id": "0190",
        "total_fen": 1299,
        "text": "汉字\nline",
        "request_id": "r-1",
    }


@pytest.mark.parametrize(
    "name",
    ["phone", "member_phone", "Authorization", "password", "access_token", "openid", "email", "address", "body",
     "id_number", "real_name", "Set-Cookie", "card_no", "api_key", "name"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["secret value", 13812345678, ["a"], {"a": 1}, b"bytes", True])
def test_values_under_telling_names_are_hidden(lines, name, value):
    structlog.get_logger().info("x", **{name: value})
    structlog.get_logger().info("x", nested={"deeper": [{name: value}]})
    flat, nested = lines()
    assert flat[name] == logs.HIDDEN
    assert nested["nested"]["deeper"][0][name] == logs.HIDDEN


@pytest.mark.parametrize("canary", CANARIES)
def test_what_looks_personal_is_hidden_in_any_text(lines, canary):
    structlog.get_logger().warning("x", note=f"call {canary} now", parts=[canary], deep={"a": {"b": canary}})
    logging.getLogger("other").error("failed for %s", canary)
    text = json.dumps(lines(), ensure_ascii=False)
    assert canary not in text
    assert "13812345678" not in text
    assert text.count(logs.HIDDEN) >= 4


def test_figures_and_ids_stay_readable(lines):
    facts = {"order_id": "01a2042f-eb74-7fb1-a39d-63a6c0d3862c", "barcode": "6901234567892", "count": 12, "ok": True}
    structlog.get_logger().info("x", **facts)
    [line] = lines()
    assert facts.items() <= line.items()


def test_an_exception_tells_its_kind_and_place_without_values(lines):
    def fail(phone):
        raise ValueError(f"no member with the phone {phone}")

    try:
        fail("13812345678")
    except ValueError:
        structlog.get_logger().exception("x")
        logging.getLogger("django.request").exception("Internal Server Error")
    for line in lines():
        assert line["error"] == "ValueError"
        assert line["frames"][-1].startswith("test_logs.py:")
        assert line["text"] == f"no member with the phone {logs.HIDDEN}"
    assert "13812345678" not in json.dumps(lines())


def test_a_password_in_an_address_is_hidden():
    assert "hunter2" not in logs.scrub("could not reach postgresql://quanyu:hunter2@10.0.0.7/quanyu")
