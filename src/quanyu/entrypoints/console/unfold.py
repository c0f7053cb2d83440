"""What unfold is told about the console: name, colours, and the side menu as each person may see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# (title, icon, address name). Lists name the permission themselves, pages too.
Item = tuple[Any, str, str]

MENU: tuple[tuple[Any, tuple[Item, ...]], ...] = (
    ("", ((_("Home"), "home", "index"),)),
    (
        _("Sales"),
        (
            (_("Orders"), "receipt_long", "orders_order_changelist"),
            (_("After-sale requests"), "support_agent", "aftersales_request_changelist"),
            (_("Returns"), "assignment_return", "aftersales_return_changelist"),
            (_("Invoices"), "receipt", "orders_invoicerequest_changelist"),
            (_("Payments"), "payments", "payments_payment_changelist"),
            (_("Refunds"), "currency_exchange", "payments_refund_changelist"),
            (_("Approvals"), "how_to_reg", "identity_approval_changelist"),
            (_("Tills"), "point_of_sale", "pos_terminal_changelist"),
            (_("Shifts"), "schedule", "pos_shift_changelist"),
            (_("Sales made by tills"), "cloud_off", "pos_tillsale_changelist"),
            (_("Advice at tills"), "add_shopping_cart", "pos_advice"),
            (_("Old systems"), "move_up", "partners_partner_changelist"),
            (_("Sales of old tills"), "receipt_long", "partners_entry_changelist"),
        ),
    ),
    (
        _("Goods"),
        (
            (_("Products"), "inventory_2", "catalog_product_changelist"),
            (_("SKUs and barcodes"), "barcode", "catalog_sku_changelist"),
            (_("Categories"), "category", "catalog_category_changelist"),
            (_("Brands"), "sell", "catalog_brand_changelist"),
            (_("Store listings"), "storefront", "catalog_listing_changelist"),
            (_("Mall pages"), "phone_iphone", "mall_pages"),
            (_("Outfits and tutorials"), "styler", "catalog_guides"),
        ),
    ),
    (
        _("Stock"),
        (
            (_("Find stock"), "barcode_scanner", "stock_sku"),
            (_("Stock by location"), "storefront", "stock_location"),
            (_("Map of stores"), "map", "stock_map"),
            (_("Transfers"), "local_shipping", "stock_transfers"),
            (_("Stock"), "warehouse", "inventory_stock_changelist"),
            (_("Movements"), "swap_vert", "inventory_movement_changelist"),
            (_("Reservations"), "bookmark", "inventory_reservation_changelist"),
            (_("Sharing rules"), "share", "inventory_sharingpolicy_changelist"),
        ),
    ),
    (
        _("Prices and offers"),
        (
            (_("Price books"), "price_change", "pricing_pricebook_changelist"),
            (_("Price changes"), "history", "pricing_pricechange_changelist"),
            (_("Campaigns"), "campaign", "promotions_campaign_changelist"),
            (_("Flash sales"), "bolt", "flash_sale_changelist"),
            (_("Coupon offers"), "confirmation_number", "coupons_template_changelist"),
            (_("Coupons given out"), "local_activity", "coupons_coupon_changelist"),
            (_("Coupon figures"), "bar_chart", "coupon_figures"),
            (_("Price simulation"), "calculate", "price_trial"),
        ),
    ),
    (
        _("Members"),
        (
            (_("Members"), "group", "members_member_changelist"),
            (_("Member at a glance"), "person_search", "member_view"),
            (_("Possible matches"), "group_search", "members_match_changelist"),
            (_("Associates of members"), "support_agent", "members_associate_changelist"),
            (_("Merges"), "merge", "members_merge_changelist"),
            (_("Member imports"), "upload_file", "members_importjob_changelist"),
            (_("Membership tiers"), "military_tech", "tiers_tier_changelist"),
            (_("Tiers of members"), "leaderboard", "tiers_standing_changelist"),
            (_("Growth ledger"), "trending_up", "tiers_growth_changelist"),
            (_("Member days"), "celebration", "tiers_memberday_changelist"),
        ),
    ),
    (
        _("Points"),
        (
            (_("Points of members"), "savings", "points_account_changelist"),
            (_("Points ledger"), "receipt", "points_movement_changelist"),
            (_("Lots of points"), "layers", "points_lot_changelist"),
            (_("Points mall"), "redeem", "points_offer_changelist"),
            (_("Earning rules"), "rule", "points_rule_changelist"),
            (_("Points adjustments"), "exposure", "points_adjustment_changelist"),
            (_("Points liability"), "account_balance", "points_liability"),
        ),
    ),
    (
        _("Organization"),
        (
            (_("Stores and units"), "account_tree", "organization_unit_changelist"),
            (_("Locations"), "location_on", "organization_location_changelist"),
            (_("Staff"), "badge", "identity_staff_changelist"),
            (_("Roles"), "shield_person", "identity_role_changelist"),
            (_("Roles and permissions"), "grid_on", "staff_matrix"),
            (_("Devices"), "devices", "identity_device_changelist"),
            (_("API clients"), "api", "identity_apiclient_changelist"),
        ),
    ),
    (
        _("System"),
        (
            (_("Settings"), "tune", "settings_tree"),
            (_("Feature stages"), "toggle_on", "feature_stages"),
            (_("Audit trail"), "policy", "audit"),
            (_("Import files"), "upload_file", "files"),
            (_("My exports"), "download", "exports"),
            (_("Integrity"), "verified", "integrity"),
            (_("Events and jobs"), "monitor_heart", "health"),
            (_("Provider notifications"), "notifications", "payments_notification_changelist"),
            (_("Rejected notifications"), "gpp_bad", "payments_rejectednotification_changelist"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side menu with what this person may open."""
    from quanyu.platform.console import access

    if not request.user.is_authenticated:
        return []
    allowed = _permissions()
    groups = []
    for title, items in MENU:
        shown = [_entry(request, item) for item in items if _may_open(request, allowed, item[2], access.may)]
        if shown:
            groups.append({"title": title, "items": shown, "separator": False})
    return groups


