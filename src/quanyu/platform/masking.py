"""How personal values look on screens, in exports and on paper, unless somebody uncovers them."""

from __future__ import annotations

import re

HIDDEN = "******"
_MOBILE = re.compile(r"^(?:\+?86[- ]?)?(1[3-9]\d)\d{4}(\d{4})\Z")
_LANDLINE = re.compile(r"^(0(?:10|2\d|[3-9]\d{2}))-?\d{3,4}(\d{4})\Z")
# Greedy steps down the administrative ladder; each step ends at the first word of its level.
_DIVISION = re.compile(
    r"^(?P<province>[^省市区]{2,8}?(?:省|自治区|特别行政区|市))?"
    r"(?P<city>[^市盟区县]{2,10}?(?:市|自治州|地区|盟))?"
    r"(?P<district>[^市区县旗路街道号]{1,10}?(?:区|县|旗|市))?"
)


def mask_phone(text: str) -> str:
    """``138****5678`` for a mobile, ``0755-****9032`` for a landline, last four digits otherwise."""
    compact = re.sub(r"\s", "", text)
    mobile = _MOBILE.match(compact.replace("-", ""))
    if mobile:
        return f"{mobile[1]}****{mobile[2]}"
    landline = _LANDLINE.match(compact)
    if landline:
        return f"{landline[1]}-****{landline[2]}"
    digits = re.sub(r"\D", "", compact)
    return f"****{digits[-4:]}" if len(digits) >= 8 else "****"


def mask_name(text: str) -> str:
    """``张*`` for two characters, ``张*三`` for three or more, ``*`` for one."""
    name = text.strip()
    if len(name) <= 1:
        return "*"
    return f"{name[0]}*" if len(name) == 2 else f"{name[0]}*{name[-1]}"


def mask_id(text: str, *, wide: bool = False) -> str:
    """First and last character; ``wide`` (a permission) shows three and four of an identity number."""
    number = text.strip()
    shown_first, shown_last = (3, 4) if wide and len(number) >= 15 else (1, 1)
    if len(number) <= shown_first + shown_last:
        return "*" * len(number)
    hidden = "*" * (len(number) - shown_first - shown_last)
    return number[:shown_first] + hidden + number[-shown_last:]


def mask_card(text: str) -> str:
    """The last four digits of a bank card."""
    return last4(re.sub(r"\D", "", text))


def mask_email(text: str) -> str:
    """``a***@b.com``."""
    local, at, domain = text.strip().rpartition("@")
    return f"{local[0]}***@{domain}" if at and local else "***"


def mask_address(text: str) -> str:
    """Province, city and district, then ``******``."""
    match = _DIVISION.match(text.strip())
    return (match[0] if match else "") + HIDDEN


def mask_plate(text: str) -> str:
    """``粤B***12``."""
    plate = re.sub(r"[\s·.-]", "", text)
    return f"{plate[:2]}***{plate[-2:]}" if len(plate) >= 7 else "***"


def mask_openid(text: str) -> str:
    """First four … last four."""
    return f"{text[:4]}…{text[-4:]}" if len(text) > 12 else "…"


def last4(text: str) -> str:
    """The last four characters of a number; nothing of one that is shorter than eight."""
    return text[-4:] if len(text) >= 8 else ""
