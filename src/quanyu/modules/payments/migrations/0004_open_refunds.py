"""An index of the few refunds that wait for the provider or were refused."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_by_txn")]

    operations = [
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("state__in", ["created", "asking", "failed"])),
                fields=["created_at"],
                name="payments_refund_open",
            ),
        ),
    ]
