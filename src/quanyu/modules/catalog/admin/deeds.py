"""What can be done with the catalogue on the console; every deed calls the api."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api
from quanyu.modules.catalog.admin import asked
from quanyu.modules.catalog.admin.asked import LIST, whole
from quanyu.modules.catalog.contracts import EditedMeanwhile, NewProduct, NewSku
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import listed

EDIT = "catalog.edit"
SAVED = _("The changes are saved.")


def _create_product(call: Call) -> Done:
    values = call.values
    changes = values["changes"]
    sku = NewSku(
        code=values["sku_code"],
        name=values["name"],
        name_en=values["name_en"],
        cost_fen=values["cost_fen"] or 0,
        plu=values["plu"] or None,
        barcodes=(values["barcode"],) if values["barcode"] else (),
    )
    new = NewProduct(code=values["code"], is_weighed=values["is_weighed"], skus=(sku,), **changes)
    made = api.create_product(product=new, actor=call.actor, now=call.now)
    address = reverse("admin:catalog_product_change", args=[made.id])
    return Done(gettext("“%(name)s” is created.") % {"name": made.name}, go_to=address)


def _edit_product(call: Call) -> Done:
    changes, seen = call.values["changes"], call.values["seen"]
    try:
        api.update_product(product_id=call.subject.pk, seen=seen, actor=call.actor, now=call.now, **changes)
    except EditedMeanwhile as refusal:
        raise EditedMeanwhile(changed=_as_it_is_now(call, str(refusal.params["changed"]).split(","))) from refusal
    return Done(SAVED)


def _as_it_is_now(call: Call, names: list[str]) -> str:
    """Return fields with what they hold by now, as the reader calls them."""
    call.subject.refresh_from_db()
    form = asked.EditProductForm(actor=call.actor, subject=call.subject)
    shown = []
    for name in names:
        value = getattr(call.subject, name)
        choices = dict(getattr(form.fields[name], "choices", ()))
        text = choices.get(str(value), value)
        if isinstance(value, bool):
            text = gettext("Yes") if value else gettext("No")
        shown.append(f"{form.fields[name].label}: {str(text).strip()}")
    return listed(shown)


def _add_sku(call: Call) -> Done:
    values = call.values
    sku = NewSku(
        code=values["code"],
        name=values["name"],
        name_en=values["name_en"],
        specification=values["variant"],
        cost_fen=values["cost_fen"] or 0,
        plu=values["plu"] or None,
        barcodes=(values["barcode"],) if values["barcode"] else (),
    )
    api.add_sku(product_id=call.subject.pk, sku=sku, actor=call.actor, now=call.now)
    return Done(gettext("“%(name)s” is created.") % {"name": values["name"]})


def _edit_sku(call: Call) -> Done:
    values = call.values
    api.update_sku(
        sku_id=call.subject.pk,
        name=values["name"],
        name_en=values["name_en"],
        specification=values["variant"],
        cost_fen=values["cost_fen"] or 0,
        plu=values["plu"] or None,
        is_active=values["is_active"],
        actor=call.actor,
        now=call.now,
    )
    return Done(SAVED)


def _add_barcode(call: Call) -> Done:
    api.add_barcode(sku_id=call.subject.pk, **call.values, actor=call.actor, now=call.now)
    return Done(gettext("The barcode is on the SKU."))


def _remove_barcode(call: Call) -> Done:
    api.remove_barcode(code=call.values["code"], actor=call.actor, now=call.now)
    return Done(gettext("The barcode is taken off."))


def _add_picture(call: Call) -> Done:
    content = call.values["picture"].read()
    alt = call.values["alt"]
    api.add_image(product_id=call.subject.pk, content=content, alt=alt, actor=call.actor, now=call.now)
    return Done(gettext("The picture is on the product, at three sizes."))


def _remove_picture(call: Call) -> Done:
    api.remove_image(product_id=call.subject.pk, image_id=int(call.values["image_id"]), actor=call.actor, now=call.now)
    return Done(gettext("The picture is taken off."))


def _arrange_pictures(call: Call) -> Done:
    order = call.values["order"]
    api.arrange_pictures(product_id=call.subject.pk, image_ids=order, actor=call.actor, now=call.now)
    return Done(gettext("The pictures stand in this order; the first one is the main picture."))


def _create_category(call: Call) -> Done:
    values = {**call.values, "parent_id": whole(call.values["parent_id"])}
    made = api.create_category(**values, actor=call.actor, now=call.now)
    return Done(gettext("“%(name)s” is created.") % {"name": made.name})


def _edit_category(call: Call) -> Done:
    values = {**call.values, "parent_id": whole(call.values["parent_id"])}
    api.update_category(category_id=call.subject.pk, actor=call.actor, now=call.now, **values)
    return Done(SAVED)


def _create_brand(call: Call) -> Done:
    made = api.create_brand(**call.values, actor=call.actor, now=call.now)
    return Done(gettext("“%(name)s” is created.") % {"name": made.name})


def _edit_brand(call: Call) -> Done:
    api.update_brand(brand_id=call.subject.pk, actor=call.actor, now=call.now, **call.values)
    return Done(SAVED)


def _list_in_store(call: Call) -> Done:
    values = {**call.values, "unit_id": int(call.values["unit_id"])}
    api.set_listing(sku_id=call.subject.pk, **values, actor=call.actor, now=call.now)
    return Done(SAVED)


def _change_listing(call: Call) -> Done:
    row = call.subject
    api.set_listing(unit_id=row.unit_id, sku_id=row.sku_id, **call.values, actor=call.actor, now=call.now)
    return Done(SAVED)


def _clear_listing(call: Call) -> Done:
    row = call.subject
    api.clear_listings(unit_id=row.unit_id, sku_ids=[row.sku_id], actor=call.actor, now=call.now)
    return Done(gettext("The master record holds again."), go_to=reverse("admin:catalog_listing_changelist"))


CREATE_PRODUCT = Deed("create", _("New product"), EDIT, _create_product, asked.NewProductForm, "add", "primary")
EDIT_PRODUCT = Deed("edit", _("Edit product"), EDIT, _edit_product, asked.EditProductForm, "edit", "primary")
ADD_SKU = Deed("add-sku", _("Add a variant"), EDIT, _add_sku, asked.NewSkuForm, "add")
ADD_PICTURE = Deed("add-picture", _("Add a picture"), EDIT, _add_picture, asked.PictureForm, "add_photo_alternate")
REMOVE_PICTURE = Deed(
    "remove-picture",
    _("Remove a picture"),
    EDIT,
    _remove_picture,
    asked.RemovePictureForm,
    "hide_image",
    when=lambda product: product.images.exists(),
)
ARRANGE_PICTURES = Deed(
    "arrange-pictures",
    _("Order of pictures"),
    EDIT,
    _arrange_pictures,
    asked.OrderOfPicturesForm,
    "swap_horiz",
    when=lambda product: product.images.count() > 1,
)
EDIT_SKU = Deed("edit", _("Edit SKU"), EDIT, _edit_sku, asked.EditSkuForm, "edit", "primary")
ADD_BARCODE = Deed("add-barcode", _("Add a barcode"), EDIT, _add_barcode, asked.BarcodeForm, "barcode")
REMOVE_BARCODE = Deed(
    "remove-barcode",
    _("Remove a barcode"),
    EDIT,
    _remove_barcode,
    asked.RemoveBarcodeForm,
    "delete",
    when=lambda sku: sku.barcodes.exists(),
)
LIST_IN_STORE = Deed("list-in-store", _("List in a store"), LIST, _list_in_store, asked.StoreListingForm, "storefront")
CREATE_CATEGORY = Deed("create", _("New category"), EDIT, _create_category, asked.NewCategoryForm, "add", "primary")
EDIT_CATEGORY = Deed("edit", _("Edit category"), EDIT, _edit_category, asked.CategoryForm, "edit", "primary")
CREATE_BRAND = Deed("create", _("New brand"), EDIT, _create_brand, asked.NewBrandForm, "add", "primary")
EDIT_BRAND = Deed("edit", _("Edit brand"), EDIT, _edit_brand, asked.NamesForm, "edit", "primary")
CHANGE_LISTING = Deed("change", _("Change listing"), LIST, _change_listing, asked.ListingForm, "edit", "primary")
CLEAR_LISTING = Deed(
    "clear",
    _("As the master record"),
    LIST,
    _clear_listing,
    icon="undo",
    text=_("The deviation is removed; the master record holds again."),
    is_batch=True,
)
