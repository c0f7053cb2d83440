"""An index for what a place fulfils: a warehouse has a list of orders too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_under_way")]

    operations = [
        migrations.AddIndex(
            model_name="line",
            index=models.Index(fields=["location", "order"], name="orders_line_place"),
        ),
    ]
