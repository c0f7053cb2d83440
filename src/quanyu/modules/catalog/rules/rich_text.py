"""Which HTML a product's description may hold: text, lists, tables, pictures. Nothing that runs."""

from __future__ import annotations

import nh3

LENGTH_MAX = 60_000
_TAGS = {
    "a", "b", "blockquote", "br", "caption", "div", "em", "figcaption", "figure", "h2", "h3", "h4", "hr", "i",
    "img", "li", "ol", "p", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr",
    "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_PICTURE_ROOTS = ("/media/", "https://")


def sanitised(html: str) -> str:
    """Return the HTML without everything that is not on the list; links leave without a referrer."""
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style", "template"},
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"https", "http", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """Pictures come from our own media or over https; a ``data:`` picture could carry anything."""
    if (tag, attribute) == ("img", "src") and not value.startswith(_PICTURE_ROOTS):
        return None
    return value
