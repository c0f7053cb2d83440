"""What blocks, rules and links are called on the screen."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

KIND_TEXTS: dict[str, Any] = {
    "banner": _("Banners"),
    "shortcuts": _("Shortcuts"),
    "categories": _("Categories"),
    "goods": _("Goods"),
    "flash": _("Flash sales"),
    "coupons": _("Coupons"),
    "notice": _("Notice"),
}
RULE_TEXTS: dict[str, Any] = {
    "newest": _("New arrivals"),
    "best_sellers": _("Best sellers"),
    "on_offer": _("On offer"),
    "category": _("Of a category"),
    "picked": _("Picked by hand"),
}
LINK_TEXTS: dict[str, Any] = {
    "none": _("Leads nowhere"),
    "product": _("A product"),
    "category": _("A category"),
    "search": _("A search"),
    "coupons": _("Coupons"),
    "points": _("Points mall"),
    "member_code": _("Member code"),
    "stores": _("Stores"),
    "flash": _("Flash sales"),
}
LABELS: dict[str, Any] = {
    "title": _("Heading"),
    "title_en": _("English heading"),
    "text": _("Text"),
    "text_en": _("English text"),
    "more": _("Behind the title"),
    "link": _("Leads to"),
    "rule": _("Which goods"),
    "most": _("How many"),
    "category": _("Category"),
    "starts": _("Shown from"),
    "ends": _("Shown until"),
    "is_on": _("Switched on"),
    "icon": _("Icon"),
    "picture": _("Picture"),
    "upload": _("Upload a picture"),
    "add": _("Add an entry"),
    "remove": _("Remove"),
    "up": _("Move up"),
    "down": _("Move down"),
    "find": _("Search goods by name or code"),
    "words": _("Words to search for"),
    "all": _("Without entries: all categories of the top level"),
    "unsaved": _("Changes are not saved yet."),
    "failed": _("That did not work. Check the connection and try again."),
    "nothing": _("There is nothing to show in this store."),
}
