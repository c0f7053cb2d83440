"""Alipay writes yuan with two decimals; we count fen."""

import re

_YUAN = re.compile(r"(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,2}))?")


def to_yuan(fen: int) -> str:
    """`1234` -> `"12.34"`."""
    return f"{fen // 100}.{fen % 100:02d}"


def to_fen(yuan: object) -> int | None:
    """`"12.34"`, `"12.3"` or `"12"` -> fen; None for anything else, never a rounded guess."""
    found = _YUAN.fullmatch(yuan) if isinstance(yuan, str) else None
    if found is None:
        return None
    whole, cents = found.groups()
    return int(whole) * 100 + int((cents or "0").ljust(2, "0"))
