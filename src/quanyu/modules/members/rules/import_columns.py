"""The columns of a member file: what each is called, in Chinese and English, and which names mean it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from quanyu.kernel.problem import N_

# (column, heading in Chinese, heading in English, other names people use)
COLUMNS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("name", "姓名", "Name", ("会员姓名", "客户姓名", "full name", "member name", "客户名称")),
    ("phone", "手机号", "Phone", ("手机", "手机号码", "电话", "联系电话", "mobile", "phone number", "会员手机号")),
    ("card", "会员卡号", "Card number", ("卡号", "card", "card no", "会员卡")),
    ("external", "客户编号", "Customer number", ("会员编号", "编号", "customer id", "customer no", "member id", "id")),
    ("birthday", "生日", "Birthday", ("出生日期", "出生年月日", "date of birth", "dob")),
    ("lunar", "农历生日", "Lunar birthday", ("农历", "是否农历", "lunar")),
    ("email", "邮箱", "E-mail", ("电子邮箱", "邮件", "email", "e mail", "mail")),
    ("unionid", "unionid", "unionid", ("微信unionid",)),
    ("wecom", "企业微信外部联系人", "WeCom external_userid", ("external_userid", "企业微信", "wecom")),
    ("address", "地址", "Address", ("联系地址", "家庭住址", "住址", "通讯地址")),
)
HEADING_WITHIN_ROWS = 10
SAMPLE_MARKS = ("示例", "sample")
INSTRUCTION = N_(
    "One member per row, from row 4 on. A phone, a card, a customer number, an e-mail, a unionid or a WeCom id is "
    "needed. Write numbers as text; dates as 1990-03-04. Rows that begin with the word Sample are left out."
)


def plain(text: str) -> str:
    """Return a heading in one form: width, case, no spaces, stars or brackets."""
    return re.sub(r"[\s*＊_\-()（）:：]", "", unicodedata.normalize("NFKC", text).casefold())


_MEANING = {plain(name): column for column, chinese, english, others in COLUMNS for name in (chinese, english, *others)}


def column_of(heading: str) -> str | None:
    """Return the column a heading means, ``None`` for one that we do not know."""
    return _MEANING.get(plain(heading))


def places(row: Sequence[str]) -> dict[str, int] | None:
    """Return where each column stands when the row is a heading row: at least one key among known headings.

    Raises ``ValueError`` with the heading when two headings mean the same column.
    """
    found: dict[str, int] = {}
    for place, heading in enumerate(row):
        column = column_of(heading) if heading else None
        if column is None:
            continue
        if column in found:
            raise ValueError(heading)
        found[column] = place
    keys = {"phone", "card", "external", "email", "unionid", "wecom"}
    return found if found.keys() & keys and (len(found) > 1 or len([it for it in row if it]) == 1) else None
