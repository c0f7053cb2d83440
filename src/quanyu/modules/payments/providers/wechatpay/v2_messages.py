"""Messages of API v2: flat XML, signed with a shared key by HMAC-SHA256 or MD5."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal
from xml.parsers import expat
from xml.sax.saxutils import escape

SignType = Literal["HMAC-SHA256", "MD5"]
_MAX_BYTES = 64 * 1024


class MalformedMessage(ValueError):
    """Not a flat XML message, or one that tries more than being flat."""


def sign(fields: Mapping[str, str], key: str, sign_type: SignType) -> str:
    """Signature over the non-empty fields except `sign`, sorted by name; upper-case hex."""
    pairs = [f"{name}={fields[name]}" for name in sorted(fields) if name != "sign" and fields[name]]
    text = "&".join([*pairs, f"key={key}"]).encode()
    if sign_type == "MD5":
        # WeChat's legacy default, only verified and spoken when a merchant is set to it.
        return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().upper()


def verifies(fields: Mapping[str, str], key: str, sign_type: SignType) -> bool:
    """Whether `fields["sign"]` fits, compared in constant time."""
    expected = sign(fields, key, sign_type)
    return hmac.compare_digest(expected.encode(), fields.get("sign", "").encode())


def to_xml(fields: Mapping[str, str]) -> bytes:
    """One element per non-empty field."""
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items() if value)
    return f"<xml>{inner}</xml>".encode()


def from_xml(body: bytes) -> dict[str, str]:
    """Fields of a flat `<xml>` message.

    A document type, an entity, a processing instruction, nesting, attributes or a repeated
    field is refused before any of it is acted upon: v2 messages have none of these, attacks do.
    """
    if len(body) > _MAX_BYTES:
        raise MalformedMessage("too long")
    reader = _FlatReader()
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise MalformedMessage("not XML") from error
    return reader.fields


class _FlatReader:
    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._depth = 0
        self._name = ""
        self._text: list[str] = []
        self.parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._forbidden
        parser.EntityDeclHandler = self._forbidden
        parser.ProcessingInstructionHandler = self._forbidden

    def _forbidden(self, *_: object) -> None:
        raise MalformedMessage("forbidden XML construct")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if attributes or self._depth > 2 or (self._depth == 1 and name != "xml"):
            raise MalformedMessage("not a flat message")
        if self._depth == 2:
            if name in self.fields:
                raise MalformedMessage(f"{name} is given twice")
            self._name, self._text = name, []

    def _characters(self, text: str) -> None:
        if self._depth == 2:
            self._text.append(text)

    def _end(self, _: str) -> None:
        if self._depth == 2:
            self.fields[self._name] = "".join(self._text)
        self._depth -= 1
