"""What the machinery's events, listeners, duties and subjects are called; one that has no words yet shows its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

TOPICS: dict[str, Any] = {
    "aftersales.request_changed.1": _("An after-sale request moved on"),
    "catalog.listing_changed.1": _("What a store lists changed"),
    "catalog.product_changed.1": _("Product changed"),
    "coupons.issued.1": _("Coupon issued"),
    "coupons.handed_out.1": _("Service handed out"),
    "coupons.put_back.1": _("Hand-out of a service undone"),
    "coupons.redeemed.1": _("Coupon redeemed"),
    "coupons.returned.1": _("Coupon returned"),
    "coupons.template_moved.1": _("State of a coupon offer changed"),
    "identity.device_enrolled.1": _("Device enrolled"),
    "identity.device_revoked.1": _("Device revoked"),
    "identity.roles_changed.1": _("Somebody's roles changed"),
    "identity.staff_created.1": _("Staff taken on"),
    "identity.staff_deactivated.1": _("Staff left"),
    "identity.staff_moved.1": _("Staff moved to another unit"),
    "inventory.stock_changed.1": _("Stock changed"),
    "members.consent_changed.1": _("Consent changed"),
    "members.created.1": _("Member joined"),
    "members.erased.1": _("Member erased"),
    "members.merged.1": _("Members merged"),
    "members.unmerged.1": _("Merge of members undone"),
    "orders.cancelled.1": _("Order cancelled"),
    "orders.completed.1": _("Order completed"),
    "orders.paid.1": _("Order paid"),
    "orders.placed.1": _("Order placed"),
    "orders.reassigned.1": _("Order given to another store"),
    "orders.returned.1": _("Goods of an order returned"),
    "organization.location_changed.1": _("Location changed"),
    "organization.unit_closed.1": _("Unit closed"),
    "organization.unit_created.1": _("Unit opened"),
    "organization.unit_moved.1": _("Unit moved"),
    "payments.refunded.1": _("Payment refunded"),
    "payments.succeeded.1": _("Payment succeeded"),
    "points.earned.1": _("Points were earned"),
    "points.expired.1": _("Points have expired"),
    "points.expiring.1": _("Points expire soon"),
    "points.taken_back.1": _("Points were taken back"),
    "pricing.book_closed.1": _("Price book closed"),
    "pricing.price_changed.1": _("Price changed"),
    "promotions.campaign_changed.1": _("Campaign changed"),
    "promotions.campaign_created.1": _("Campaign made"),
    "promotions.campaign_stopped.1": _("Campaign stopped"),
    "tiers.changed.1": _("Membership tier changed"),
}
LISTENERS: dict[str, Any] = {
    "coupons.new_member_pack": _("Gives new members their coupons"),
    "insights.cancelled": _("Adds up trade: cancellations"),
    "insights.paid": _("Adds up trade: payments"),
    "insights.returned": _("Adds up trade: returns"),
    "loyalty.reward": _("Gives points and growth"),
    "loyalty.take_back_growth": _("Takes growth back"),
}
DUTIES: dict[str, Any] = {
    "books.reconcile": _("Checks that the books add up"),
    "checkout.expire_unpaid_orders": _("Lets unpaid orders lapse"),
    "console.export_list": _("Writes an export"),
    "console.go_on": _("Goes on with files and exports"),
    "console.work_on_file": _("Works on an imported file"),
    "coupons.expire_due": _("Lets coupons expire"),
    "identity.prune": _("Clears old sessions away"),
    "identity.rewrap": _("Renews the keys of secrets"),
    "insights.add_up": _("Adds up trade"),
    "members.follow_late": _("Moves late rows of merged members"),
    "members.imports": _("Goes on with imports of members"),
    "members.match": _("Looks for duplicate members"),
    "members.prune": _("Clears old data of members away"),
    "members.rewrap": _("Renews the keys of members' data"),
    "payments.ask_about_payments": _("Asks providers about open payments"),
    "payments.send_refunds": _("Sends refunds to providers"),
    "platform.prune": _("Clears delivered events away"),
    "points.expire": _("Lets points expire"),
    "points.mature": _("Makes pending points available"),
    "points.remind": _("Reminds of points that expire"),
    "tiers.settle_due": _("Settles membership tiers"),
}
SUBJECTS: dict[str, Any] = {
    "api_client": _("API client"),
    "brand": _("Brand"),
    "campaign": _("Campaign"),
    "category": _("Category"),
    "count": _("Stocktake"),
    "coupon_template": _("Coupon offer"),
    "damage": _("Damage"),
    "device": _("Device"),
    "event": _("Event"),
    "file_import": _("Import of a file"),
    "flash_sale": _("Flash sale"),
    "integrity": _("Check of the books"),
    "job": _("Job"),
    "list": _("List of the console"),
    "invoice": _("Invoice"),
    "member": _("Member"),
    "member_day": _("Member day"),
    "member_import": _("Import of members"),
    "order": _("Order"),
    "owner": _("Owner"),
    "points_offer": _("Offer for points"),
    "price_book": _("Price book"),
    "product": _("Product"),
    "receipt": _("Goods receipt"),
    "request": _("After-sale request"),
    "return": _("Return"),
    "role": _("Role"),
    "setting": _("Setting"),
    "sku": _("SKU"),
    "staff": _("Staff"),
    "stock": _("Stock"),
    "tier": _("Tier"),
    "transfer": _("Transfer"),
    "unit": _("Unit"),
}


MODULES: dict[str, Any] = {
    "aftersales": _("Returns"),
    "catalog": _("Products"),
    "checkout": _("Checkout"),
    "coupons": _("Coupons"),
    "flash": _("Flash sales"),
    "fulfilment": _("Fulfilment"),
    "identity": _("Staff"),
    "insights": _("Totals"),
    "inventory": _("Stock"),
    "members": _("Members"),
    "orders": _("Orders"),
    "organization": _("Organization"),
    "payments": _("Payments"),
    "points": _("Points"),
    "pos": _("Tills"),
    "pricing": _("Prices"),
    "promotions": _("Campaigns"),
    "tiers": _("Membership tiers"),
}


def with_code(words: Mapping[str, Any], code: str) -> SafeString | str:
    """Return the words of a code with the code small below; the code alone when there are none."""
    if code not in words:
        return code
    return format_html('{}<span class="qy-code">{}</span>', words[code], code)