def _entry(request: HttpRequest, item: Item) -> dict[str, Any]:
    title, icon, name = item
    address = reverse(f"admin:{name}")
    is_here = request.path == address if name == "index" else request.path.startswith(address)
    # unfold calls what is callable, so the answer is given as one.
    return {"title": title, "icon": icon, "link": address, "active": lambda _request: is_here}


def _may_open(
    request: HttpRequest, allowed: dict[str, str], name: str, may: Callable[[HttpRequest, str], bool]
) -> bool:
    permission = allowed[name]
    return permission == "" or may(request, permission)


def _permissions() -> dict[str, str]:
    from django.contrib import admin

    from quanyu.platform.console import registry

    lists = {
        f"{model._meta.app_label}_{model._meta.model_name}_changelist": listed.view_permission  # type: ignore[attr-defined]
        for model, listed in admin.site._registry.items()  # noqa: SLF001 - Django's own admin reads it so
    }
    return {"index": "", **lists, **{page.name: page.permission for page in registry.pages()}}


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the links of one's own account."""
    return [
        {"title": _("Change password"), "link": reverse("admin:account_password")},
        {"title": _("Two-step sign-in"), "link": reverse("admin:account_two_step")},
    ]


def language_address(request: HttpRequest) -> str:
    """Return where a choice of language is sent: it is kept with the person."""
    return reverse("admin:account_language" if request.user.is_authenticated else "set_language")


def languages(request: HttpRequest) -> list[dict[str, str]]:
    """Return the languages, each in its own name."""
    return [{"code": "zh-hans", "name_local": "简体中文"}, {"code": "en", "name_local": "English"}]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Quanyu console"),
    "SITE_HEADER": _("Quanyu"),
    "SITE_SUBHEADER": _("One member, one stock, one order book"),
    "SITE_SYMBOL": "storefront",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("console/icon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "SHOW_LANGUAGES": False,
    "LANGUAGES": {
        "action": "quanyu.entrypoints.console.unfold.language_address",
        "navigation": "quanyu.entrypoints.console.unfold.languages",
    },
    "LOGIN": {"image": lambda _request: static("console/login.svg")},
    "BORDER_RADIUS": "8px",
    "STYLES": [
        lambda _request: static("console/console.css"),
        lambda _request: static("console/list.css"),
        lambda _request: static("tiers/tiers.css"),
        lambda _request: static("inventory/stock.css"),
        lambda _request: static("console/order.css"),
        lambda _request: static("console/home.css"),
    ],
    "SCRIPTS": [
        lambda _request: static("console/console.js"),
        lambda _request: static("console/list.js"),
        lambda _request: static("console/order.js"),
    ],
    "ACCOUNT": {"navigation": "quanyu.entrypoints.console.unfold.account_links"},
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": "quanyu.entrypoints.console.unfold.navigation",
    },
    # A calm green: goods, stock, "in order". Weights of one hue, readable on white and on near-black.
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .02 165)",
            "100": "oklch(94% .045 165)",
            "200": "oklch(88.5% .08 165)",
            "300": "oklch(81% .115 165)",
            "400": "oklch(72% .14 165)",
            "500": "oklch(62% .14 165)",
            "600": "oklch(52% .12 165)",
            "700": "oklch(44.5% .1 165)",
            "800": "oklch(38% .08 165)",
            "900": "oklch(33% .066 165)",
            "950": "oklch(23% .045 165)",
        },
    },
}
