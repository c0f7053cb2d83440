"""Which SKUs stand in a category or below it, kept by triggers from here on."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Shelf",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "category_id", "sku_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.category",
                    ),
                ),
                (
                    "sku",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.sku"
                    ),
                ),
            ],
            options={"db_table": "catalog_shelf", "verbose_name": "shelf", "verbose_name_plural": "shelves"},
        ),
        migrations.RunSQL(
            "INSERT INTO catalog_shelf (category_id, sku_id) "
            "SELECT unnest(category.path), sku.id FROM catalog_sku AS sku "
            "JOIN catalog_product AS product ON product.id = sku.product_id "
            "JOIN catalog_category AS category ON category.id = product.category_id",
            migrations.RunSQL.noop,
        ),
    ]
