"""Tables of what is sold: categories, brands, products, SKUs, barcodes, images, store overlay."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quanyu.modules.organization.models import Unit


class Category(models.Model):
    """A node of the category tree; ``path`` holds ids from the root to the node itself."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("parent")
    )
    path = ArrayField(models.BigIntegerField(), default=list, editable=False)
    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True, default="")
    position = models.IntegerField(_("position"), default=0)

    class Meta:
        db_table = "catalog_category"
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        indexes = [GinIndex(fields=["path"], name="catalog_category_path")]

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """A brand of goods."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True, default="")

    class Meta:
        db_table = "catalog_brand"
        verbose_name = _("product brand")
        verbose_name_plural = _("product brands")

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """The head-office master record of a product; its variants are SKUs."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True, default="")
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", verbose_name=_("category"))
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("brand"))
    supplier = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("supplier")
    )
    unit_name = models.CharField(_("unit of sale"), max_length=10)
    is_weighed = models.BooleanField(_("sold by weight"), default=False)
    tax_rate_bp = models.IntegerField(_("tax rate (basis points)"), default=1300)
    description_html = models.TextField(_("description"), blank=True, default="")
    specification_names = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, verbose_name=_("variant attributes")
    )
    is_active = models.BooleanField(_("on sale"), default=True, db_default=True)
    is_listed_by_default = models.BooleanField(_("listed in every store"), default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "catalog_product"
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(name="catalog_product_tax_rate", condition=Q(tax_rate_bp__range=(0, 10_000)))
        ]
        indexes = [models.Index(fields=["category"], name="catalog_product_category")]

    def __str__(self) -> str:
        return self.name


class Sku(models.Model):
    """What is priced, stocked and sold. ``quantity_scale`` 1 counts pieces, 1000 grams per kilogram."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="skus", verbose_name=_("product"))
    code = models.CharField(_("SKU code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=140)
    name_en = models.CharField(_("English name"), max_length=140, blank=True, default="")
    specification = models.JSONField(_("variant"), default=dict, blank=True)
    quantity_scale = models.SmallIntegerField(_("base units per priced unit"), default=1)
    cost_fen = models.BigIntegerField(_("cost (fen)"), default=0)
    plu = models.CharField(_("scale code (PLU)"), max_length=5, null=True, blank=True, unique=True)
    is_active = models.BooleanField(_("on sale"), default=True, db_default=True)
    search_tokens = ArrayField(models.TextField(), default=list, editable=False)
    search_text = models.TextField(default="", editable=False)

    class Meta:
        db_table = "catalog_sku"
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")
        constraints = [
            models.CheckConstraint(name="catalog_sku_scale", condition=Q(quantity_scale__in=[1, 1000])),
            models.CheckConstraint(name="catalog_sku_cost", condition=Q(cost_fen__gte=0)),
            models.CheckConstraint(name="catalog_sku_plu_digits", condition=Q(plu__regex=r"^[0-9]{5}$")),
        ]
        indexes = [
            GinIndex(fields=["search_tokens"], name="catalog_sku_search"),
            models.Index(fields=["product"], name="catalog_sku_product"),
        ]

    def __str__(self) -> str:
        return self.name


class Barcode(models.Model):
    """A code that identifies a SKU, as printed; ``gtin14`` is its normalised form where it has one."""

    code = models.CharField(_("barcode"), max_length=48, primary_key=True)
    gtin14 = models.CharField(max_length=14, null=True, blank=True, unique=True, editable=False)
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="barcodes", verbose_name=_("SKU"))
    pack_quantity = models.IntegerField(_("pieces in the pack"), default=1)

    class Meta:
        db_table = "catalog_barcode"
        verbose_name = _("barcode")
        verbose_name_plural = _("barcodes")
        constraints = [models.CheckConstraint(name="catalog_barcode_pack", condition=Q(pack_quantity__gte=1))]
        indexes = [models.Index(fields=["sku"], name="catalog_barcode_sku")]

    def __str__(self) -> str:
        return self.code


class Image(models.Model):
    """A picture of a product, stored at three sizes; the paths are below the media root."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="images", verbose_name=_("product"))
    sku = models.ForeignKey(Sku, models.PROTECT, null=True, blank=True, related_name="+")
    position = models.SmallIntegerField(_("position"), default=0)
    sha256 = models.CharField(max_length=64, editable=False)
    thumb = models.CharField(max_length=200, editable=False)
    card = models.CharField(max_length=200, editable=False)
    full = models.CharField(max_length=200, editable=False)
    alt = models.CharField(_("description of the picture"), max_length=120, blank=True, default="")
    alt_en = models.CharField(
        _("English description of the picture"), max_length=120, blank=True, default="", db_default=""
    )

    class Meta:
        db_table = "catalog_image"
        verbose_name = _("product picture")
        verbose_name_plural = _("product pictures")
        constraints = [models.UniqueConstraint(fields=["product", "sha256"], name="catalog_image_once")]


