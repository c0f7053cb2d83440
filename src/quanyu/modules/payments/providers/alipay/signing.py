"""RSA2 signatures of Alipay, over exactly the text that travels."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from quanyu.modules.payments.providers.notifications import MalformedNotification

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


class MalformedAnswer(ValueError):
    """Not the `{"…_response": {…}, "sign": "…"}` of Alipay."""


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """An answer taken apart without re-serialising: `signed_text` is what Alipay signed."""

    name: str
    signed_text: bytes
    content: Mapping[str, Any]
    signature: str


def request_text(params: Mapping[str, str]) -> bytes:
    """What a request signs: non-empty parameters without `sign`, sorted, `sign_type` kept."""
    return _joined(params, without=("sign",))


def notification_text(params: Mapping[str, str]) -> bytes:
    """What a notification signs: as a request, but without `sign_type`."""
    return _joined(params, without=("sign", "sign_type"))


def form(raw_body: bytes) -> dict[str, str]:
    """Decode a form once, strictly: UTF-8, each name at most once."""
    try:
        pairs = parse_qsl(
            raw_body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=200,
        )
    except ValueError as error:
        raise MalformedNotification("the body is not a form") from error
    params = dict(pairs)
    if len(params) != len(pairs):
        raise MalformedNotification("a parameter is given twice")
    return params


def take_apart(body: bytes) -> SignedAnswer:
    """Split an answer into the raw text of its response object and its signature."""
    try:
        members = _members(body.decode("utf-8"))
    except ValueError as error:
        raise MalformedAnswer("the answer is not a JSON object") from error
    responses = [name for name in members if name.endswith("_response")]
    if len(responses) != 1:
        raise MalformedAnswer("not exactly one response")
    text, content = members[responses[0]]
    if not isinstance(content, dict):
        raise MalformedAnswer("the response is not an object")
    signature = members.get("sign", ("", ""))[1]
    return SignedAnswer(
        name=responses[0],
        signed_text=text.encode(),
        content=content,
        signature=signature if isinstance(signature, str) else "",
    )


def _members(text: str) -> dict[str, tuple[str, Any]]:
    """Members of a JSON object, each with its raw text. Raises ValueError."""
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("no object")
    members: dict[str, tuple[str, Any]] = {}
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if not isinstance(name, str) or name in members or text[at : at + 1] != ":":
            raise ValueError("no member, or a second one of the same name")
        start = _skip(text, at + 1)
        value, end = _DECODER.raw_decode(text, start)
        members[name] = (text[start:end], value)
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "}":
            raise ValueError("no end")
    return members


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _joined(params: Mapping[str, str], *, without: tuple[str, ...]) -> bytes:
    names = sorted(name for name, value in params.items() if value and name not in without)
    return "&".join(f"{name}={params[name]}" for name in names).encode()
