"""What the actions of the audit trail are called on screens; one that has no words yet shows its code."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Any] = {
    "aftersales.return": _("Took goods back"),
    "catalog.barcode_add": _("Added a barcode"),
    "catalog.barcode_remove": _("Removed a barcode"),
    "catalog.brand_create": _("Made a brand"),
    "catalog.brand_update": _("Changed a brand"),
    "catalog.category_create": _("Made a category"),
    "catalog.category_update": _("Changed a category"),
    "catalog.goods_import": _("Wrote goods from a file"),
    "catalog.product_update": _("Changed a product"),
    "catalog.products_create": _("Made products"),
    "catalog.sku_create": _("Made a SKU"),
    "catalog.sku_update": _("Changed a SKU"),
    "checkout.cancel_paid": _("Cancelled a paid order"),
    "checkout.reassign": _("Gave an order to another store"),
    "console.export": _("Exported a list"),
    "console.export_fetched": _("Downloaded an export"),
    "console.export_in_clear": _("Exported personal data in clear"),
    "coupons.grant": _("Gave coupons out"),
    "files.apply": _("Applied an import"),
    "files.cancel": _("Cancelled an import"),
    "files.returned": _("Downloaded rows with problems"),
    "files.upload": _("Uploaded a file to import"),
    "identity.approval_approved": _("Approved as second person"),
    "identity.approval_refused": _("Refused as second person"),
    "identity.assign_role": _("Gave a role"),
    "identity.create_client": _("Let software in"),
    "identity.create_staff": _("Took somebody on"),
    "identity.deactivate_staff": _("Let somebody go"),
    "identity.reactivate_staff": _("Took somebody back"),
    "identity.request_approval": _("Asked for a second person"),
    "identity.revoke_assignment": _("Took a role away"),
    "identity.set_password": _("Set a password"),
    "identity.set_pin": _("Set a PIN"),
    "identity.sign_in": _("Signed in"),
    "identity.update_staff": _("Changed a member of staff"),
    "integrity.run": _("Checked the books"),
    "jobs.discard": _("Discarded a failed job"),
    "jobs.retry": _("Retried a failed job"),
    "members.export": _("Handed out a member's data"),
    "members.erase": _("Erased a member"),
    "members.merge": _("Merged members"),
    "members.unmerge": _("Undid a merge"),
    "organization.create_unit": _("Opened a unit"),
    "outbox.discard": _("Discarded an event"),
    "outbox.retry": _("Retried an event"),
    "pii.reveal": _("Revealed personal data"),
    "points.request_adjustment": _("Asked to adjust points"),
    "pos.approve_discount": _("Approved a discount at the till"),
    "pricing.set_prices": _("Set prices"),
    "promotions.create_campaign": _("Made a campaign"),
    "promotions.stop_campaign": _("Stopped a campaign"),
    "settings.set": _("Changed a setting"),
}


def action_text(action: str) -> str:
    """Return what an action is called."""
    return str(ACTIONS.get(action, action))
