"""WeChat's server API of one mini-program: whose sign-in a code is, the phone of a person, pictures of codes.

Secret and token travel where WeChat wants them, in the address and the body of a request: nothing of a request is
ever logged or kept, and what goes wrong is told by WeChat's number alone.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from quanyu.modules.members.contracts.wechat import WechatAccount, WechatCodeRefused, WechatUnavailable

LIVE_BASE_URL = "https://api.weixin.qq.com"
SCENE_LENGTH_MAX = 32
TOKEN_SECONDS_SPARE = 300.0
_BUSY = -1
# 40029 wrong or too old, 40163 used, 40226 an account that WeChat holds back.
_CODE_REFUSED = frozenset({40029, 40163, 40226})
_TOKEN_OVER = frozenset({40001, 40014, 42001})
_CHINA = "86"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WechatConfig:
    """What one mini-program needs. The secret never shows in a repr."""

    app_id: str
    secret: str = field(repr=False)
    base_url: str = LIVE_BASE_URL

    def __post_init__(self) -> None:
        if not self.app_id or not self.secret:
            raise ValueError("a mini-program has an app id and a secret")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; ``status`` is ``None`` when nothing did."""

    status: int | None
    body: bytes = field(repr=False)


class Transport(Protocol):
    """One HTTP exchange, bounded in time; never raises for the network and follows no redirect."""

    def __call__(self, method: str, url: str, *, query: Mapping[str, str], content: Mapping[str, Any] | None) -> Reply:
        """Send a request with a JSON body, or none."""
        ...


class WechatMiniProgram:
    """One mini-program at WeChat; make it once per process and share it."""

    def __init__(
        self, config: WechatConfig, *, send: Transport, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.app_id = config.app_id
        self._config = config
        self._send = send
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token = ""
        self._token_ends = 0.0

    def account(self, *, code: str) -> WechatAccount:
        """Return whose sign-in a code is (code2session). Raises ``WechatCodeRefused``, ``WechatUnavailable``."""
        query = {
            "appid": self._config.app_id,
            "secret": self._config.secret,
            "js_code": code,
            "grant_type": "authorization_code",
        }
        answer = self._asked(lambda: self._exchange("GET", "/sns/jscode2session", query=query))
        openid, unionid = answer.get("openid"), answer.get("unionid", "")
        if not (isinstance(openid, str) and openid and isinstance(unionid, str)):
            raise WechatUnavailable
        return WechatAccount(app_id=self._config.app_id, openid=openid, unionid=unionid)

    def phone(self, *, code: str) -> str:
        """Return the phone a person let us have (getuserphonenumber). Raises like :meth:`account`."""
        answer = self._asked(
            lambda: self._exchange(
                "POST", "/wxa/business/getuserphonenumber", query=self._with_token(), content={"code": code}
            )
        )
        info = answer.get("phone_info")
        if not isinstance(info, dict):
            raise WechatUnavailable
        mark = info.get("watermark")
        if not isinstance(mark, dict) or mark.get("appid") != self._config.app_id:
            raise WechatUnavailable
        country, number = str(info.get("countryCode", "")), str(info.get("purePhoneNumber", ""))
        return number if country == _CHINA else f"+{country}{number}"

    def code_picture(self, *, scene: str, page: str) -> bytes:
        """Return the picture of a code without limit of number (getwxacodeunlimit). Raises ``WechatUnavailable``."""
        if not 1 <= len(scene) <= SCENE_LENGTH_MAX:
            raise ValueError("a scene has 1 to 32 characters")
        content = {"scene": scene, "page": page.lstrip("/"), "check_path": False, "width": 430}
        return self._asked(lambda: self._picture(content))

    def _picture(self, content: Mapping[str, Any]) -> bytes:
        query = self._with_token()
        reply = self._send("POST", self._config.base_url + "/wxa/getwxacodeunlimit", query=query, content=content)
        if reply.status == 200 and reply.body.startswith(_PICTURES):
            return reply.body
        _demand_success(_document(reply), query)
        raise WechatUnavailable

    def _asked(self, ask: Callable[[], T]) -> T:
        """Ask; once more when WeChat is busy or our token was over, as it says itself."""
        try:
            try:
                return ask()
            except _TokenOver as over:
                self._replace_token(over.token)
            except _Busy:
                pass
            return ask()
        except (_TokenOver, _Busy):
            raise WechatUnavailable from None

    def _exchange(
        self, method: str, path: str, *, query: Mapping[str, str], content: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        answer = _document(self._send(method, self._config.base_url + path, query=query, content=content))
        _demand_success(answer, query)
        return answer

    def _with_token(self) -> dict[str, str]:
        """Return the query with the stable access token, which all processes share at WeChat's side."""
        with self._lock:
            if self._monotonic() >= self._token_ends:
                self._fetch_token()
            return {"access_token": self._token}

    def _fetch_token(self, *, force: bool = False) -> None:
        content = {
            "grant_type": "client_credential",
            "appid": self._config.app_id,
            "secret": self._config.secret,
            "force_refresh": force,
        }
        answer = self._exchange("POST", "/cgi-bin/stable_token", query={}, content=content)
        token, lasts = answer.get("access_token"), answer.get("expires_in")
        if not (isinstance(token, str) and token and isinstance(lasts, int)):
            raise WechatUnavailable
        self._token, self._token_ends = token, self._monotonic() + max(0.0, lasts - TOKEN_SECONDS_SPARE)

    def _replace_token(self, refused: str) -> None:
        """Take another token than the one WeChat refused, once for all who were refused with it.

        Another process may have replaced it: WeChat is asked for what is good now, and made to end it only then.
        """
        with self._lock:
            if self._token != refused:
                return
            self._fetch_token()
            if self._token == refused:
                self._fetch_token(force=True)


class _Busy(Exception):
    """WeChat asks to try again."""


class _TokenOver(Exception):
    """The access token is not good any more; ``token``: which one."""

    def __init__(self, token: str) -> None:
        super().__init__("the access token is over")
        self.token = token


def _document(reply: Reply) -> dict[str, Any]:
    if reply.status != 200:
        raise WechatUnavailable
    try:
        found = json.loads(reply.body)
    except ValueError:
        raise WechatUnavailable from None
    if not isinstance(found, dict):
        raise WechatUnavailable
    return found


def _demand_success(answer: Mapping[str, Any], query: Mapping[str, str]) -> None:
    number = answer.get("errcode", 0)
    if number == _BUSY:
        raise _Busy
    if number in _TOKEN_OVER:
        raise _TokenOver(query.get("access_token", ""))
    if number in _CODE_REFUSED:
        raise WechatCodeRefused(field="code")
    if number != 0:
        raise WechatUnavailable
