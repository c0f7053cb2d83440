"""A list sorted by price walks an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pricing", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="price",
            index=models.Index(fields=["book", "amount_fen", "sku"], name="pricing_price_by_amount"),
        ),
    ]
