"""Codes on labels lead to goods; pictures are described in both languages."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_shelves"), ("organization", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="image",
            name="alt_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=120,
                verbose_name="English description of the picture",
            ),
        ),
        migrations.CreateModel(
            name="Code",
            fields=[
                ("token", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "sku",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.sku",
                        verbose_name="SKU",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organization.unit",
                        verbose_name="store",
                    ),
                ),
            ],
            options={
                "verbose_name": "printed code",
                "verbose_name_plural": "printed codes",
                "db_table": "catalog_code",
                "constraints": [
                    models.UniqueConstraint(fields=("sku", "unit"), name="catalog_code_once", nulls_distinct=False),
                    models.CheckConstraint(
                        condition=Q(("token__regex", "^[A-Za-z0-9_-]{16,32}$")), name="catalog_code_token"
                    ),
                ],
            },
        ),
    ]
