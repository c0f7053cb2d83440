"""An index for looking a payment up by the number on the customer's bill."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_newest")]

    operations = [
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("provider_txn__isnull", False)),
                fields=["provider_txn"],
                name="payments_payment_by_txn",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
    ]
