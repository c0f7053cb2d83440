"""An index for the orders that are under way, by state: few among a million."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_reassignment")]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("state__in", ["placed", "paid"])),
                fields=["state", "-placed_at"],
                name="orders_order_under_way",
            ),
        ),
    ]
