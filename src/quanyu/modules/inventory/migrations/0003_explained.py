from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Few movements concern goods in transit or damaged goods: sales pay nothing for these indexes."""

    dependencies = [
        ("inventory", "0002_stock_feed"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                fields=["location", "sku", "owner", "id"],
                condition=~Q(in_transit_delta=0),
                name="inventory_movement_transit",
            ),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                fields=["location", "sku", "owner", "id"],
                condition=~Q(damaged_delta=0),
                name="inventory_movement_damaged",
            ),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                fields=["id"],
                condition=Q(kind="transfer_out", in_transit_delta__gt=0),
                name="inventory_movement_sent",
            ),
        ),
        migrations.AddIndex(
            model_name="stock",
            index=models.Index(fields=["sku"], condition=Q(in_transit__gt=0), name="inventory_stock_transit"),
        ),
    ]