class Listing(models.Model):
    """A store's deviation from the master record: listed or not, and how it may be delivered.

    No row means "as the master says": listed as ``Product.is_listed_by_default`` and every way of
    delivery that the store offers.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("store"))
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    is_listed = models.BooleanField(_("listed"), default=True)
    allows_pickup = models.BooleanField(_("pickup"), default=True)
    allows_express = models.BooleanField(_("express"), default=True)
    allows_instant = models.BooleanField(_("instant delivery"), default=True)

    class Meta:
        db_table = "catalog_listing"
        verbose_name = _("store listing")
        verbose_name_plural = _("store listings")
        constraints = [models.UniqueConstraint(fields=["unit", "sku"], name="catalog_listing_once")]


class Code(models.Model):
    """What a printed QR code holds: an opaque token for a SKU, in the store whose shelf it hangs on (null: none).

    It is kept and never changes, so that what is printed leads somewhere for as long as it hangs there.
    """

    token = models.CharField(max_length=32, primary_key=True)
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("store"))
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "catalog_code"
        verbose_name = _("printed code")
        verbose_name_plural = _("printed codes")
        constraints = [
            models.UniqueConstraint(fields=["sku", "unit"], name="catalog_code_once", nulls_distinct=False),
            models.CheckConstraint(name="catalog_code_token", condition=Q(("token__regex", "^[A-Za-z0-9_-]{16,32}$"))),
        ]


class Shelf(models.Model):
    """Which SKUs stand in a category or below it: one row per SKU and category on its path.

    Kept by triggers alone (sql/05_shelves.sql). It makes "the newest of this category" a walk over an index instead
    of a sort of all that is in it.
    """

    pk = models.CompositePrimaryKey("category_id", "sku_id")
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", db_index=False)
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+")

    class Meta:
        db_table = "catalog_shelf"
        verbose_name = _("shelf")
        verbose_name_plural = _("shelves")


class Share(models.Model):
    """A token under which a product is passed on, in the store where somebody shared it. Kept, as printed codes are."""

    token = models.CharField(max_length=32, primary_key=True)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("store"))
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        db_table = "catalog_share"
        verbose_name = _("shared product")
        verbose_name_plural = _("shared products")
        constraints = [
            models.UniqueConstraint(fields=["product", "unit"], name="catalog_share_once"),
            models.CheckConstraint(name="catalog_share_token", condition=Q(("token__regex", "^[A-Za-z0-9_-]{16,32}$"))),
        ]


class Content(models.Model):
    """What a product's page tells beside the description; the size guide stands here, the rest in rows of its own.

    No columns: no size guide. ``version`` grows with every change, so that two editors do not overwrite each other.
    """

    product = models.OneToOneField(Product, models.PROTECT, primary_key=True, related_name="+")
    version = models.IntegerField(default=1)
    size_title = models.CharField(max_length=60, blank=True, default="")
    size_title_en = models.CharField(max_length=60, blank=True, default="")
    size_note = models.CharField(max_length=300, blank=True, default="")
    size_note_en = models.CharField(max_length=300, blank=True, default="")
    size_columns = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    size_rows = models.JSONField(default=list, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "catalog_content"
        verbose_name = _("product content")
        verbose_name_plural = _("product contents")
        constraints = [
            models.CheckConstraint(name="catalog_content_version", condition=Q(version__gte=1)),
            models.CheckConstraint(name="catalog_content_columns", condition=Q(size_columns__len__lte=12)),
            models.CheckConstraint(
                name="catalog_content_guide_whole",
                condition=(Q(size_columns__len=0) & Q(size_rows=[])) | (Q(size_columns__len__gte=1) & ~Q(size_rows=[])),
            ),
        ]


class Section(models.Model):
    """A part of a product's content: how to use it, what goes with it, how to care for it, its story."""

    content = models.ForeignKey(Content, models.PROTECT, related_name="sections")
    position = models.SmallIntegerField()
    kind = models.CharField(max_length=10)
    title = models.CharField(max_length=60)
    title_en = models.CharField(max_length=60, blank=True, default="")
    body_html = models.TextField(blank=True, default="")
    body_html_en = models.TextField(blank=True, default="")
    sku_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)

    class Meta:
        db_table = "catalog_section"
        verbose_name = _("section of a product's content")
        verbose_name_plural = _("sections of products' contents")
        constraints = [
            models.UniqueConstraint(fields=["content", "position"], name="catalog_section_place"),
            models.CheckConstraint(
                name="catalog_section_kind", condition=Q(kind__in=["how_to", "outfit", "care", "story"])
            ),
            models.CheckConstraint(name="catalog_section_title", condition=~Q(title="")),
            models.CheckConstraint(name="catalog_section_goods", condition=Q(sku_ids__len__lte=12)),
        ]


