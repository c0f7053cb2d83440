"""MALL-05: what is indexed is found by every part of it, and what is typed can be anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.modules.catalog.contracts import SearchWords
from quanyu.modules.catalog.rules import rich_text, search_words

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=12)


def found(query: SearchWords, indexed: search_words.Indexed) -> bool:
    """As the database decides: all tokens, then LIKE for all patterns."""
    like = (pattern.strip("%") in indexed.text for pattern in query.patterns)
    return query.possible and set(query.tokens) <= set(indexed.tokens) and all(like)


LUGGAGE = search_words.index(names=["行李箱 20寸 Samsonite", "新秀丽", "T-Shirt"], codes=["SKU-0815", "6901234567892"])


@pytest.mark.parametrize(
    "text",
    [
        "行李箱", "李箱", "箱", "xlx", "lx", "XLX", "xinglixiang", "lixiang", "xingl", "samsonite", "Sams", "20寸",
        "20", "新秀丽", "xxl", "xinxiuli", "6901234567892", "69012345", "sku0815", "SKU-0815", "行李 sams 6901",
        "ｓａｍｓ", "t-shirt", "tshirt", "shirt", "",
    ],
)  # fmt: skip
def test_mall_05_a_name_is_found_by(text):
    assert found(search_words.query(text), LUGGAGE)


@pytest.mark.parametrize("text", ["箱行", "amsonite", "7892", "690", "ixiang", "行李箱 羽绒", "!!!", "20寸q"])
def test_mall_05_a_name_is_not_found_by(text):
    assert not found(search_words.query(text), LUGGAGE)


@given(HAN, st.data())
def test_mall_05_every_piece_of_a_chinese_name_finds_it(name, data):
    start = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(start + 1, len(name)))
    assert found(search_words.query(name[start:end]), search_words.index(names=[name], codes=[]))


@given(st.text(max_size=200))
def test_no_query_makes_the_search_stumble(text):
    query = search_words.query(text)
    assert len(query.exact) <= search_words.QUERY_LENGTH_MAX
    # Only what a name is made of reaches LIKE: no wildcard that was typed.
    assert all(not set("%_\\") & set(pattern[1:-1]) for pattern in query.patterns)


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>好<b>喝</b></p>", "<p>好<b>喝</b></p>"),
        ("<p onclick='x()'>好</p><script>alert(1)</script>", "<p>好</p>"),
        ("<a href='javascript:alert(1)'>x</a>", '<a rel="noopener noreferrer nofollow">x</a>'),
        ("<img src='data:image/svg+xml,x'>", "<img>"),
        ("<img src='//evil.example/x.png'>", "<img>"),
        ("<img src='/media/catalog/a.webp' onerror=x>", '<img src="/media/catalog/a.webp">'),
        ("<iframe src='https://example.com'></iframe>", ""),
        ("<p style='position:fixed'>x</p><style>p{}</style>", "<p>x</p>"),
        ("<svg><script>1</script></svg><!-- secret -->", ""),
    ],
)
def test_descriptions_keep_text_and_lose_what_runs(html, kept):
    assert rich_text.sanitised(html) == kept
