"""The operations of WeChat's server API that a shop uses, as WeChat answers them."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import segno

from quanyu.modules.members.simulators.book import (
    APP_ID,
    APP_SECRET,
    TOKEN_SECONDS,
    Book,
    Fault,
    FaultKind,
    WrongCode,
    openid_of,
    unionid_of,
)

OPERATIONS = {
    ("GET", "/sns/jscode2session"): "code2session",
    ("POST", "/cgi-bin/stable_token"): "token",
    ("POST", "/wxa/business/getuserphonenumber"): "phone",
    ("POST", "/wxa/getwxacodeunlimit"): "picture",
}
_TEXTS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40013: "invalid appid",
    40029: "invalid code",
    40125: "invalid appsecret",
    40163: "code been used",
    41030: "invalid page",
    45011: "api minute-quota reach limit",
}
_NUMBERS = {
    FaultKind.EXPIRED_CODE: 40029,
    FaultKind.USED_CODE: 40163,
    FaultKind.BUSY: -1,
    FaultKind.TOKEN_EXPIRED: 40001,
    FaultKind.RATE_LIMIT: 45011,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    body: bytes
    status: int = 200
    kind: str = "application/json; charset=utf-8"


def answer(book: Book, operation: str, *, query: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
    """Answer one request, or fail as it was planned."""
    fault = book.strike(operation)
    if fault is not None:
        failed = _failed(fault)
        if failed is not None:
            return failed
    if operation == "code2session":
        return _session(book, query)
    if operation == "token":
        return _token(book, content)
    if not book.token or query.get("access_token") != book.token:
        return error(40001)
    if operation == "phone":
        return _phone(book, content, other_app=fault is not None and fault.kind is FaultKind.OTHER_APP)
    return _picture(content)


def error(number: int) -> Answer:
    """An error as WeChat tells it: status 200 and a number."""
    return told({"errcode": number, "errmsg": _TEXTS.get(number, "error")})


def told(document: Any, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(json.dumps(document, ensure_ascii=False).encode(), status)


def _failed(fault: Fault) -> Answer | None:
    if fault.kind in _NUMBERS:
        return error(_NUMBERS[fault.kind])
    if fault.kind is FaultKind.WRONG_JSON:
        return Answer(b'{"openid": "oSIM')
    if fault.kind is FaultKind.SERVER_ERROR:
        return Answer(b"<html>502 Bad Gateway</html>", 502, "text/html")
    if fault.kind is FaultKind.SLOW:
        time.sleep(fault.seconds)
    return None


def _wrong_app(given: Mapping[str, Any]) -> Answer | None:
    if given.get("appid") != APP_ID:
        return error(40013)
    return None if given.get("secret") == APP_SECRET else error(40125)


def _session(book: Book, query: Mapping[str, str]) -> Answer:
    wrong = _wrong_app(query)
    if wrong is not None:
        return wrong
    try:
        holder = book.take_code(query.get("js_code", ""))
    except WrongCode as refused:
        return error(refused.number)
    found = {"openid": openid_of(holder), "session_key": "c2ltdWxhdGVkIGtleSAxMjM0"}
    return told({**found, "unionid": unionid_of(holder)} if book.has_unionid else found)


def _token(book: Book, content: Mapping[str, Any]) -> Answer:
    wrong = _wrong_app(content)
    if wrong is not None:
        return wrong
    token = book.stable_token(force=content.get("force_refresh") is True)
    return told({"access_token": token, "expires_in": TOKEN_SECONDS})


def _phone(book: Book, content: Mapping[str, Any], *, other_app: bool) -> Answer:
    try:
        holder = book.take_code(str(content.get("code", "")))
    except WrongCode as refused:
        return error(refused.number)
    abroad, _, rest = holder.removeprefix("+").partition("-")
    country, number = (abroad, rest) if holder.startswith("+") else ("86", holder)
    app_id = "wx9999999999999999" if other_app else APP_ID
    info = {
        "phoneNumber": number if country == "86" else f"+{country}{number}",
        "purePhoneNumber": number,
        "countryCode": country,
        "watermark": {"timestamp": int(time.time()), "appid": app_id},
    }
    return told({"errcode": 0, "errmsg": "ok", "phone_info": info})


def _picture(content: Mapping[str, Any]) -> Answer:
    scene, page = content.get("scene"), content.get("page", "")
    if not isinstance(scene, str) or not 1 <= len(scene) <= 32:
        return error(40169)
    if not isinstance(page, str) or page.startswith("/"):
        return error(41030)
    picture = io.BytesIO()
    segno.make(f"{page}?scene={scene}", error="m", micro=False).save(picture, kind="png", scale=8, border=2)
    return Answer(picture.getvalue(), kind="image/png")