class ContentPicture(models.Model):
    """A picture of a section; without one a real photo, taken by a customer or by staff."""

    content = models.ForeignKey(Content, models.PROTECT, related_name="pictures")
    section = models.ForeignKey(Section, models.PROTECT, null=True, blank=True, related_name="pictures")
    position = models.SmallIntegerField()
    thumb = models.CharField(max_length=200)
    card = models.CharField(max_length=200)
    full = models.CharField(max_length=200)
    alt = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        db_table = "catalog_content_picture"
        verbose_name = _("picture of a product's content")
        verbose_name_plural = _("pictures of products' contents")
        constraints = [
            models.UniqueConstraint(
                fields=["content", "section", "position"], name="catalog_content_picture_place", nulls_distinct=False
            )
        ]


class Service(models.Model):
    """A service that stores offer with a product: hemming, setting up, gift wrapping."""

    content = models.ForeignKey(Content, models.PROTECT, related_name="services")
    position = models.SmallIntegerField()
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40, blank=True, default="")
    text = models.CharField(max_length=200, blank=True, default="")
    text_en = models.CharField(max_length=200, blank=True, default="")
    minutes = models.IntegerField(default=0)

    class Meta:
        db_table = "catalog_service"
        verbose_name = _("service with a product")
        verbose_name_plural = _("services with products")
        constraints = [
            models.UniqueConstraint(fields=["content", "position"], name="catalog_service_place"),
            models.CheckConstraint(name="catalog_service_name", condition=~Q(name="")),
            models.CheckConstraint(name="catalog_service_minutes", condition=Q(minutes__range=(0, 1440))),
        ]


class Guide(models.Model):
    """An outfit or a tutorial: text, steps and goods in their order, for the stores at and below a unit.

    Seen from ``published_from`` until ``published_until``; without the former it is a draft. ``version`` grows with
    every change, so that two editors do not overwrite each other.
    """

    kind = models.CharField(_("kind"), max_length=10)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    title = models.CharField(max_length=60)
    title_en = models.CharField(max_length=60, blank=True, default="")
    text = models.CharField(max_length=300, blank=True, default="")
    text_en = models.CharField(max_length=300, blank=True, default="")
    steps = models.JSONField(default=list, blank=True)
    thumb = models.CharField(max_length=200, blank=True, default="")
    card = models.CharField(max_length=200, blank=True, default="")
    full = models.CharField(max_length=200, blank=True, default="")
    version = models.IntegerField(default=1)
    published_from = models.DateTimeField(null=True, blank=True)
    published_until = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        db_table = "catalog_guide"
        verbose_name = _("outfit or tutorial")
        verbose_name_plural = _("outfits and tutorials")
        constraints = [
            models.CheckConstraint(name="catalog_guide_kind", condition=Q(kind__in=["outfit", "tutorial"])),
            models.CheckConstraint(name="catalog_guide_title", condition=~Q(title="")),
            models.CheckConstraint(name="catalog_guide_version", condition=Q(version__gte=1)),
            models.CheckConstraint(
                name="catalog_guide_time",
                condition=Q(published_until__isnull=True)
                | Q(published_from__isnull=False, published_until__gt=models.F("published_from")),
            ),
        ]


class GuideGoods(models.Model):
    """A product of an outfit or tutorial, in its place."""

    guide = models.ForeignKey(Guide, models.PROTECT, related_name="goods")
    position = models.SmallIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))

    class Meta:
        db_table = "catalog_guide_goods"
        verbose_name = _("product of an outfit or tutorial")
        verbose_name_plural = _("products of outfits and tutorials")
        constraints = [
            models.UniqueConstraint(fields=["guide", "position"], name="catalog_guide_goods_place"),
            models.UniqueConstraint(fields=["guide", "product"], name="catalog_guide_goods_once"),
        ]
